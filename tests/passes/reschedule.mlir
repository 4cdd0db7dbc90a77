// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reschedule{fusion=0},autotune-tile{band=0 sizes=4,8},autotune-codegen))' | FileCheck %s

// The scheduler skews by the time step, which makes the loops tileable.
// CHECK-LABEL: func @smooth
// CHECK:      affine.for %{{.*}} = 0 to 16 step 4 {
// CHECK-NEXT:   affine.for
// CHECK-NEXT:     affine.for
// CHECK-NEXT:       affine.for
// CHECK:              affine.store
// CHECK:              affine.store
func.func @smooth(%A: memref<64xf32>, %B: memref<64xf32>) {
  affine.for %t = 0 to 16 {
    affine.for %i = 1 to 63 {
      %0 = affine.load %A[%i - 1] : memref<64xf32>
      %1 = affine.load %A[%i + 1] : memref<64xf32>
      %2 = arith.addf %0, %1 : f32
      affine.store %2, %B[%i] : memref<64xf32>
    }
    affine.for %i = 1 to 63 {
      %0 = affine.load %B[%i] : memref<64xf32>
      affine.store %0, %A[%i] : memref<64xf32>
    }
  }
  return
}
