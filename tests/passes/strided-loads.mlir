// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-lower-accesses))' | FileCheck %s

// Two loads cover the lanes, and end with the last of them.
// CHECK-LABEL: func.func @every_second
// CHECK:         %[[ZEROS:.*]] = arith.constant dense<0.0{{.*}}> : vector<4xf32>
// CHECK:         %[[FIRST:.*]] = llvm.load {{.*}} -> vector<4xf32>
// CHECK:         %[[HALF:.*]] = vector.shuffle %[[ZEROS]], %[[FIRST]] [4, 6, 2, 3]
// CHECK:         llvm.getelementptr {{.*}}[3]
// CHECK:         %[[SECOND:.*]] = llvm.load {{.*}} -> vector<4xf32>
// CHECK:         vector.shuffle %[[HALF]], %[[SECOND]] [0, 1, 5, 7]
func.func @every_second(%A: memref<7xf32>, %B: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %lanes = arith.constant dense<[0, 2, 4, 6]> : vector<4xi32>
  %all = arith.constant dense<true> : vector<4xi1>
  %zeros = arith.constant dense<0.0> : vector<4xf32>
  %0 = vector.gather %A[%c0] [%lanes], %all, %zeros
      : memref<7xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  affine.vector_store %0, %B[0] : memref<4xf32>, vector<4xf32>
  return
}

// Lanes that are masked are not loaded.
// CHECK-LABEL: func.func @partial
// CHECK:         %[[ZEROS:.*]] = arith.constant dense<0.0{{.*}}> : vector<4xf32>
// CHECK:         llvm.getelementptr {{.*}}[2]
// CHECK:         %[[FIRST:.*]] = llvm.load
// CHECK:         %[[HALF:.*]] = vector.shuffle %[[ZEROS]], %[[FIRST]] [0, 4, 6, 3]
// CHECK:         llvm.getelementptr {{.*}}[3]
// CHECK:         %[[SECOND:.*]] = llvm.load
// CHECK:         vector.shuffle %[[HALF]], %[[SECOND]] [0, 1, 5, 7]
func.func @partial(%A: memref<7xf32>, %B: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  %lanes = arith.constant dense<[0, 2, 4, 6]> : vector<4xi32>
  %some = arith.constant dense<[false, true, true, true]> : vector<4xi1>
  %zeros = arith.constant dense<0.0> : vector<4xf32>
  %0 = vector.gather %A[%c0] [%lanes], %some, %zeros
      : memref<7xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  affine.vector_store %0, %B[0] : memref<4xf32>, vector<4xf32>
  return
}

// CHECK-LABEL: func.func @others
// CHECK-COUNT-4: vector.gather
func.func @others(%A: memref<40xf32>, %B: memref<4xf32>, %mask: vector<4xi1>) {
  %c0 = arith.constant 0 : index
  %second = arith.constant dense<[0, 2, 4, 6]> : vector<4xi32>
  %uneven = arith.constant dense<[0, 2, 4, 7]> : vector<4xi32>
  %far = arith.constant dense<[0, 9, 18, 27]> : vector<4xi32>
  %all = arith.constant dense<true> : vector<4xi1>
  %zeros = arith.constant dense<0.0> : vector<4xf32>
  %0 = vector.gather %A[%c0] [%second], %mask, %zeros
      : memref<40xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  affine.vector_store %0, %B[0] : memref<4xf32>, vector<4xf32>
  %1 = vector.gather %A[%c0] [%uneven], %all, %zeros
      : memref<40xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  affine.vector_store %1, %B[0] : memref<4xf32>, vector<4xf32>
  %2 = vector.gather %A[%c0] [%far], %all, %zeros
      : memref<40xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  affine.vector_store %2, %B[0] : memref<4xf32>, vector<4xf32>
  %two = arith.constant dense<[true, true, false, false]> : vector<4xi1>
  %3 = vector.gather %A[%c0] [%second], %two, %zeros
      : memref<40xf32>, vector<4xi32>, vector<4xi1>, vector<4xf32> into vector<4xf32>
  affine.vector_store %3, %B[0] : memref<4xf32>, vector<4xf32>
  return
}
