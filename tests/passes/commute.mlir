// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reverse{band=0 member=1}))' | FileCheck %s
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-interchange{band=0 permutation=1,0},autotune-codegen))' | FileCheck %s --check-prefix=CODE

// The two maxima of an element may be taken in any order, and so may those of
// different statements.
// CHECK-LABEL: func.func @maxima
// CHECK-SAME: autotune.commuting = "{{.*}}S{{[01]}}[i0, i1] -> S{{[01]}}[i0, o1]
// CODE-LABEL: func.func @maxima
// CODE: affine.for
// CODE: affine.for
// CODE-COUNT-2: arith.maxsi
func.func @maxima(%X: memref<8x64xi32>, %Y: memref<8x64xi32>, %A: memref<8xi32>) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 64 {
      %a = affine.load %A[%i] : memref<8xi32>
      %x = affine.load %X[%i, %j] : memref<8x64xi32>
      %0 = arith.maxsi %a, %x : i32
      affine.store %0, %A[%i] : memref<8xi32>
      %b = affine.load %A[%i] : memref<8xi32>
      %y = affine.load %Y[%i, %j] : memref<8x64xi32>
      %1 = arith.maxsi %y, %b : i32
      affine.store %1, %A[%i] : memref<8xi32>
    }
  }
  return
}
