// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reschedule{fusion=1 outer-coincidence=0}))' | FileCheck %s

// A stencil's second statement needs the neighbours that the first one has yet
// to compute: it stays one iteration behind.
// CHECK-LABEL: func.func @smooth
// CHECK-SAME: S0[i0, i1] -> [(2i0 + i1)] {{[^;]*}}; S1[i0, i1] -> [(1 + 2i0 + i1)]
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

// Without its offset the loop could not run in parallel.
// CHECK-LABEL: func.func @next
// CHECK-SAME: S0[i0] -> [(1 + i0)] {{[^;]*}}; S1[i0] -> [(i0)]
func.func @next(%A: memref<64xf32>, %B: memref<64xf32>, %C: memref<64xf32>) {
  affine.for %i = 1 to 64 {
    %0 = affine.load %A[%i] : memref<64xf32>
    affine.store %0, %B[%i] : memref<64xf32>
  }
  affine.for %i = 2 to 64 {
    %0 = affine.load %B[%i - 1] : memref<64xf32>
    affine.store %0, %C[%i] : memref<64xf32>
  }
  return
}
