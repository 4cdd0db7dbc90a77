// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-separate{band=6 statement=7},autotune-tile{band=4 sizes=4},autotune-unroll{band=2 member=0 factor=3},autotune-pack{band=10 array=0 panel-dim=0 panel=6},autotune-codegen))' 2>&1 | FileCheck %s

// isl fails on the part of the array that is used in these pieces of a tile.
// CHECK: error: cannot generate loops: isl fails on these loops: expecting integer affine expression
func.func @program(%A: memref<9x16xi32>, %B: memref<10x9xi32>, %C: memref<10x16xi32>, %D: memref<9x10xi32>) {
  affine.for %i0 = 0 to 3 {
    affine.for %i1 = 0 to 5 {
      affine.for %i2 = 0 to 7 {
        %v1 = affine.load %D[%i1 + 1, %i0] : memref<9x10xi32>
        %v2 = arith.constant 2 : i32
        %v3 = arith.muli %v1, %v2 : i32
        %v4 = arith.constant 1 : i32
        %v5 = arith.addi %v3, %v4 : i32
        affine.store %v5, %B[%i2 + 1, 2 + 1] : memref<10x9xi32>
        %v6 = affine.load %C[%i2 + %i0 + 1, 2 + 1] : memref<10x16xi32>
        %v7 = arith.constant 2 : i32
        %v8 = arith.muli %v6, %v7 : i32
        %v9 = arith.constant 1 : i32
        %v10 = arith.addi %v8, %v9 : i32
        affine.store %v10, %C[%i2 + 1, %i2 + %i1 * 2 + 1] : memref<10x16xi32>
        %v11 = affine.load %B[%i1 + 1, %i0 + 1] : memref<10x9xi32>
        %v12 = affine.load %C[%i0 + -1 + 1, %i0 + -1 + 1] : memref<10x16xi32>
        %v13 = arith.maxsi %v11, %v12 : i32
        affine.store %v13, %B[%i1 + 1, %i0 + 1] : memref<10x9xi32>
      }
      affine.for %i3 = 2 to 6 {
        %v14 = affine.load %A[%i3 + -1, 1 + 7] : memref<9x16xi32>
        %v15 = affine.load %A[%i3 + -1, 1 + 8] : memref<9x16xi32>
        %v16 = arith.addi %v14, %v15 : i32
        %v17 = arith.constant 2 : i32
        %v18 = arith.muli %v16, %v17 : i32
        affine.store %v18, %C[%i3 + -1 + 1, 1 + 1] : memref<10x16xi32>
        %v19 = affine.load %C[%i1 + 1, %i3 + 1] : memref<10x16xi32>
        %v20 = affine.load %C[%i1 + 1, %i0 + 1] : memref<10x16xi32>
        %v21 = affine.load %C[%i0 + 1, %i0 + 1] : memref<10x16xi32>
        %v22 = arith.muli %v20, %v21 : i32
        %v23 = arith.addi %v19, %v22 : i32
        affine.store %v23, %C[%i1 + 1, %i3 + 1] : memref<10x16xi32>
      }
      affine.for %i4 = 1 to 9 {
        %v24 = affine.load %B[%i0 + 1 + 1, %i0 + -1 + 1] : memref<10x9xi32>
        %v25 = affine.load %A[%i4, %i0 + %i4 * -1 + 8] : memref<9x16xi32>
        %v26 = affine.load %C[%i1 + 1 + 1, %i0 + 1] : memref<10x16xi32>
        %v27 = arith.muli %v25, %v26 : i32
        %v28 = arith.subi %v24, %v27 : i32
        affine.store %v28, %B[%i0 + 1 + 1, %i0 + -1 + 1] : memref<10x9xi32>
      }
    }
    affine.for %i5 = max affine_map<(i0) -> (0, i0 + 1)>(%i0) to 6 {
      affine.for %i6 = 0 to 7 step 3 {
        %v29 = affine.load %D[%i0 + -1 + 1, (%i5) mod 4] : memref<9x10xi32>
        %v30 = affine.load %A[1, %i5 + 1 + 8] : memref<9x16xi32>
        %v31 = affine.load %C[%i5 + 1, %i6 + 1] : memref<10x16xi32>
        %v32 = arith.muli %v30, %v31 : i32
        %v33 = arith.addi %v29, %v32 : i32
        affine.store %v33, %D[%i0 + -1 + 1, (%i5) mod 4] : memref<9x10xi32>
      }
    }
    affine.for %i7 = 1 to 5 {
      affine.for %i8 = max affine_map<(i0, i7) -> (i0 + -1)>(%i0, %i7) to min affine_map<(i0, i7) -> (5, i0 + 2)>(%i0, %i7) {
        %v34 = affine.load %C[%i0 + 1, %i8 + 1] : memref<10x16xi32>
        %v35 = affine.load %A[(%i0) floordiv 2, (%i7) mod 3 + 8] : memref<9x16xi32>
        %v36 = affine.load %C[%i8 + 1, %i7 + 1] : memref<10x16xi32>
        %v37 = arith.constant 6 : i32
        %v38 = arith.muli %v37, %v35 : i32
        %v39 = arith.muli %v38, %v36 : i32
        %v40 = arith.addi %v34, %v39 : i32
        affine.store %v40, %C[%i0 + 1, %i8 + 1] : memref<10x16xi32>
      }
    }
  }
  affine.for %i9 = 0 to 4 {
    affine.for %i10 = 0 to 9 {
      affine.for %i11 = 0 to 8 {
        %v41 = affine.load %D[%i11 + 1, %i10 + 1] : memref<9x10xi32>
        %v42 = affine.load %B[%i10 + 1, %i11 + 1] : memref<10x9xi32>
        %v43 = arith.maxsi %v41, %v42 : i32
        affine.store %v43, %D[%i11 + 1, %i10 + 1] : memref<9x10xi32>
      }
      affine.for %i12 = 1 to min affine_map<(i9, i10) -> (7, i9 + 1)>(%i9, %i10) {
        %v44 = affine.load %A[%i12 + 1, %i10 + -1 + 8] : memref<9x16xi32>
        %v45 = affine.load %B[%i10 + 1, %i12 + 1] : memref<10x9xi32>
        %v46 = affine.load %A[%i12, %i9 + -1 + 8] : memref<9x16xi32>
        %v47 = arith.constant 6 : i32
        %v48 = arith.muli %v47, %v45 : i32
        %v49 = arith.muli %v48, %v46 : i32
        %v50 = arith.addi %v44, %v49 : i32
        affine.store %v50, %A[%i12 + 1, %i10 + -1 + 8] : memref<9x16xi32>
      }
    }
    affine.for %i13 = 0 to 5 {
      affine.for %i14 = 0 to 8 {
        affine.if affine_set<(i9, i13, i14) : ((i14) mod 2 >= 0)>(%i9, %i13, %i14) {
          %v51 = affine.load %C[%i13 + -1 + 1, %i14 + 1] : memref<10x16xi32>
          %v52 = affine.load %B[%i9 + -1 + 1, %i14 + 1] : memref<10x9xi32>
          %v53 = arith.maxsi %v51, %v52 : i32
          affine.store %v53, %C[%i13 + -1 + 1, %i14 + 1] : memref<10x16xi32>
        }
      }
    }
  }
  affine.for %i15 = 0 to 3 {
    %v54 = affine.load %A[%i15, %i15 * 2 + 8] : memref<9x16xi32>
    %v55 = affine.load %C[%i15 + -1 + 1, (%i15) floordiv 2 + 1] : memref<10x16xi32>
    %v56 = arith.maxsi %v54, %v55 : i32
    affine.store %v56, %A[%i15, %i15 * 2 + 8] : memref<9x16xi32>
  }
  return
}
