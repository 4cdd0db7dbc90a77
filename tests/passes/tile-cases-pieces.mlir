// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-fuse{sequence=0 child=0 depth=1},autotune-unroll-and-jam{band=0 factors=4},autotune-codegen))' | FileCheck %s

// The loop over tiles comes in pieces here: the first statement's tile, and the
// other one's two. No piece may stand for the whole of a tile.
// CHECK-LABEL: func @pieces
// CHECK-COUNT-3: affine.load %arg1
// CHECK-NOT:     affine.load %arg1
func.func @pieces(%A: memref<8xf64>, %B: memref<8xf64>) attributes {autotune.workload} {
  affine.for %i = 0 to 3 {
    %b = affine.load %B[%i] : memref<8xf64>
    affine.store %b, %A[%i] : memref<8xf64>
  }
  affine.for %i = 2 to 6 {
    affine.if affine_set<(d0) : (d0 mod 2 == 0)>(%i) {
      %a = affine.load %A[%i + 1] : memref<8xf64>
      %c = arith.addf %a, %a : f64
      affine.store %c, %A[%i + 1] : memref<8xf64>
    }
  }
  return
}
