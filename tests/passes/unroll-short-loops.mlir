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

// What an iteration hands on unchanged reaches the next but one.
// CHECK-LABEL: func @handed_on
// CHECK-SAME:    %[[X:[a-z0-9]*]]: vector<8xf64>, %[[Y:[a-z0-9]*]]: vector<8xf64>
// CHECK:      %[[A:.*]] = arith.addf %[[X]], %[[Y]]
// CHECK:      %[[B:.*]] = arith.addf %[[Y]], %[[A]]
// CHECK:      %[[C:.*]] = arith.addf %[[A]], %[[B]]
// CHECK:      affine.vector_store %[[C]], %{{.*}}[%{{.*}}, 0]
// CHECK:      affine.vector_store %[[B]], %{{.*}}[0, 0]
func.func @handed_on(%A: memref<4x8xf64>, %x: vector<8xf64>, %y: vector<8xf64>) {
  %last:2 = affine.for %i = 0 to 3 iter_args(%a = %x, %b = %y) -> (vector<8xf64>, vector<8xf64>) {
    %sum = arith.addf %a, %b : vector<8xf64>
    affine.vector_store %sum, %A[%i, 0] : memref<4x8xf64>, vector<8xf64>
    affine.yield %b, %sum : vector<8xf64>, vector<8xf64>
  }
  affine.vector_store %last#0, %A[0, 0] : memref<4x8xf64>, vector<8xf64>
  return
}
