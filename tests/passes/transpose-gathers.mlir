// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-lower-accesses,canonicalize))' | FileCheck %s

// Columns side by side are rows, transposed.
// CHECK-LABEL: func @square
// CHECK-NOT:  vector.gather
// CHECK:      %[[FIRST:.*]] = llvm.load %{{.*}} {alignment = 8 : i64} : !llvm.ptr -> vector<2xf64>
// CHECK:      %[[ROW:.*]] = llvm.getelementptr %{{.*}}[16]
// CHECK:      %[[SECOND:.*]] = llvm.load %[[ROW]] {alignment = 8 : i64} : !llvm.ptr -> vector<2xf64>
// CHECK:      %[[LEFT:.*]] = vector.shuffle %[[FIRST]], %[[SECOND]] [0, 2]
// CHECK:      %[[RIGHT:.*]] = vector.shuffle %[[FIRST]], %[[SECOND]] [1, 3]
// CHECK:      arith.divf %[[LEFT]], %[[RIGHT]]
func.func @square(%A: memref<16x16xf64>, %B: memref<2xf64>) {
  %rows = arith.constant dense<[0, 16]> : vector<2xi32>
  %all = arith.constant dense<true> : vector<2xi1>
  %zeros = arith.constant dense<0.0> : vector<2xf64>
  affine.for %i = 0 to 16 step 2 {
    affine.for %j = 0 to 16 step 2 {
      %next = affine.apply affine_map<(d0) -> (d0 + 1)>(%j)
      %b = vector.gather %A[%i, %next] [%rows], %all, %zeros : memref<16x16xf64>, vector<2xi32>, vector<2xi1>, vector<2xf64> into vector<2xf64>
      %a = vector.gather %A[%i, %j] [%rows], %all, %zeros : memref<16x16xf64>, vector<2xi32>, vector<2xi1>, vector<2xf64> into vector<2xf64>
      %c = arith.divf %a, %b : vector<2xf64>
      affine.vector_store %c, %B[0] : memref<2xf64>, vector<2xf64>
    }
  }
  return
}

// Four columns of eight lanes are two squares side by side; a fifth is left.
// CHECK-LABEL: func @narrow
// CHECK:         %[[FIRST:.*]] = llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr -> vector<4xf32>
// CHECK:         vector.insert_strided_slice %[[FIRST]], %{{.*}} {offsets = [0], strides = [1]}
// CHECK:         %[[FIFTH:.*]] = llvm.load %{{.*}} {alignment = 4 : i64} : !llvm.ptr -> vector<4xf32>
// CHECK:         vector.insert_strided_slice %[[FIFTH]], %{{.*}} {offsets = [4], strides = [1]}
// CHECK-COUNT-8: vector.shuffle
// CHECK:         vector.gather
// CHECK-COUNT-8: vector.shuffle
// CHECK:         %[[ROW:.*]] = vector.extract_strided_slice %[[ROWS:.*]] {offsets = [0], sizes = [4], strides = [1]}
// CHECK:         llvm.store %[[ROW]]
// CHECK:         vector.extract_strided_slice %[[ROWS]] {offsets = [4], sizes = [4], strides = [1]}
// CHECK:         vector.scatter
// CHECK-NOT:     vector.scatter
func.func @narrow(%A: memref<16x16xf32>, %B: memref<16x16xf32>) {
  %rows = arith.constant dense<[0, 16, 32, 48, 64, 80, 96, 112]> : vector<8xi32>
  %all = arith.constant dense<true> : vector<8xi1>
  %zeros = arith.constant dense<0.0> : vector<8xf32>
  %j0 = arith.constant 0 : index
  %j1 = arith.constant 1 : index
  %j2 = arith.constant 2 : index
  %j3 = arith.constant 3 : index
  %j4 = arith.constant 4 : index
  affine.for %i = 0 to 16 step 8 {
    %a = vector.gather %A[%i, %j0] [%rows], %all, %zeros : memref<16x16xf32>, vector<8xi32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
    %b = vector.gather %A[%i, %j1] [%rows], %all, %zeros : memref<16x16xf32>, vector<8xi32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
    %c = vector.gather %A[%i, %j2] [%rows], %all, %zeros : memref<16x16xf32>, vector<8xi32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
    %d = vector.gather %A[%i, %j3] [%rows], %all, %zeros : memref<16x16xf32>, vector<8xi32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
    %e = vector.gather %A[%i, %j4] [%rows], %all, %zeros : memref<16x16xf32>, vector<8xi32>, vector<8xi1>, vector<8xf32> into vector<8xf32>
    vector.scatter %B[%i, %j0] [%rows], %all, %e : memref<16x16xf32>, vector<8xi32>, vector<8xi1>, vector<8xf32>
    vector.scatter %B[%i, %j1] [%rows], %all, %d : memref<16x16xf32>, vector<8xi32>, vector<8xi1>, vector<8xf32>
    vector.scatter %B[%i, %j2] [%rows], %all, %c : memref<16x16xf32>, vector<8xi32>, vector<8xi1>, vector<8xf32>
    vector.scatter %B[%i, %j3] [%rows], %all, %b : memref<16x16xf32>, vector<8xi32>, vector<8xi1>, vector<8xf32>
    vector.scatter %B[%i, %j4] [%rows], %all, %a : memref<16x16xf32>, vector<8xi32>, vector<8xi1>, vector<8xf32>
  }
  return
}

