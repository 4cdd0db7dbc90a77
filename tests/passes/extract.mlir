// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract))' | FileCheck %s

// Loops that may be permuted form one band; flow from S0 to S1 is exact.
// CHECK-LABEL: func @steps
// CHECK-SAME: autotune.dependences = "{{.*}}S0[i0, i1] -> S1[i0, i1] :
func.func @steps(%A: memref<8x8xf32>, %B: memref<8x8xf32>) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 8 {
      %0 = affine.load %A[%i, %j] : memref<8x8xf32>
      affine.store %0, %B[%i, %j] : memref<8x8xf32>
    }
    affine.for %j = 0 to 8 {
      %0 = affine.load %B[%i, %j] : memref<8x8xf32>
      affine.store %0, %A[%i, %j] : memref<8x8xf32>
    }
  }
  return
}
