// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=1 member=0 factor=4},autotune-tile{band=0 sizes=8},autotune-expand{band=1 member=0 array=3}))' | FileCheck %s

// The dataflow of tiled, unrolled loops has optima over several remainders,
// which one version of isl fails on where it looks for a remainder first.
// CHECK-LABEL: func @program
// CHECK: memref.alloc() {{.*}}memref<{{[0-9]+}}xi32>
func.func @program(%A: memref<10x15xi32>, %B: memref<10x15xi32>, %C: memref<9x14xi32>) {
  %T0 = memref.alloc() : memref<i32>
  affine.for %i0 = 1 to 10 {
    affine.for %i1 = 0 to 14 {
      %v1 = affine.load %B[%i0 + -1, %i1] : memref<10x15xi32>
      %v2 = arith.constant 2 : i32
      %v3 = arith.muli %v1, %v2 : i32
      %v4 = arith.constant 1 : i32
      %v5 = arith.addi %v3, %v4 : i32
      affine.store %v5, %T0[] : memref<i32>
      %v6 = affine.load %A[%i0 + -1, %i1 + 1] : memref<10x15xi32>
      %v7 = affine.load %T0[] : memref<i32>
      %v8 = arith.maxsi %v6, %v7 : i32
      affine.store %v8, %A[%i0 + -1, %i1 + 1] : memref<10x15xi32>
      %v9 = affine.load %B[%i0 + 1 + -1, %i1 + 1] : memref<10x15xi32>
      %v10 = affine.load %B[%i0 + 1 + -1, %i1 + 1] : memref<10x15xi32>
      %v11 = affine.load %C[%i0 + -1, %i1] : memref<9x14xi32>
      %v12 = arith.addi %v10, %v11 : i32
      %v13 = arith.maxsi %v9, %v12 : i32
      affine.store %v13, %B[%i0 + 1 + -1, %i1 + 1] : memref<10x15xi32>
      %v14 = affine.load %A[%i0 + -1, %i1] : memref<10x15xi32>
      %v15 = affine.load %A[%i0, %i1 + 1] : memref<10x15xi32>
      %v16 = arith.addi %v14, %v15 : i32
      %v17 = arith.constant 2 : i32
      %v18 = arith.muli %v16, %v17 : i32
      affine.store %v18, %B[%i0 + -1, %i1] : memref<10x15xi32>
    }
  }
  memref.dealloc %T0 : memref<i32>
  return
}
