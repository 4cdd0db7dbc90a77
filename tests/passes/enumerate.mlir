// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-enumerate{threads=2 vector-bits=512}))' | FileCheck %s

// CHECK-LABEL: func @prefix
// Nothing runs in parallel or as a vector; tiles and unrolling keep the order.
// CHECK-NOT: autotune-parallelize
// CHECK-NOT: autotune-vectorize
// CHECK: autotune-tile
// CHECK-NOT: autotune-parallelize
// CHECK-NOT: autotune-vectorize
// A[i] depends on A[i - 1].
func.func @prefix(%A: memref<64xf32>) {
  affine.for %i = 1 to 64 {
    %0 = affine.load %A[%i - 1] : memref<64xf32>
    %1 = affine.load %A[%i] : memref<64xf32>
    %2 = arith.addf %0, %1 : f32
    affine.store %2, %A[%i] : memref<64xf32>
  }
  return
}
