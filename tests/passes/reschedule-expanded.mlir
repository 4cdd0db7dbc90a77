// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-expand{band=0 member=0 array=2},autotune-reschedule{fusion=1},autotune-codegen))' | FileCheck %s

// A symmetric product: with temporaries for every row the scheduler finds three
// loops in which all statements share a column and a row. None is skewed,
// whatever was found out about the dependences before.
// CHECK-DAG: #[[ROW:.*]] = affine_map<(d0) -> (d0)>
// CHECK-DAG: #[[NEXT:.*]] = affine_map<(d0) -> (d0 + 1)>
// CHECK-LABEL: func @symmetric
// CHECK:      affine.for %{{.*}} = 0 to 120 {
// CHECK-NEXT:   affine.for %[[I:.*]] = 0 to 100 {
// CHECK:          affine.for %{{.*}} = 0 to #[[ROW]](%[[I]])
// CHECK:          affine.for %{{.*}} = #[[NEXT]](%[[I]]) to 100
#own = affine_map<(d0) -> (d0)>
func.func @symmetric(%A: memref<100x100xf64>, %C: memref<100x120xf64>) {
  %zero = arith.constant 0.0 : f64
  %sum = memref.alloc() : memref<120xf64>
  affine.for %i = 0 to 100 {
    affine.for %j = 0 to 120 {
      affine.store %zero, %sum[%j] : memref<120xf64>
      affine.for %k = 0 to #own(%i) {
        %0 = affine.load %C[%k, %j] : memref<100x120xf64>
        %1 = affine.load %A[%i, %k] : memref<100x100xf64>
        %2 = arith.addf %0, %1 : f64
        affine.store %2, %C[%k, %j] : memref<100x120xf64>
        %3 = affine.load %sum[%j] : memref<120xf64>
        %4 = arith.addf %3, %1 : f64
        affine.store %4, %sum[%j] : memref<120xf64>
      }
      %5 = affine.load %C[%i, %j] : memref<100x120xf64>
      %6 = affine.load %sum[%j] : memref<120xf64>
      %7 = arith.addf %5, %6 : f64
      affine.store %7, %C[%i, %j] : memref<100x120xf64>
    }
  }
  memref.dealloc %sum : memref<120xf64>
  return
}
