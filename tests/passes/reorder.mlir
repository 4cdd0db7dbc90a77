// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reorder{sequence=0 child=0 to=2},autotune-codegen))' | FileCheck %s --check-prefix=LAST
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reorder{sequence=0 child=2 to=0},autotune-codegen))' | FileCheck %s --check-prefix=FIRST

// LAST-LABEL: func @three
// LAST: affine.store %{{.*}}, %arg2
// LAST: affine.store %{{.*}}, %arg3
// LAST: affine.store %{{.*}}, %arg1

// FIRST-LABEL: func @three
// FIRST: affine.store %{{.*}}, %arg3
// FIRST: affine.store %{{.*}}, %arg1
// FIRST: affine.store %{{.*}}, %arg2
func.func @three(%A: memref<8xf32>, %B: memref<8xf32>, %C: memref<8xf32>, %D: memref<8xf32>) {
  affine.for %i = 0 to 8 {
    %0 = affine.load %A[%i] : memref<8xf32>
    affine.store %0, %B[%i] : memref<8xf32>
    affine.store %0, %C[%i] : memref<8xf32>
    affine.store %0, %D[%i] : memref<8xf32>
  }
  return
}
