// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-fuse{sequence=0 child=0 depth=1},autotune-distribute{band=0 depth=0 cut=1},autotune-codegen))' | FileCheck %s

// CHECK-LABEL: func @pair
// CHECK:      affine.for
// CHECK:        affine.store
// CHECK:      affine.for
// CHECK:        affine.store
func.func @pair(%A: memref<64xf32>, %B: memref<64xf32>, %C: memref<64xf32>) {
  affine.for %i = 0 to 64 {
    %0 = affine.load %A[%i] : memref<64xf32>
    affine.store %0, %B[%i] : memref<64xf32>
  }
  affine.for %i = 0 to 64 {
    %0 = affine.load %B[%i] : memref<64xf32>
    affine.store %0, %C[%i] : memref<64xf32>
  }
  return
}
