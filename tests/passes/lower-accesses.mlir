// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-lower-accesses,canonicalize))' | FileCheck %s

// Elements at constant distances share an address, computed once per iteration.
// CHECK-LABEL: func @row
// CHECK:      affine.for %[[I:.*]] = 0 to 8
// CHECK:        affine.for %[[J:.*]] = 0 to 64 step 16
// CHECK:          %[[FIRST:.*]] = llvm.getelementptr %{{.*}}[%{{.*}}]
// CHECK-NOT:      affine.apply
// CHECK:          llvm.load %[[FIRST]] {alignment = 4 : i64} : !llvm.ptr -> vector<16xf32>
// CHECK:          %[[BELOW:.*]] = llvm.getelementptr %[[FIRST]][130]
// CHECK:          llvm.load %[[BELOW]] {alignment = 4 : i64} : !llvm.ptr -> f32
// CHECK:          llvm.store %{{.*}}, %[[FIRST]] {alignment = 4 : i64} : vector<16xf32>, !llvm.ptr
func.func @row(%A: memref<16x64xf32>) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 64 step 16 {
      %a = affine.vector_load %A[%i, %j] : memref<16x64xf32>, vector<16xf32>
      %b = affine.load %A[%i + 2, %j + 2] : memref<16x64xf32>
      %c = vector.broadcast %b : f32 to vector<16xf32>
      %sum = arith.addf %a, %c : vector<16xf32>
      affine.vector_store %sum, %A[%i, %j] : memref<16x64xf32>, vector<16xf32>
    }
  }
  return
}

// The address of a row belongs to the loop over rows.
// CHECK-LABEL: func @invariant
// CHECK:      affine.for
// CHECK:        %[[ROW:.*]] = llvm.getelementptr
// CHECK:        affine.for
// CHECK:          llvm.load %[[ROW]]
func.func @invariant(%A: memref<16xf64>, %B: memref<8x16xf64>) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 16 {
      %a = affine.load %B[%i, 0] : memref<8x16xf64>
      affine.store %a, %A[%j] : memref<16xf64>
    }
  }
  return
}

// Other layouts, and elements that are not what LLVM stores, stay as they are.
// CHECK-LABEL: func @strided
// CHECK: affine.load
// CHECK: affine.store
// CHECK: affine.store
func.func @strided(%A: memref<8xf32, strided<[2]>>, %B: memref<8xi1>) {
  %false = arith.constant false
  affine.for %i = 0 to 7 {
    %a = affine.load %A[%i] : memref<8xf32, strided<[2]>>
    affine.store %a, %A[%i + 1] : memref<8xf32, strided<[2]>>
    affine.store %false, %B[%i] : memref<8xi1>
  }
  return
}
