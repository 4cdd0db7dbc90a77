// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-localize))' | FileCheck %s

// Every row fills the scratch array afresh.
// CHECK-LABEL: func @scratch(
// CHECK-SAME:    %{{.*}}: memref<8x16xf32>, %[[T:.*]]: memref<16xf32>)
// CHECK:         %[[B:.*]] = memref.alloc() {alignment = 64 : i64} : memref<16xf32>
// CHECK:           affine.store %{{.*}}, %[[B]]
// CHECK:           affine.load %[[B]]
// CHECK-NEXT:      affine.store
// CHECK:         affine.for %[[J:.*]] = 0 to 16 {
// CHECK-NEXT:      %[[V:.*]] = affine.load %[[B]][%[[J]]]
// CHECK-NEXT:      affine.store %[[V]], %[[T]][%[[J]]]
// CHECK-NEXT:    }
// CHECK-NEXT:    memref.dealloc %[[B]]
func.func @scratch(%A: memref<8x16xf32>, %t: memref<16xf32>) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 16 {
      %a = affine.load %A[%i, %j] : memref<8x16xf32>
      %b = arith.mulf %a, %a : f32
      affine.store %b, %t[%j] : memref<16xf32>
    }
    affine.for %j = 0 to 16 {
      %a = affine.load %t[15 - %j] : memref<16xf32>
      affine.store %a, %A[%i, %j] : memref<8x16xf32>
    }
  }
  return
}

// Other buffers are freed after the copy.
// CHECK-LABEL: func @beside(
// CHECK:         %[[B:.*]] = memref.alloc() {alignment = 64 : i64} : memref<16xf32>
// CHECK:         %[[U:.*]] = memref.alloc() : memref<16xf32>
// CHECK-NOT:     memref.dealloc
// CHECK:         %[[V:.*]] = affine.load %[[B]][%{{[^]+*-]*}}]
// CHECK-NEXT:      affine.store %[[V]], %{{.*}}[%{{.*}}]
// CHECK-NEXT:    }
// CHECK-NEXT:    memref.dealloc %[[B]]
// CHECK-NEXT:    memref.dealloc %[[U]]
// CHECK-NEXT:    return
func.func @beside(%A: memref<8x16xf32>, %t: memref<16xf32>) {
  %u = memref.alloc() : memref<16xf32>
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 16 {
      %a = affine.load %A[%i, %j] : memref<8x16xf32>
      affine.store %a, %u[%j] : memref<16xf32>
    }
    affine.for %j = 0 to 16 {
      %a = affine.load %u[15 - %j] : memref<16xf32>
      affine.store %a, %t[%j] : memref<16xf32>
    }
    affine.for %j = 0 to 16 {
      %a = affine.load %t[15 - %j] : memref<16xf32>
      affine.store %a, %A[%i, %j] : memref<8x16xf32>
    }
  }
  memref.dealloc %u : memref<16xf32>
  return
}

// One element is not written: what the caller has there stays.
// CHECK-LABEL: func @partial(
// CHECK-NOT:     memref.alloc
// CHECK:         return
func.func @partial(%A: memref<8x16xf32>, %t: memref<16xf32>, %u: memref<4xf32>) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 15 {
      %a = affine.load %A[%i, %j] : memref<8x16xf32>
      affine.store %a, %t[%j] : memref<16xf32>
    }
    affine.for %j = 0 to 15 {
      %a = affine.load %t[14 - %j] : memref<16xf32>
      affine.store %a, %A[%i, %j] : memref<8x16xf32>
    }
  }
  return
}

// The first iteration reads what the caller has there.
// CHECK-LABEL: func @first(
// CHECK-NOT:     memref.alloc
// CHECK:         return
func.func @first(%A: memref<8x16xf32>, %t: memref<16xf32>, %u: memref<4xf32>) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 16 {
      %a = affine.load %t[15 - %j] : memref<16xf32>
      affine.store %a, %A[%i, %j] : memref<8x16xf32>
    }
    affine.for %j = 0 to 16 {
      %a = affine.load %A[%i, %j] : memref<8x16xf32>
      affine.store %a, %t[%j] : memref<16xf32>
    }
  }
  return
}

// Two reads in one statement, one of them of what the caller has there.
// CHECK-LABEL: func @two(
// CHECK-NOT:     memref.alloc
// CHECK:         return
func.func @two(%A: memref<8x16xf32>, %t: memref<16xf32>, %u: memref<4xf32>) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 16 {
      %a = affine.load %A[%i, %j] : memref<8x16xf32>
      affine.store %a, %t[%j] : memref<16xf32>
      %b = affine.load %t[%j] : memref<16xf32>
      %c = affine.load %t[15 - %j] : memref<16xf32>
      %d = arith.addf %b, %c : f32
      affine.store %d, %A[%i, %j] : memref<8x16xf32>
    }
  }
  return
}

// Nothing is started afresh.
// CHECK-LABEL: func @sums(
// CHECK-NOT:     memref.alloc
// CHECK:         return
func.func @sums(%A: memref<8x16xf32>, %t: memref<16xf32>, %u: memref<4xf32>) {
  %zero = arith.constant 0.0 : f32
  affine.for %j = 0 to 16 {
    affine.store %zero, %t[%j] : memref<16xf32>
  }
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 16 {
      %a = affine.load %A[%i, %j] : memref<8x16xf32>
      %s = affine.load %t[%j] : memref<16xf32>
      %b = arith.addf %a, %s : f32
      affine.store %b, %t[%j] : memref<16xf32>
    }
  }
  return
}
