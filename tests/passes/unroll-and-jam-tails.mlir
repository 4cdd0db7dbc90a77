// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=0 factors=3},autotune-codegen))' | FileCheck %s

// 64 = 21 * 3 + 1: the last iteration has code of its own.
// CHECK-LABEL: func @pair
// CHECK:      affine.for %{{.*}} = 0 to 63 step 3 {
// CHECK-COUNT-3: affine.store
// CHECK:      affine.for %{{.*}} = 63 to 66 step 3 {
// CHECK:      affine.store
// CHECK-NOT:  affine.store
// CHECK:      affine.for %{{.*}} = 0 to 64 {
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
