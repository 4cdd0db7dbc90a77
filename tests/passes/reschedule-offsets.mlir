// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reschedule{fusion=0 outer-coincidence=0}))' | FileCheck %s

// No statement is moved against the others in any loop, so that tiles begin at
// the same places in all; the division comes after the sum that it ends, and
// before those that use it, because of the sequence.
// CHECK-LABEL: func.func @lu
// CHECK-SAME: child: { schedule: \22[{ S0[i0, i1, i2] -> [(i0)] {{[^;]*}}; S1[i0, i1] -> [(i0)] {{[^;]*}}; S2[i0, i1, i2] -> [(i0)] {{[^;]*}} }, {
// CHECK-SAME: S2[i0, i1, i2] -> [(i1)] {{[^;]*}}; S0[i0, i1, i2] -> [(i1)] {{[^;]*}}; S1[i0, i1] -> [(i1)] {{[^;]*}} }, {
// CHECK-SAME: S0[i0, i1, i2] -> [(i2)] {{[^;]*}}; S1[i0, i1] -> [(i1)] {{[^;]*}}; S2[i0, i1, i2] -> [(i2)] {{[^;]*}} }]\22
// CHECK-SAME: sequence: [ { filter: \22{ S1[{{[^;]*}} }, { filter: \22{ S0[{{[^;]*}} }, { filter: \22{ S2[
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
