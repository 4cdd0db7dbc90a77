// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reschedule{fusion=0 outer-coincidence=0}))' 2>&1 | FileCheck %s --check-prefix=REFUSED
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-enumerate))' | FileCheck %s

// Whether the scheduler takes too long does not depend on what was asked before.
// REFUSED: error: {{.*}}the scheduler would take too many steps
// CHECK:     autotune.menus
// CHECK-NOT: autotune-reschedule
func.func @program(%A: memref<1x5xf32>, %B: memref<6x6xf32>) {
  affine.for %i0 = 2 to 4 {
    affine.for %i1 = max affine_map<(i0) -> (i0 + 1)>(%i0) to min affine_map<(i0) -> (5, i0 + 4)>(%i0) {
      %v1 = affine.load %B[%i0 + 1 + 1, %i0 + 1] : memref<6x6xf32>
      %v2 = affine.load %B[%i0 + 1 + 1, %i0 + 1 + -1] : memref<6x6xf32>
      %v3 = affine.load %B[%i0 + 1 + 1, %i0 + 1 + 1] : memref<6x6xf32>
      %v4 = affine.load %B[%i0 + 1 + 1, %i0 + 1 + -1] : memref<6x6xf32>
      %v5 = arith.addf %v1, %v2 : f32
      %v6 = arith.addf %v5, %v3 : f32
      %v7 = arith.addf %v6, %v4 : f32
      %v8 = arith.constant 2.500000e-01 : f32
      %v9 = arith.mulf %v7, %v8 : f32
      affine.store %v9, %B[%i0 + 1 + 1, %i0 + 1] : memref<6x6xf32>
      affine.for %i2 = max affine_map<(i0, i1) -> (2, i1 + 1)>(%i0, %i1) to 3 step 2 {
        affine.if affine_set<(i0, i1, i2) : (i0 * -1 + 3 >= 0)>(%i0, %i1, %i2) {
          %v10 = affine.load %B[%i2 + 1, 3] : memref<6x6xf32>
          %v11 = affine.load %A[%i0 + -3, %i2] : memref<1x5xf32>
          %v12 = arith.maximumf %v10, %v11 : f32
          affine.store %v12, %B[%i2 + 1, 3] : memref<6x6xf32>
        } else {
          %v13 = affine.load %B[%i0 + 1 + 1, %i1 + 1] : memref<6x6xf32>
          %v14 = arith.constant 5.000000e-01 : f32
          %v15 = arith.mulf %v13, %v14 : f32
          %v16 = arith.constant 2.500000e-01 : f32
          %v17 = arith.addf %v15, %v16 : f32
          affine.store %v17, %A[%i0 + -3, %i1] : memref<1x5xf32>
        }
        affine.for %i3 = 0 to 4 {
          %v18 = affine.load %B[%i1 + 1 + 1, %i3 + 1] : memref<6x6xf32>
          %v19 = arith.constant 5.000000e-01 : f32
          %v20 = arith.mulf %v18, %v19 : f32
          %v21 = arith.constant 2.500000e-01 : f32
          %v22 = arith.addf %v20, %v21 : f32
          affine.store %v22, %B[%i2 + 1, %i1] : memref<6x6xf32>
          %v23 = arith.constant 2.500000e-01 : f32
          affine.store %v23, %A[%i1 * -1 + %i2 * 2 + -3, %i0] : memref<1x5xf32>
        }
      }
    }
  }
  affine.for %i4 = 2 to 3 {
    affine.for %i5 = 0 to 5 {
      affine.for %i6 = max affine_map<(i4, i5) -> (i5)>(%i4, %i5) to 5 {
        affine.for %i7 = 0 to min affine_map<(i4, i5, i6) -> (i6 + 1)>(%i4, %i5, %i6) {
          %v24 = affine.load %B[(%i7) mod 2 + 1, %i4] : memref<6x6xf32>
          %v25 = affine.load %B[%i7 + -1 + 1, %i7] : memref<6x6xf32>
          %v26 = affine.load %B[%i4 + 1, (%i4) mod 3] : memref<6x6xf32>
          %v27 = arith.mulf %v25, %v26 : f32
          %v28 = arith.addf %v24, %v27 : f32
          affine.store %v28, %B[(%i7) mod 2 + 1, %i4] : memref<6x6xf32>
        }
        affine.for %i8 = 0 to min affine_map<(i4, i5, i6) -> (5, i4 + 1)>(%i4, %i5, %i6) {
          %v29 = affine.load %A[%i4 + 1 + -3, %i6] : memref<1x5xf32>
          %v30 = affine.load %B[%i5 + -1 + 1, %i6] : memref<6x6xf32>
          %v31 = affine.load %B[%i5 + -1 + 1, (%i8) mod 3] : memref<6x6xf32>
          %v32 = arith.mulf %v30, %v31 : f32
          %v33 = arith.addf %v29, %v32 : f32
          affine.store %v33, %A[%i4 + 1 + -3, %i6] : memref<1x5xf32>
        }
      }
    }
  }
  return
}
