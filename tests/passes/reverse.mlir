// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reverse{band=0 member=0},autotune-codegen))' | FileCheck %s

// CHECK-LABEL: func @copy
// CHECK:      affine.for %[[I:.*]] =
// CHECK:        affine.load %{{.*}}[-%[[I]]{{.*}}]
func.func @copy(%A: memref<64xf32>, %B: memref<64xf32>) {
  affine.for %i = 0 to 64 {
    %0 = affine.load %A[%i] : memref<64xf32>
    affine.store %0, %B[%i] : memref<64xf32>
  }
  return
}
