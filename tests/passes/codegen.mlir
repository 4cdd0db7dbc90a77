// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-codegen))' | FileCheck %s

// The program as it is comes back, with its bounds, guards and steps.
// CHECK-LABEL: func @guarded
// CHECK:      affine.for %[[I:.*]] = 0 to 16 step 2
// CHECK:        affine.for %[[J:.*]] = 0 to
// CHECK:          affine.store %{{.*}}, %{{.*}}[%[[I]] floordiv 2, %[[J]]]
func.func @guarded(%A: memref<8x16xf32>) {
  %zero = arith.constant 0.0 : f32
  affine.for %i = 0 to 16 step 2 {
    affine.for %j = 0 to 16 {
      affine.if affine_set<(d0, d1) : (d0 - d1 >= 0)>(%i, %j) {
        affine.store %zero, %A[%i floordiv 2, %j] : memref<8x16xf32>
      }
    }
  }
  return
}
