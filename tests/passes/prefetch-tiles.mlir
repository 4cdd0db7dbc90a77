// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=4},autotune-prefetch{band=0 member=1 array=0 distance=2},autotune-codegen))' | FileCheck %s

// Complete vectors have code of their own; the first iteration, with an element,
// is a loop that ends there.
// CHECK-LABEL: func @backwards
// CHECK:      affine.for %[[I:.*]] = 0 to 40
// CHECK:        affine.for %{{.*}} = 0 to 4 step 4
// CHECK-NOT:      prefetch
// CHECK:        affine.for %[[J:.*]] = 4 to 32 step 4
// CHECK-NEXT:     affine.prefetch %arg0[%[[I]], -%[[J]] + 28]
// CHECK-NOT:      prefetch
func.func @backwards(%A: memref<40x40xf64>, %B: memref<40x40xf64>) {
  affine.for %i = 0 to 40 {
    affine.for %j = 3 to 32 {
      %a = affine.load %A[%i, 39 - %j] : memref<40x40xf64>
      affine.store %a, %B[%i, %j] : memref<40x40xf64>
    }
  }
  return
}
