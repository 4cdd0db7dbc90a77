// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-choose-stores))' | FileCheck %s

// Where the caller's buffers begin decides which loop runs.
// CHECK-LABEL: func @two_buffers
// CHECK-DAG:  %[[ADDRESS:.*]] = memref.extract_aligned_pointer_as_index %arg0
// CHECK-DAG:  %[[REST:.*]] = arith.andi %[[ADDRESS]], %[[MASK:.*]] : index
// CHECK-DAG:  %[[ALIGNED:.*]] = arith.cmpi eq, %[[REST]], %{{.*}} : index
// CHECK-DAG:  memref.extract_aligned_pointer_as_index %arg1
// CHECK:      affine.for
// CHECK:        %[[BOTH:.*]] = arith.andi %[[ALIGNED]], %{{.*}} : i1
// CHECK-NEXT:   scf.if %[[BOTH]] {
// CHECK-NEXT:     affine.for
// CHECK-COUNT-2:    affine.vector_store {{.*}} {autotune.stream}
// CHECK:        } else {
// CHECK-NEXT:     affine.for
// CHECK-NOT:        autotune.stream
// CHECK:      return
func.func @two_buffers(%A: memref<64x64xf32>, %B: memref<64x64xf32>, %v: vector<8xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 64 step 8 {
      affine.vector_store %v, %A[%i, %j] {autotune.stream} : memref<64x64xf32>, vector<8xf32>
      affine.vector_store %v, %B[%i, %j] {autotune.stream} : memref<64x64xf32>, vector<8xf32>
    }
  }
  return
}

// What loops hand on goes on from either.
// CHECK-LABEL: func @carried
// CHECK:      %[[LAST:.*]] = scf.if %{{.*}} -> (vector<8xf32>) {
// CHECK-NEXT:   %[[ONE:.*]] = affine.for
// CHECK:        scf.yield %[[ONE]]
// CHECK-NEXT: } else {
// CHECK-NEXT:   %[[OTHER:.*]] = affine.for
// CHECK:        scf.yield %[[OTHER]]
// CHECK:      return %[[LAST]]
func.func @carried(%A: memref<64xf32>, %v: vector<8xf32>) -> vector<8xf32> {
  %last = affine.for %j = 0 to 64 step 8 iter_args(%x = %v) -> vector<8xf32> {
    affine.vector_store %x, %A[%j] {autotune.stream} : memref<64xf32>, vector<8xf32>
    %y = arith.addf %x, %v : vector<8xf32>
    affine.yield %y : vector<8xf32>
  }
  return %last : vector<8xf32>
}

// Loops inside are not chosen again.
// CHECK-LABEL: func @nested
// CHECK:      scf.if
// CHECK-NOT:  scf.if
// CHECK:      } else {
// CHECK-NOT:  scf.if
// CHECK:      return
func.func @nested(%A: memref<64x64xf32>, %v: vector<8xf32>) {
  affine.for %i = 1 to 64 {
    affine.vector_store %v, %A[%i - 1, 0] {autotune.stream} : memref<64x64xf32>, vector<8xf32>
    affine.for %j = 8 to 64 step 8 {
      affine.vector_store %v, %A[%i, %j] {autotune.stream} : memref<64x64xf32>, vector<8xf32>
    }
  }
  return
}

// A parallel loop is not copied.
// CHECK-LABEL: func @parallel
// CHECK:      affine.parallel
// CHECK-NEXT:   scf.if
// CHECK-NEXT:     affine.vector_store {{.*}} {autotune.stream}
// CHECK-NEXT:   } else {
// CHECK-NEXT:     affine.vector_store %{{.*}}, %{{.*}}[%{{.*}}] : memref
// CHECK-NOT:  affine.parallel
// CHECK:      return
func.func @parallel(%A: memref<64xf32>, %v: vector<8xf32>) {
  affine.parallel (%j) = (0) to (64) step (8) {
    affine.vector_store %v, %A[%j] {autotune.stream} : memref<64xf32>, vector<8xf32>
  }
  return
}

// Own buffers are aligned; nothing has to be asked.
// CHECK-LABEL: func @own
// CHECK:      memref.alloc() {alignment = 64 : i64} : memref<128xf32>
// CHECK:      memref.alloc() {alignment = 32 : i64} : memref<64xf32>
// CHECK-NOT:  scf.if
// CHECK-COUNT-2: {autotune.stream}
func.func @own(%v: vector<8xf32>) {
  %A = memref.alloc() {alignment = 64 : i64} : memref<128xf32>
  %B = memref.alloc() : memref<64xf32>
  affine.for %j = 0 to 64 step 8 {
    affine.vector_store %v, %A[%j] {autotune.stream} : memref<128xf32>, vector<8xf32>
    affine.vector_store %v, %B[%j] {autotune.stream} : memref<64xf32>, vector<8xf32>
  }
  memref.dealloc %A : memref<128xf32>
  memref.dealloc %B : memref<64xf32>
  return
}

// CHECK-LABEL: func @ordinary
// CHECK-NOT: scf.if
func.func @ordinary(%A: memref<64xf32>, %v: vector<8xf32>) {
  affine.for %j = 0 to 64 step 8 {
    affine.vector_store %v, %A[%j] : memref<64xf32>, vector<8xf32>
  }
  return
}
