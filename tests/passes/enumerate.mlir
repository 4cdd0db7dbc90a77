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

// Four iterations from 3 on are two tiles of four, so that unrolling by four
// leaves the second write before the next read; by three it would not.
// CHECK-LABEL: func @jam_of_unaligned_loop
// CHECK-NOT: autotune-unroll-and-jam
func.func @jam_of_unaligned_loop(%A: memref<8xf32>, %B: memref<8xf32>) {
  affine.for %i = 3 to 7 {
    %0 = affine.load %B[2 * %i - 5] : memref<8xf32>
    affine.store %0, %A[%i] : memref<8xf32>
    %1 = affine.load %A[%i] : memref<8xf32>
    affine.store %1, %B[%i] : memref<8xf32>
  }
  return
}

// Both loops have one iteration, with the same value.
// CHECK-LABEL: func @interchange_of_equal_members
// CHECK-NOT: autotune-interchange
func.func @interchange_of_equal_members(%A: memref<6x9xf32>) {
  affine.for %i = 2 to 3 {
    affine.for %j = 2 to 4 step 2 {
      %0 = affine.load %A[%j, %j + 2] : memref<6x9xf32>
      affine.store %0, %A[%j, %j + 2] : memref<6x9xf32>
    }
  }
  return
}
