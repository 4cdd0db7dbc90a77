// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=1 member=0 width=8},autotune-codegen))' | FileCheck %s

// The gathered column lies along the first dimension, which the second one, of
// size one, hides: the element that is updated is one of the column.
// CHECK-LABEL: func @flat(
// CHECK-SAME:    %[[A:.*]]: memref<64x1x8xf64>,
// CHECK:      affine.for
// CHECK-SAME:   iter_args(%{{[a-z0-9]*}} = %{{[a-z0-9]*}}) -> (vector<8xf64>)
// CHECK:        vector.gather %[[A]]
// CHECK:        affine.load %[[A]][3, 0, 0]
// CHECK:        affine.store %{{.*}}, %[[A]][3, 0, 0]
// CHECK:        affine.yield
func.func @flat(%A: memref<64x1x8xf64>, %x: memref<8xf64>) {
  affine.for %k = 0 to 32 {
    affine.for %i = 0 to 8 {
      %a = affine.load %A[%i, 0, 0] : memref<64x1x8xf64>
      %b = affine.load %x[%i] : memref<8xf64>
      %c = arith.addf %a, %b : f64
      affine.store %c, %x[%i] : memref<8xf64>
    }
    %d = affine.load %A[3, 0, 0] : memref<64x1x8xf64>
    %e = arith.addf %d, %d : f64
    affine.store %e, %A[3, 0, 0] : memref<64x1x8xf64>
  }
  return
}
