// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=0,256},autotune-unroll-and-jam{band=1 factors=2,32},autotune-vectorize{band=2 member=1 width=8},autotune-codegen))' | FileCheck %s

// The last cache tile holds two full register tiles and a part of one: the full
// ones run in the same loop as those of the other cache tiles, without masks.
// CHECK-LABEL: func @scale
// CHECK:       affine.for %[[T:.*]] = 0 to 1280 step 256 {
// CHECK-NEXT:    affine.for %{{.*}} = 0 to 10 step 2 {
// CHECK-NEXT:      affine.for %{{.*}} = 0 to min #{{.*}}(%[[T]]) step 32 {
// CHECK-NOT:         mask
// CHECK-COUNT-8:     affine.vector_store
// CHECK-NEXT:      }
// CHECK:           vector.maskedstore
func.func @scale(%A: memref<10x1100xf64>) {
  affine.for %i = 0 to 10 {
    affine.for %j = 0 to 1100 {
      %two = arith.constant 2.0 : f64
      %a = affine.load %A[%i, %j] : memref<10x1100xf64>
      %b = arith.mulf %a, %two : f64
      affine.store %b, %A[%i, %j] : memref<10x1100xf64>
    }
  }
  return
}
