// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=1 member=0 width=8},autotune-codegen))' | FileCheck %s

// An element of the column is read in the loop of the sum: the column is
// stored in every iteration.
// CHECK-LABEL: func @one_is_read(
// CHECK-NOT:  iter_args
// CHECK:      vector.scatter %arg0
func.func @one_is_read(%C: memref<16x16xf32>, %s: memref<32xf32>) {
  affine.for %j = 0 to 16 {
    affine.for %k = 0 to 32 {
      affine.for %i = 0 to 8 {
        %x = affine.load %C[%i, %j] : memref<16x16xf32>
        %y = arith.addf %x, %x : f32
        affine.store %y, %C[%i, %j] : memref<16x16xf32>
      }
      %z = affine.load %C[3, %j] : memref<16x16xf32>
      affine.store %z, %s[%k] : memref<32xf32>
    }
  }
  return
}
