// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-parallelize{band=0 member=0},autotune-codegen))' | FileCheck %s

// The bounds of the parallel loop keep the sums apart from what is read.
// CHECK-LABEL: func @halves
// CHECK:      affine.parallel (%[[I:.*]]) = (32) to (64)
// CHECK:        affine.for {{.*}} iter_args({{.*}}) -> (f64)
// CHECK-NOT:      affine.store
// CHECK:          affine.yield
// CHECK:        affine.store %{{.*}}, %arg0[%[[I]], 0]
func.func @halves(%A: memref<64x8xf64>) {
  affine.for %i = 32 to 64 {
    affine.for %k = 0 to 32 {
      %a = affine.load %A[%i, 0] : memref<64x8xf64>
      %b = affine.load %A[%k, 0] : memref<64x8xf64>
      %c = arith.addf %a, %b : f64
      affine.store %c, %A[%i, 0] : memref<64x8xf64>
    }
  }
  return
}
