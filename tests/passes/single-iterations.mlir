// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-single-iterations))' | FileCheck %s

// The counter goes from subscripts, bounds and conditions; other users get its value.
// CHECK-LABEL: func.func @everywhere(
// CHECK-SAME:    %[[X:.*]]: memref<4x8xf32>, %[[Y:.*]]: memref<4x8xf32>)
// CHECK-NEXT:    %[[C:.*]] = arith.constant 2 : index
// CHECK-NEXT:    affine.for %[[I:.*]] = 0 to 5 {
// CHECK-NEXT:      %[[A:.*]] = affine.load %[[X]][2, %[[I]] + 2]
// CHECK-NEXT:      affine.if
// CHECK:             affine.store %[[A]], %[[Y]][3, %[[I]]]
// CHECK:           arith.index_cast %[[C]]
#outside = affine_set<(d0, d1) : (d0 - d1 - 1 >= 0)>
func.func @everywhere(%x: memref<4x8xf32>, %y: memref<4x8xf32>) {
  affine.for %n = 2 to 3 {
    affine.for %i = 0 to affine_map<(d0) -> (d0 + 3)>(%n) {
      %a = affine.load %x[%n, %i + %n] : memref<4x8xf32>
      affine.if #outside(%i, %n) {
        affine.store %a, %y[%n + 1, %i] : memref<4x8xf32>
      }
      %k = arith.index_cast %n : index to i32
      %f = arith.sitofp %k : i32 to f32
      affine.store %f, %y[0, %i] : memref<4x8xf32>
    }
  }
  return
}

// Nested ones all go, and what a loop carries is handed on.
// CHECK-LABEL: func.func @nested(
// CHECK-NOT:     affine.for
// CHECK:         %[[A:.*]] = affine.load %{{.*}}[0, 1]
// CHECK:         %[[B:.*]] = arith.addf %{{.*}}, %[[A]] : f32
// CHECK-NEXT:    affine.store %[[B]]
func.func @nested(%x: memref<4x8xf32>) {
  affine.for %n = 0 to 1 {
    affine.for %m = 1 to 2 {
      %zero = arith.constant 0.0 : f32
      %sum = affine.for %k = 0 to 1 iter_args(%old = %zero) -> f32 {
        %a = affine.load %x[%n + %k, %m] : memref<4x8xf32>
        %new = arith.addf %old, %a : f32
        affine.yield %new : f32
      }
      affine.store %sum, %x[%n, %m] : memref<4x8xf32>
    }
  }
  return
}

// A position of its own is what it was.
// CHECK-LABEL: func.func @position(
// CHECK-SAME:    %[[X:.*]]: memref<4x8xf32>)
// CHECK:         affine.for %[[I:.*]] = 0 to 5 {
// CHECK-NOT:       affine.for
// CHECK:           %[[P:.*]] = affine.apply #[[MAP:.*]](%[[I]])
// CHECK:           affine.load %[[X]][2, %[[P]]]
func.func @position(%x: memref<4x8xf32>) {
  affine.for %i = 0 to 5 {
    affine.for %k = 2 to 3 {
      %p = affine.apply affine_map<(d0, d1) -> (d0 + d1)>(%i, %k)
      %a = affine.load %x[%k, %p] : memref<4x8xf32>
      affine.store %a, %x[0, %i] : memref<4x8xf32>
    }
  }
  return
}

// Two iterations, none, and an unknown number stay.
// CHECK-LABEL: func.func @stays(
// CHECK-COUNT-3: affine.for
func.func @stays(%x: memref<8xf32>, %n: index) {
  %zero = arith.constant 0.0 : f32
  affine.for %i = 0 to 2 {
    affine.store %zero, %x[%i] : memref<8xf32>
  }
  affine.for %i = 1 to 1 {
    affine.store %zero, %x[%i] : memref<8xf32>
  }
  affine.for %i = 0 to %n {
    affine.store %zero, %x[%i] : memref<8xf32>
  }
  return
}
