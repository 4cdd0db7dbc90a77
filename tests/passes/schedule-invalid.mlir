// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-tile{band=0 sizes=4}))' 2>&1 | FileCheck %s

// CHECK: error: has no schedule; run autotune-extract first
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
