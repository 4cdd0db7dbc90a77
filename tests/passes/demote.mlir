// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-demote))' | FileCheck %s
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-demote{max-elements=1}))' | FileCheck %s --check-prefix=SINGLE

// The accumulator lives where its result goes.
// CHECK-LABEL: func.func @accumulator(
// CHECK-NOT:     memref.alloc
// CHECK:         affine.for %[[I:.*]] = 0 to 4 {
// CHECK:           affine.store %{{.*}}, %[[S:.*]][%[[I]]]
// CHECK:           affine.for %[[J:.*]] = 0 to 6 {
// CHECK:             %[[OLD:.*]] = affine.load %[[S]][%[[I]]]
// CHECK:             %[[NEW:.*]] = arith.addf %[[OLD]]
// CHECK:             affine.store %[[NEW]], %[[S]][%[[I]]]
// CHECK:           }
// CHECK-NEXT:    }
func.func @accumulator(%a: memref<4x6xf32>, %s: memref<4xf32>) {
  %zero = arith.constant 0.0 : f32
  affine.for %i = 0 to 4 {
    %r = affine.for %j = 0 to 6 iter_args(%x = %zero) -> f32 {
      %v = affine.load %a[%i, %j] : memref<4x6xf32>
      %y = arith.addf %x, %v : f32
      affine.yield %y : f32
    }
    affine.store %r, %s[%i] : memref<4xf32>
  }
  return
}

// The loop reads the buffer that takes the result: a temporary, one element an iteration.
// CHECK-LABEL: func.func @accumulator_beside_its_buffer(
// CHECK:         %[[T:.*]] = memref.alloc() {{.*}} : memref<4xf32>
// CHECK:         affine.store %{{.*}}, %[[T]][%{{.*}}]
// SINGLE-LABEL: func.func @accumulator_beside_its_buffer(
// SINGLE:        memref.alloc() {{.*}} : memref<f32>
func.func @accumulator_beside_its_buffer(%s: memref<4xf32>) {
  %zero = arith.constant 0.0 : f32
  affine.for %i = 0 to 4 {
    %r = affine.for %j = 0 to 4 iter_args(%x = %zero) -> f32 {
      %v = affine.load %s[%j] : memref<4xf32>
      %y = arith.addf %x, %v : f32
      affine.yield %y : f32
    }
    affine.store %r, %s[%i] : memref<4xf32>
  }
  return
}

// CHECK-LABEL: func.func @swap(
// CHECK:         %[[T:.*]] = memref.alloc() {{.*}} : memref<9xf32>
// CHECK:         affine.for %[[I:.*]] = 2 to 11 {
// CHECK:           %[[OLD:.*]] = affine.load %[[A:.*]][%[[I]]]
// CHECK:           affine.store %[[OLD]], %[[T]][%[[I]] - 2]
// CHECK:           affine.store %{{.*}}, %[[A]][%[[I]]]
// CHECK:           affine.store %{{.*}}, %{{.*}}[%[[I]]]
func.func @swap(%a: memref<16xf32>, %b: memref<16xf32>) {
  affine.for %i = 2 to 11 {
    %t = affine.load %a[%i] : memref<16xf32>
    %u = affine.load %b[%i] : memref<16xf32>
    affine.store %u, %a[%i] : memref<16xf32>
    affine.store %t, %b[%i] : memref<16xf32>
  }
  return
}

// The element is not one of those that the loop writes: nothing is spilled.
// CHECK-LABEL: func.func @pivot(
// CHECK-NOT:     memref.alloc
func.func @pivot(%a: memref<8x8xf32>) {
  affine.for %i = 0 to 8 {
    %pivot = affine.load %a[%i, %i] : memref<8x8xf32>
    affine.for %j = affine_map<(d0) -> (d0 + 1)>(%i) to 8 {
      %v = affine.load %a[%i, %j] : memref<8x8xf32>
      %w = arith.subf %v, %pivot : f32
      affine.store %w, %a[%i, %j] : memref<8x8xf32>
    }
  }
  return
}

