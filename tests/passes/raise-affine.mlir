// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-raise-affine,canonicalize))' | FileCheck %s

// CHECK-LABEL: func.func @loop_with_affine_bounds(
// CHECK:         affine.for %[[I:.*]] = 0 to 16 step 2 {
// CHECK:           affine.for %[[J:.*]] = #{{.*}}(%[[I]]) to min #{{.*}}(%[[I]]) {
// CHECK:             affine.load %{{.*}}[%[[I]] floordiv 4, %[[J]] mod 3]
// CHECK:             affine.store %{{.*}}, %{{.*}}[%[[J]], %[[I]]]
func.func @loop_with_affine_bounds(%a: memref<20x20xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c4 = arith.constant 4 : index
  %c16 = arith.constant 16 : index
  %c17 = arith.constant 17 : index
  scf.for %i = %c0 to %c16 step %c2 {
    %low = arith.addi %i, %c1 : index
    %far = arith.addi %i, %c4 : index
    %high = arith.minsi %far, %c17 : index
    scf.for %j = %low to %high step %c1 {
      %q = arith.divsi %i, %c4 : index
      %r = arith.remsi %j, %c3 : index
      %v = memref.load %a[%q, %r] : memref<20x20xf32>
      memref.store %v, %a[%j, %i] : memref<20x20xf32>
    }
  }
  return
}

// A dividend that may be negative rounds to zero: not affine.
// CHECK-LABEL: func.func @division_of_a_negative_number(
// CHECK:         memref.load
func.func @division_of_a_negative_number(%a: memref<8xf32>) {
  %c4 = arith.constant 4 : index
  affine.for %i = -3 to 8 {
    %q = arith.divsi %i, %c4 : index
    %v = memref.load %a[%q] : memref<8xf32>
    affine.store %v, %a[0] : memref<8xf32>
  }
  return
}

// An i8 index wraps around at 128.
// CHECK-LABEL: func.func @index_that_may_wrap(
// CHECK:         memref.load
func.func @index_that_may_wrap(%a: memref<200xf32>) {
  %c100 = arith.constant 100 : i8
  affine.for %i = 0 to 100 {
    %narrow = arith.index_cast %i : index to i8
    %sum = arith.addi %narrow, %c100 : i8
    %index = arith.index_castui %sum : i8 to index
    %v = memref.load %a[%index] : memref<200xf32>
    affine.store %v, %a[0] : memref<200xf32>
  }
  return
}

// CHECK-LABEL: func.func @loop_with_bound_from_memory(
// CHECK:         scf.for
func.func @loop_with_bound_from_memory(%a: memref<8xf32>, %n: memref<4xi32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  affine.for %i = 0 to 4 {
    %size = affine.load %n[%i] : memref<4xi32>
    %high = arith.index_cast %size : i32 to index
    scf.for %j = %c0 to %high step %c1 {
      %v = memref.load %a[%j] : memref<8xf32>
      memref.store %v, %a[%i] : memref<8xf32>
    }
  }
  return
}

// CHECK-LABEL: func.func @conjunction(
// CHECK:         affine.if #{{.*}}(%{{.*}}, %{{.*}}) {
// CHECK-NOT:     scf.if
func.func @conjunction(%a: memref<8x8xf32>, %x: f32) {
  %c3 = arith.constant 3 : index
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 8 {
      %below = arith.cmpi slt, %i, %j : index
      %is_three = arith.cmpi eq, %j, %c3 : index
      %both = arith.andi %below, %is_three : i1
      scf.if %both {
        affine.store %x, %a[%i, %j] : memref<8x8xf32>
      }
    }
  }
  return
}

// "Not equal" is the other branch of "equal".
// CHECK-LABEL: func.func @not_equal(
// CHECK:         affine.if #{{.*}}(%{{.*}}) {
// CHECK-NEXT:    } else {
// CHECK-NEXT:      affine.store
func.func @not_equal(%a: memref<8xf32>, %x: f32) {
  %c3 = arith.constant 3 : index
  affine.for %i = 0 to 8 {
    %differs = arith.cmpi ne, %i, %c3 : index
    scf.if %differs {
      affine.store %x, %a[%i] : memref<8xf32>
    }
  }
  return
}

// A condition on data without side effects becomes a select.
// CHECK-LABEL: func.func @select(
// CHECK:         arith.select
// CHECK-NOT:     scf.if
func.func @select(%a: memref<8xf32>, %x: f32) {
  affine.for %i = 0 to 8 {
    %v = affine.load %a[%i] : memref<8xf32>
    %c = arith.cmpf olt, %v, %x : f32
    %w = scf.if %c -> f32 {
      %n = arith.negf %v : f32
      scf.yield %n : f32
    } else {
      %s = arith.mulf %v, %x : f32
      scf.yield %s : f32
    }
    affine.store %w, %a[%i] : memref<8xf32>
  }
  return
}

// CHECK-LABEL: func.func @parallel_reduction(
// CHECK:         affine.for %{{.*}} = 0 to 4 iter_args
// CHECK:           affine.for %{{.*}} = 2 to 6 step 2 iter_args
// CHECK:             arith.addf
func.func @parallel_reduction(%a: memref<4x6xf32>, %s: memref<f32>) {
  %r = affine.parallel (%i, %j) = (0, 2) to (4, 6) step (1, 2) reduce("addf") -> f32 {
    %v = affine.load %a[%i, %j] : memref<4x6xf32>
    affine.yield %v : f32
  }
  affine.store %r, %s[] : memref<f32>
  return
}
