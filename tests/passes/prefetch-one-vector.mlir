// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=0 member=0 array=1 distance=1},autotune-vectorize{band=0 member=0 width=16},autotune-codegen))' | FileCheck %s

// A loop that is one vector has no next iteration to fetch for.
// CHECK-LABEL: func @short_loop(
// CHECK-NOT:  affine.prefetch
// CHECK:      vector.maskedstore
// CHECK-NOT:  affine.prefetch
// CHECK:      return
func.func @short_loop(%A: memref<8xf32>, %B: memref<8xf32>) {
  affine.for %i = 0 to 7 {
    %a = affine.load %B[%i + 1] : memref<8xf32>
    affine.store %a, %A[%i] : memref<8xf32>
  }
  return
}
