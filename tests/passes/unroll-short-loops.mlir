// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-unroll-short-loops))' | FileCheck %s

// A short loop of vectors becomes straight code, its loop outside does as well.
// CHECK-LABEL: func @short
// CHECK-NOT: affine.for
// CHECK-COUNT-9: arith.addf
// CHECK-NOT: arith.addf
// CHECK: return
func.func @short(%A: memref<4x4x16xf32>) {
  affine.for %i = 0 to 3 {
    affine.for %j = 0 to 3 {
      %a = affine.vector_load %A[%i, %j, 0] : memref<4x4x16xf32>, vector<16xf32>
      %sum = arith.addf %a, %a : vector<16xf32>
      affine.vector_store %sum, %A[%i, %j, 0] : memref<4x4x16xf32>, vector<16xf32>
    }
  }
  return
}

// Scalars are left to LLVM; long loops stay.
// CHECK-LABEL: func @left
// CHECK: affine.for %{{.*}} = 0 to 3
// CHECK: affine.for %{{.*}} = 0 to 100
func.func @left(%A: memref<3xf32>, %B: memref<1600xf32>) {
  affine.for %i = 0 to 3 {
    %a = affine.load %A[%i] : memref<3xf32>
    %sum = arith.addf %a, %a : f32
    affine.store %sum, %A[%i] : memref<3xf32>
  }
  affine.for %i = 0 to 100 {
    %a = affine.vector_load %B[%i * 16] : memref<1600xf32>, vector<16xf32>
    %sum = arith.addf %a, %a : vector<16xf32>
    affine.vector_store %sum, %B[%i * 16] : memref<1600xf32>, vector<16xf32>
  }
  return
}
