// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-carry-vectors))' | FileCheck %s

// One load an iteration; the others are lanes of it and of the one before.
// CHECK-LABEL: func @stencil
// CHECK:      affine.for %[[FIRST:.*]] = 8 to %{{.*}} step 1099511627776 {
// CHECK-NEXT:   %[[BEGIN:.*]] = affine.vector_load %arg0[%[[FIRST]] - 1]
// CHECK-NEXT:   %[[INITIAL:.*]] = vector.shuffle %[[BEGIN]], %[[BEGIN]] [2, 3, 4, 5, 6, 7, 8, 9]
// CHECK-NEXT:   affine.for %[[J:.*]] = #{{.*}}(%[[FIRST]]) to %{{.*}} step 8 iter_args(%[[LAST:.*]] = %[[INITIAL]])
// CHECK-NEXT:     %[[NEXT:.*]] = affine.vector_load %arg0[%[[J]] + 1]
// CHECK-NEXT:     %[[LEFT:.*]] = vector.shuffle %[[LAST]], %[[NEXT]] [6, 7, 8, 9, 10, 11, 12, 13]
// CHECK-NEXT:     %[[HERE:.*]] = vector.shuffle %[[LAST]], %[[NEXT]] [7, 8, 9, 10, 11, 12, 13, 14]
// CHECK-NEXT:     arith.addf %[[LEFT]], %[[HERE]]
// CHECK-NEXT:     arith.addf %{{.*}}, %[[NEXT]]
// CHECK-NEXT:     affine.vector_store
// CHECK-NEXT:     affine.yield %[[NEXT]]
func.func @stencil(%A: memref<1000xf64>, %B: memref<1000xf64>, %n: index) {
  affine.for %j = 8 to %n step 8 {
    %left = affine.vector_load %A[%j - 1] : memref<1000xf64>, vector<8xf64>
    %here = affine.vector_load %A[%j] : memref<1000xf64>, vector<8xf64>
    %right = affine.vector_load %A[%j + 1] : memref<1000xf64>, vector<8xf64>
    %two = arith.addf %left, %here : vector<8xf64>
    %three = arith.addf %two, %right : vector<8xf64>
    affine.vector_store %three, %B[%j] : memref<1000xf64>, vector<8xf64>
  }
  return
}

// What an iteration stores first is not loaded; lanes of the store before are.
// CHECK-LABEL: func @forwarded
// CHECK:      affine.for %[[FIRST:.*]] = 8 to
// CHECK-NEXT:   %[[BEGIN:.*]] = affine.vector_load %arg1[%{{.*}}, %[[FIRST]] - 2]
// CHECK-NEXT:   %[[INITIAL:.*]] = vector.shuffle %[[BEGIN]], %[[BEGIN]] [2, 3, 4, 5, 6, 7, 8, 9]
// CHECK-NEXT:   affine.for {{.*}} iter_args(%[[LAST:.*]] = %[[INITIAL]])
// CHECK:          affine.vector_store %[[NEXT:.*]], %arg1
// CHECK-NOT:      affine.vector_load
// CHECK-DAG:      vector.shuffle %[[LAST]], %[[NEXT]] [6, 7, 8, 9, 10, 11, 12, 13]
// CHECK-DAG:      vector.shuffle %[[LAST]], %[[NEXT]] [7, 8, 9, 10, 11, 12, 13, 14]
// CHECK:          affine.yield %[[NEXT]]
func.func @forwarded(%A: memref<9x1000xf64>, %B: memref<9x1000xf64>, %i: index) {
  affine.for %r = 0 to 9 {
    affine.for %j = 8 to 992 step 8 {
      %a = affine.vector_load %A[%r, %j] : memref<9x1000xf64>, vector<8xf64>
      affine.vector_store %a, %B[%r, %j] : memref<9x1000xf64>, vector<8xf64>
      %left = affine.vector_load %B[%r, %j - 2] : memref<9x1000xf64>, vector<8xf64>
      %here = affine.vector_load %B[%r, %j - 1] : memref<9x1000xf64>, vector<8xf64>
      %right = affine.vector_load %B[%r, %j] : memref<9x1000xf64>, vector<8xf64>
      %two = arith.addf %left, %here : vector<8xf64>
      %three = arith.addf %two, %right : vector<8xf64>
      affine.vector_store %three, %A[%r, %j - 1] : memref<9x1000xf64>, vector<8xf64>
    }
  }
  return
}

// Stores behind what later iterations read do no harm, nor do those to other
// rows.
// CHECK-LABEL: func @behind
// CHECK: vector.shuffle
func.func @behind(%A: memref<9x1000xf64>) {
  affine.for %r = 1 to 8 {
    affine.for %j = 8 to 992 step 8 {
      %left = affine.vector_load %A[%r, %j - 1] : memref<9x1000xf64>, vector<8xf64>
      %here = affine.vector_load %A[%r, %j] : memref<9x1000xf64>, vector<8xf64>
      %right = affine.vector_load %A[%r, %j + 1] : memref<9x1000xf64>, vector<8xf64>
      %two = arith.addf %left, %here : vector<8xf64>
      %three = arith.addf %two, %right : vector<8xf64>
      affine.vector_store %three, %A[%r, %j - 1] : memref<9x1000xf64>, vector<8xf64>
      affine.vector_store %three, %A[%r + 1, %j + 1] : memref<9x1000xf64>, vector<8xf64>
    }
  }
  return
}

