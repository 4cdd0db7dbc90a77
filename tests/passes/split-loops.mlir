// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-split-loops))' --split-input-file | FileCheck %s

// Iteration k writes the A[k] that all others read.
// CHECK-DAG: #[[UPPER:.*]] = affine_map<(d0) -> (32, d0)>
// CHECK-DAG: #[[FROM:.*]] = affine_map<(d0) -> (0, d0)>
// CHECK-DAG: #[[TO:.*]] = affine_map<(d0) -> (32, d0 + 1)>
// CHECK-DAG: #[[AFTER:.*]] = affine_map<(d0) -> (0, d0 + 1)>
// CHECK-LABEL: func @inside
// CHECK:       affine.for %[[K:.*]] = 0 to 32
// CHECK-NEXT:    affine.for %{{.*}} = 0 to min #[[UPPER]](%[[K]])
// CHECK:         affine.for %{{.*}} = max #[[FROM]](%[[K]]) to min #[[TO]](%[[K]])
// CHECK:         affine.for %{{.*}} = max #[[AFTER]](%[[K]]) to 32
func.func @inside(%A: memref<32xf64>) {
  affine.for %k = 0 to 32 {
    affine.for %j = 0 to 32 {
      %a = affine.load %A[%j] : memref<32xf64>
      %b = affine.load %A[%k] : memref<32xf64>
      %c = arith.addf %a, %b : f64
      affine.store %c, %A[%j] : memref<32xf64>
    }
  }
  return
}

// -----

// Backwards; the rows must be the same.
// CHECK-DAG: #[[UPPER:.*]] = affine_map<(d0) -> (20, -d0 + 31)>
// CHECK-LABEL: func @row
// CHECK:       affine.for %{{.*}} = 0 to min #[[UPPER]](%{{.*}})
// CHECK:       affine.for
// CHECK:       affine.for
// CHECK-NOT:   affine.for
func.func @row(%A: memref<32x32xf64>) {
  affine.for %i = 0 to 32 {
    affine.for %k = 0 to 32 {
      affine.for %j = 0 to 20 {
        %b = affine.load %A[%i, %k] : memref<32x32xf64>
        affine.store %b, %A[%i, -%j + 31] : memref<32x32xf64>
      }
    }
  }
  return
}

// -----

// Left alone: the iteration is before the first, after the last, in another
// row, in every iteration a different one, or not the innermost loop's.
// CHECK-LABEL:     func @elsewhere
// CHECK-COUNT-8:   affine.for
// CHECK-NOT:       affine.for
func.func @elsewhere(%A: memref<40x40xf64>) {
  affine.for %k = 0 to 20 {
    affine.for %j = affine_map<(d0) -> (d0 + 1)>(%k) to 40 {
      %b = affine.load %A[0, %k] : memref<40x40xf64>
      affine.store %b, %A[0, %j] : memref<40x40xf64>
    }
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%k) {
      %b = affine.load %A[0, %k] : memref<40x40xf64>
      affine.store %b, %A[0, %j] : memref<40x40xf64>
    }
    affine.for %j = 0 to 40 {
      %b = affine.load %A[1, %k] : memref<40x40xf64>
      affine.store %b, %A[0, %j] : memref<40x40xf64>
    }
    affine.for %j = 0 to 20 {
      %b = affine.load %A[0, %j + %k] : memref<40x40xf64>
      affine.store %b, %A[0, %j] : memref<40x40xf64>
    }
    affine.for %j = 0 to 20 {
      %b = affine.load %A[0, %k] : memref<40x40xf64>
      affine.store %b, %A[0, 2 * %j] : memref<40x40xf64>
    }
    affine.for %j = 0 to 20 {
      affine.for %i = 0 to 20 {
        %b = affine.load %A[0, %k] : memref<40x40xf64>
        affine.store %b, %A[%i, %j] : memref<40x40xf64>
      }
    }
  }
  return
}