// CHECK-LABEL: func.func @division_for_a_whole_loop(
// CHECK:         %[[T:.*]] = memref.alloc() {{.*}} : memref<8xf32>
// CHECK:         %[[Q:.*]] = arith.divf
// CHECK-NEXT:    affine.store %[[Q]], %[[T]]
func.func @division_for_a_whole_loop(%a: memref<8xf32>, %b: memref<8x8xf32>, %x: f32) {
  affine.for %i = 0 to 8 {
    %v = affine.load %a[%i] : memref<8xf32>
    %q = arith.divf %x, %v : f32
    affine.for %j = 0 to 8 {
      affine.store %q, %b[%i, %j] : memref<8x8xf32>
    }
  }
  return
}

// CHECK-LABEL: func.func @condition_with_result(
// CHECK:         affine.if
// CHECK-NEXT:      affine.store %{{.*}}, %[[A:.*]][%[[I:.*]]] : memref<8xf32>
// CHECK-NEXT:    } else {
// CHECK-NEXT:      affine.store %{{.*}}, %[[A]][%[[I]]] : memref<8xf32>
// CHECK-NEXT:    }
// CHECK-NEXT:  }
func.func @condition_with_result(%a: memref<8xf32>, %x: f32, %y: f32) {
  affine.for %i = 0 to 8 {
    %v = affine.if affine_set<(d0) : (d0 - 3 >= 0)>(%i) -> f32 {
      affine.yield %x : f32
    } else {
      affine.yield %y : f32
    }
    affine.store %v, %a[%i] : memref<8xf32>
  }
  return
}

// CHECK-LABEL: func.func @opaque_result(
// CHECK:         scf.execute_region no_inline {
// CHECK:           scf.if
// CHECK:           affine.store %{{.*}}, %[[T:.*]][%[[I:.*]]] : memref<8xf32>
// CHECK:         }
// CHECK:         affine.load %[[T]][%[[I]]]
func.func @opaque_result(%a: memref<8xf32>, %c: i1) {
  affine.for %i = 0 to 8 {
    %v = scf.if %c -> f32 {
      %w = affine.load %a[%i] : memref<8xf32>
      scf.yield %w : f32
    } else {
      %w = affine.load %a[7 - %i] : memref<8xf32>
      scf.yield %w : f32
    }
    affine.store %v, %a[%i] : memref<8xf32>
  }
  return
}

// CHECK-LABEL: func.func @buffer_in_a_loop(
// CHECK-NEXT:    memref.alloc() {{.*}} : memref<5x4xf32>
// CHECK-NOT:     memref.dealloc
// SINGLE-LABEL: func.func @buffer_in_a_loop(
// SINGLE-NEXT:   memref.alloc() {{.*}} : memref<4xf32>
func.func @buffer_in_a_loop(%a: memref<5xf32>) {
  affine.for %i = 0 to 5 {
    %t = memref.alloc() : memref<4xf32>
    %v = affine.load %a[%i] : memref<5xf32>
    affine.store %v, %t[3] : memref<4xf32>
    %w = affine.load %t[3] : memref<4xf32>
    affine.store %w, %a[%i] : memref<5xf32>
    memref.dealloc %t : memref<4xf32>
  }
  return
}

// CHECK-LABEL: func.func @unread_buffer(
// CHECK-NEXT:    return
func.func @unread_buffer(%x: f32) {
  %t = memref.alloc() : memref<4xf32>
  affine.store %x, %t[3] : memref<4xf32>
  return
}

// The size is read before the store, and used after it.
// CHECK-LABEL: func.func @loop_bound(
// CHECK:         %[[N:.*]] = affine.load %[[SIZES:.*]][0]
// CHECK-NEXT:    affine.store %[[N]], %[[T:.*]][]
// CHECK-NEXT:    %[[KEPT:.*]] = affine.load %[[T]][]
// CHECK-NEXT:    %[[SIZE:.*]] = arith.index_cast %[[KEPT]]
// CHECK:         affine.for %{{.*}} = 0 to %[[SIZE]]
func.func @loop_bound(%n: memref<1xi32>, %m: i32, %a: memref<8xf32>, %x: f32) {
  %v = affine.load %n[0] : memref<1xi32>
  %size = arith.index_cast %v : i32 to index
  affine.store %m, %n[0] : memref<1xi32>
  affine.for %i = 0 to %size {
    affine.store %x, %a[%i] : memref<8xf32>
  }
  return
}
