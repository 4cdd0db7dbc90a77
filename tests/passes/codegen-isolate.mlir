// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=0 factors=4,1},autotune-codegen))' | FileCheck %s

// Whether a tile is complete depends on the outermost loop alone, which is cut
// there: the last tile has code of its own.
// CHECK-LABEL: func @rows
// CHECK:      affine.for %{{.*}} = 0 to 8 step 4
// CHECK-NEXT:   affine.for
// CHECK-NEXT:     affine.for
// CHECK-COUNT-4:    affine.store
// CHECK-NOT:        affine.store
// CHECK:      affine.for %{{.*}} = 8 to 12 step 4
// CHECK-NEXT:   affine.for
// CHECK-NEXT:     affine.for
// CHECK-COUNT-2:    affine.store
// CHECK-NOT:        affine.store
// CHECK:      return
func.func @rows(%A: memref<10x33xf32>) {
  affine.for %i = 0 to 10 {
    affine.for %t = 0 to 6 {
      affine.for %j = 0 to 32 {
        %a = affine.load %A[%i, %j + 1] : memref<10x33xf32>
        affine.store %a, %A[%i, %j] : memref<10x33xf32>
      }
    }
  }
  return
}
