// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-shift{band=1 member=0 offset=1},autotune-fuse{sequence=0 child=0 depth=1},autotune-codegen))' | FileCheck %s

// After a shift and a fusion, the ends are apart from the loop that runs both.
// CHECK-LABEL: func @smooth
// CHECK-NOT:  scf.if
// CHECK:      affine.for %[[I:.*]] = 1 to 64 {
// CHECK:        affine.store
// CHECK:        affine.store
// CHECK:      }
// CHECK-NOT:  scf.if
// CHECK:      return
func.func @smooth(%A: memref<64xf32>, %B: memref<64xf32>, %C: memref<64xf32>) {
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
