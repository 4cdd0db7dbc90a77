// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=0 width=8},autotune-codegen))' | FileCheck %s

// The second array is read backwards. 21 = 2 * 8 + 5: the tail is masked.
// CHECK-LABEL: func @odd
// CHECK:      affine.for %{{.*}} = 0 to {{.*}} step 8 {
// CHECK:        affine.vector_store
// CHECK:      vector.maskedload
// CHECK:      vector.maskedstore

// CHECK-NOT:  affine.for
func.func @odd(%A: memref<21xf64>, %B: memref<21xf64>) {
  affine.for %i = 0 to 21 {
    %0 = affine.load %A[%i] : memref<21xf64>
    %1 = affine.load %B[20 - %i] : memref<21xf64>
    %2 = arith.mulf %0, %1 : f64
    affine.store %2, %A[%i] : memref<21xf64>
  }
  return
}
