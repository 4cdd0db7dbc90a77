// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=8,8,0},autotune-separate{band=0 statement=0}))' | FileCheck %s

// The sum keeps its order: its beginning, up to the tile's first row, needs
// unknowns of earlier tiles only, and goes first; the rest follows.
// CHECK-LABEL: func.func @solve
// CHECK-SAME: sequence: [ { filter: \22{ S1[i0, i1, i2] : {{[^;]*}} 8*floor((i0)/8) > i2 }\22
// CHECK-SAME: filter: \22{ S0[i0, i1, i2] : {{[^;]*}} 8*floor((i0)/8) <= i2 }\22
// CHECK: affine.store {{.*}} {autotune.domain = "{ S0[
// CHECK: affine.store {{.*}} {autotune.domain = "{ S1[
func.func @solve(%A: memref<64x64xf64>, %B: memref<64x64xf64>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 64 {
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%i) {
        %a = affine.load %B[%i, %j] : memref<64x64xf64>
        %b = affine.load %A[%i, %k] : memref<64x64xf64>
        %c = affine.load %B[%k, %j] : memref<64x64xf64>
        %d = arith.mulf %b, %c : f64
        %e = arith.subf %a, %d : f64
        affine.store %e, %B[%i, %j] : memref<64x64xf64>
      }
    }
  }
  return
}
