// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reschedule{fusion=0 outer-coincidence=0},autotune-tile{band=0 sizes=8,8,0},autotune-separate{band=0 statement=0},autotune-separate{band=0 statement=2},autotune-unroll-and-jam{band=3 factors=2,2,1},autotune-codegen))' | FileCheck %s

// What is left of the sums begins, in a tile, at the row or at the column of
// its corner, whichever is less: at the negated maximum of both negated, with
// which a loop begins that runs once.
// CHECK-DAG: #[[CORNER:.*]] = affine_map<(d0, d1) -> (-d0, -d1)>
// CHECK-DAG: #[[NEGATED:.*]] = affine_map<(d0) -> (-d0)>
// CHECK-DAG: #[[LEAST:.*]] = affine_map<(d0, d1) -> (d1, d0)>
// CHECK-LABEL: func @lu
// CHECK: affine.for %[[ROW:.*]] = 0 to 40 step 8
// CHECK: affine.for %[[COLUMN:.*]] = 0 to 40 step 8
// CHECK: affine.for %[[ONCE:.*]] = max #[[CORNER]](%[[ROW]], %[[COLUMN]]) to 1099511627776 step 2199023255552
// CHECK: affine.for %{{.*}} = #[[NEGATED]](%[[ONCE]]) to min #[[LEAST]](%[[ROW]], %[[COLUMN]])
// CHECK: arith.divf
func.func @lu(%A: memref<40x40xf64>) {
  affine.for %i = 0 to 40 {
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%j) {
        %a = affine.load %A[%i, %j] : memref<40x40xf64>
        %b = affine.load %A[%i, %k] : memref<40x40xf64>
        %c = affine.load %A[%k, %j] : memref<40x40xf64>
        %d = arith.mulf %b, %c : f64
        %e = arith.subf %a, %d : f64
        affine.store %e, %A[%i, %j] : memref<40x40xf64>
      }
      %a = affine.load %A[%i, %j] : memref<40x40xf64>
      %b = affine.load %A[%j, %j] : memref<40x40xf64>
      %c = arith.divf %a, %b : f64
      affine.store %c, %A[%i, %j] : memref<40x40xf64>
    }
    affine.for %j = affine_map<(d0) -> (d0)>(%i) to 40 {
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%i) {
        %a = affine.load %A[%i, %j] : memref<40x40xf64>
        %b = affine.load %A[%i, %k] : memref<40x40xf64>
        %c = affine.load %A[%k, %j] : memref<40x40xf64>
        %d = arith.mulf %b, %c : f64
        %e = arith.subf %a, %d : f64
        affine.store %e, %A[%i, %j] : memref<40x40xf64>
      }
    }
  }
  return
}
