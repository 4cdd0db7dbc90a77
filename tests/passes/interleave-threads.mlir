// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-interleave-threads{threads=2}))' | FileCheck %s

// Rows of a triangle are dealt out in turn.
// CHECK-DAG: #[[FIRST:.*]] = affine_map<(d0) -> (d0 * 8)>
// CHECK-DAG: #[[LATER:.*]] = affine_map<(d0, d1) -> (d0 + d1)>
// CHECK-LABEL: func @triangle
// CHECK:      affine.parallel (%[[T:.*]]) = (0) to (2) {
// CHECK-NEXT:   affine.for %[[I:.*]] = #[[FIRST]](%[[T]]) to 100 step 16 {
// CHECK-NEXT:     affine.for %[[J:.*]] = 0 to #{{.*}}(%[[I]]) {
// CHECK:            affine.store %{{.*}}, %{{.*}}[%[[I]], %[[J]]]
func.func @triangle(%A: memref<100x107xf64>) {
  %zero = arith.constant 0.0 : f64
  affine.parallel (%i) = (0) to (100) step (8) {
    affine.for %j = 0 to affine_map<(d0) -> (d0 + 8)>(%i) {
      affine.store %zero, %A[%i, %j] : memref<100x107xf64>
    }
  }
  return
}

// Tiles are even, but for the last; so are loops that do not change at all.
// CHECK-LABEL: func @tiles
// CHECK:      affine.parallel (%{{.*}}) = (0) to (100) step (32) {
// CHECK:      affine.parallel (%{{.*}}) = (0) to (100) {
func.func @tiles(%A: memref<100x107xf64>) {
  %zero = arith.constant 0.0 : f64
  affine.parallel (%i) = (0) to (100) step (32) {
    affine.for %j = affine_map<(d0) -> (d0)>(%i) to min affine_map<(d0) -> (d0 + 32, 100)>(%i) {
      affine.store %zero, %A[%j, %j] : memref<100x107xf64>
    }
  }
  affine.parallel (%i) = (0) to (100) {
    affine.for %j = 0 to 107 {
      affine.store %zero, %A[%i, %j] : memref<100x107xf64>
    }
  }
  return
}

// The bounds may go through other loops and values, and start anywhere.
// CHECK-LABEL: func @through
// CHECK:        affine.for %[[K:.*]] = 0 to 10 {
// CHECK-NEXT:     affine.parallel (%[[U:.*]]) = (0) to (2) {
// CHECK-NEXT:       affine.for %{{.*}} = #[[LATER]](%[[K]], %[[U]]) to 100 step 2 {
func.func @through(%A: memref<100x200xf64>) {
  %zero = arith.constant 0.0 : f64
  affine.for %k = 0 to 10 {
    affine.parallel (%i) = (%k) to (100) {
      %end = affine.apply affine_map<(d0) -> (d0 * 2)>(%i)
      affine.for %j = 0 to affine_map<(d0) -> (d0)>(%end) {
        affine.store %zero, %A[%i, %j] : memref<100x200xf64>
      }
    }
  }
  return
}