// The next iteration reads the element that this one writes last.
// CHECK-LABEL: func @ahead
// CHECK-NOT: vector.shuffle
// CHECK: return
func.func @ahead(%A: memref<1000xf64>) {
  affine.for %j = 8 to 992 step 8 {
    %left = affine.vector_load %A[%j - 1] : memref<1000xf64>, vector<8xf64>
    %here = affine.vector_load %A[%j] : memref<1000xf64>, vector<8xf64>
    %right = affine.vector_load %A[%j + 1] : memref<1000xf64>, vector<8xf64>
    %two = arith.addf %left, %here : vector<8xf64>
    %three = arith.addf %two, %right : vector<8xf64>
    affine.vector_store %three, %A[%j] : memref<1000xf64>, vector<8xf64>
  }
  return
}

// The store comes between the loads.
// CHECK-LABEL: func @between
// CHECK-NOT: vector.shuffle
// CHECK: return
func.func @between(%A: memref<1000xf64>) {
  affine.for %j = 8 to 992 step 8 {
    %left = affine.vector_load %A[%j - 1] : memref<1000xf64>, vector<8xf64>
    %here = affine.vector_load %A[%j] : memref<1000xf64>, vector<8xf64>
    affine.vector_store %left, %A[%j - 1] : memref<1000xf64>, vector<8xf64>
    %right = affine.vector_load %A[%j + 1] : memref<1000xf64>, vector<8xf64>
    %two = arith.addf %left, %here : vector<8xf64>
    %three = arith.addf %two, %right : vector<8xf64>
    affine.vector_store %three, %A[%j - 1] : memref<1000xf64>, vector<8xf64>
  }
  return
}

// A row that the loop may write at an unknown place.
// CHECK-LABEL: func @unknown
// CHECK-NOT: vector.shuffle
// CHECK: return
func.func @unknown(%A: memref<9x1000xf64>, %i: index) {
  affine.for %j = 8 to 992 step 8 {
    %left = affine.vector_load %A[1, %j - 1] : memref<9x1000xf64>, vector<8xf64>
    %here = affine.vector_load %A[1, %j] : memref<9x1000xf64>, vector<8xf64>
    %right = affine.vector_load %A[1, %j + 1] : memref<9x1000xf64>, vector<8xf64>
    %two = arith.addf %left, %here : vector<8xf64>
    %three = arith.addf %two, %right : vector<8xf64>
    affine.vector_store %three, %A[symbol(%i), %j - 1] : memref<9x1000xf64>, vector<8xf64>
  }
  return
}

// Vectors of different iterations leave a gap that the loop never reads.
// CHECK-LABEL: func @gap
// CHECK-NOT: vector.shuffle
// CHECK: return
func.func @gap(%A: memref<1000xf64>, %B: memref<1000xf64>) {
  affine.for %j = 0 to 960 step 24 {
    %a = affine.vector_load %A[%j + 2] : memref<1000xf64>, vector<8xf64>
    %b = affine.vector_load %A[%j + 3] : memref<1000xf64>, vector<8xf64>
    %c = affine.vector_load %A[%j + 4] : memref<1000xf64>, vector<8xf64>
    %d = affine.vector_load %A[%j + 5] : memref<1000xf64>, vector<8xf64>
    %ab = arith.addf %a, %b : vector<8xf64>
    %cd = arith.addf %c, %d : vector<8xf64>
    %abcd = arith.addf %ab, %cd : vector<8xf64>
    affine.vector_store %abcd, %B[%j] : memref<1000xf64>, vector<8xf64>
  }
  return
}

// Bound by arithmetic, not by loads.
// CHECK-LABEL: func @busy
// CHECK-NOT: vector.shuffle
// CHECK: return
func.func @busy(%A: memref<1000xf64>, %B: memref<1000xf64>, %x: vector<8xf64>) {
  affine.for %j = 8 to 992 step 8 {
    %a = affine.vector_load %A[%j] : memref<1000xf64>, vector<8xf64>
    %b = affine.vector_load %A[%j + 1] : memref<1000xf64>, vector<8xf64>
    %c = arith.addf %a, %b : vector<8xf64>
    %d = arith.mulf %c, %x : vector<8xf64>
    %e = arith.divf %d, %b : vector<8xf64>
    %f = arith.divf %e, %c : vector<8xf64>
    affine.vector_store %f, %B[%j] : memref<1000xf64>, vector<8xf64>
  }
  return
}