// What is stored between the columns may be what the second one reads.
// CHECK-LABEL: func @store_between
// CHECK-COUNT-2: vector.gather
// CHECK-NOT:     vector.shuffle
func.func @store_between(%A: memref<16x16xf64>) {
  %rows = arith.constant dense<[0, 16]> : vector<2xi32>
  %all = arith.constant dense<true> : vector<2xi1>
  %zeros = arith.constant dense<0.0> : vector<2xf64>
  affine.for %i = 0 to 16 step 2 {
    %j = arith.constant 0 : index
    %next = arith.constant 1 : index
    %a = vector.gather %A[%i, %j] [%rows], %all, %zeros : memref<16x16xf64>, vector<2xi32>, vector<2xi1>, vector<2xf64> into vector<2xf64>
    affine.vector_store %a, %A[%i, 1] : memref<16x16xf64>, vector<2xf64>
    %b = vector.gather %A[%i, %next] [%rows], %all, %zeros : memref<16x16xf64>, vector<2xi32>, vector<2xi1>, vector<2xf64> into vector<2xf64>
    affine.vector_store %b, %A[%i, 3] : memref<16x16xf64>, vector<2xf64>
  }
  return
}

// Rows of a square would be read beyond the columns that are asked for; masked
// and unevenly spaced lanes are no columns.
// CHECK-LABEL: func @no_square
// CHECK-COUNT-5: vector.gather
// CHECK-NOT:     vector.shuffle
func.func @no_square(%A: memref<16x16xf64>, %B: memref<2xf64>, %C: memref<3xf64>) {
  %rows = arith.constant dense<[0, 16]> : vector<2xi32>
  %uneven = arith.constant dense<[0, 16, 33]> : vector<3xi32>
  %all = arith.constant dense<true> : vector<2xi1>
  %all3 = arith.constant dense<true> : vector<3xi1>
  %one = arith.constant dense<[true, false]> : vector<2xi1>
  %zeros = arith.constant dense<0.0> : vector<2xf64>
  %zeros3 = arith.constant dense<0.0> : vector<3xf64>
  %j = arith.constant 0 : index
  %next = arith.constant 1 : index
  %third = arith.constant 3 : index
  affine.for %i = 0 to 8 step 2 {
    %a = vector.gather %A[%i, %j] [%rows], %all, %zeros : memref<16x16xf64>, vector<2xi32>, vector<2xi1>, vector<2xf64> into vector<2xf64>
    %b = vector.gather %A[%i, %third] [%rows], %all, %zeros : memref<16x16xf64>, vector<2xi32>, vector<2xi1>, vector<2xf64> into vector<2xf64>
    %c = arith.divf %a, %b : vector<2xf64>
    %d = vector.gather %A[%i, %next] [%rows], %one, %zeros : memref<16x16xf64>, vector<2xi32>, vector<2xi1>, vector<2xf64> into vector<2xf64>
    %e = arith.divf %c, %d : vector<2xf64>
    affine.vector_store %e, %B[0] : memref<2xf64>, vector<2xf64>
    %f = vector.gather %A[%i, %j] [%uneven], %all3, %zeros3 : memref<16x16xf64>, vector<3xi32>, vector<3xi1>, vector<3xf64> into vector<3xf64>
    %g = vector.gather %A[%i, %next] [%uneven], %all3, %zeros3 : memref<16x16xf64>, vector<3xi32>, vector<3xi1>, vector<3xf64> into vector<3xf64>
    %h = arith.divf %f, %g : vector<3xf64>
    affine.vector_store %h, %C[0] : memref<3xf64>, vector<3xf64>
  }
  return
}
