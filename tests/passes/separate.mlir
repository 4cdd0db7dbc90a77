// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=8,8},autotune-separate{band=0 statement=0}))' | FileCheck %s
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=8,8},autotune-separate{band=0 statement=0},autotune-interchange{band=1 permutation=2,0,1},autotune-codegen))' | FileCheck %s --check-prefix=CODE

// Spans that end in other tiles need nothing of this one: their loops are one
// band, in any order, before the rest of the tile.
// CHECK-LABEL: func.func @spans
// CHECK-SAME: sequence: [ { filter: {{[^ ]*}} S1[i0, i1, i2] :
// CHECK-SAME: { S1[i0, i1, i2] -> [((i1) mod 8)] {{[^;]*}} }, { S1[i0, i1, i2] -> [(i2)]
// CHECK-SAME: filter: {{[^ ]*}} S0[i0, i1, i2] :
// CHECK: affine.store {{.*}} {autotune.domain = "{ S0[
// CHECK: affine.store {{.*}} {autotune.domain = "{ S1[

// CODE-LABEL: func.func @spans
// CODE-NOT: autotune.domain
// CODE: affine.for %[[I:.*]] =
// CODE: affine.for %[[J:.*]] =
// CODE: affine.for %[[K:.*]] =
// CODE: affine.for
// CODE: affine.for
// CODE: arith.maxsi
// CODE: affine.for
// CODE: affine.for
// CODE: affine.for
// CODE: arith.maxsi
func.func @spans(%T: memref<64x64xi32>) {
  affine.for %i = 0 to 64 {
    affine.for %j = affine_map<(d0) -> (64 - d0)>(%i) to 64 {
      affine.for %k = affine_map<(d0) -> (64 - d0)>(%i) to affine_map<(d0) -> (d0)>(%j) {
        %old = affine.load %T[63 - %i, %j] : memref<64x64xi32>
        %left = affine.load %T[63 - %i, %k] : memref<64x64xi32>
        %right = affine.load %T[%k + 1, %j] : memref<64x64xi32>
        %sum = arith.addi %left, %right : i32
        %new = arith.maxsi %old, %sum : i32
        affine.store %new, %T[63 - %i, %j] : memref<64x64xi32>
      }
    }
  }
  return
}
