// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-stack-buffers{budget=1536}))' | FileCheck %s

// The smallest ones, in whatever order they come.
// CHECK-LABEL: func.func @smallest
// CHECK: %[[A:.*]] = memref.alloca() {alignment = 64 : i64} : memref<64xf64>
// CHECK: %[[LARGE:.*]] = memref.alloc() : memref<1025xi8>
// CHECK: %[[B:.*]] = memref.alloca() {alignment = 128 : i64} : memref<8x16xf64>
// CHECK: call @use(%[[A]], %[[LARGE]], %[[B]])
// CHECK-NOT: dealloc
// CHECK: memref.dealloc %[[LARGE]]
// CHECK-NOT: dealloc
// CHECK: return
func.func @smallest() {
  %a = memref.alloc() : memref<64xf64>
  %large = memref.alloc() : memref<1025xi8>
  %b = memref.alloc() {alignment = 128 : i64} : memref<8x16xf64>
  call @use(%a, %large, %b) : (memref<64xf64>, memref<1025xi8>, memref<8x16xf64>) -> ()
  memref.dealloc %a : memref<64xf64>
  memref.dealloc %large : memref<1025xi8>
  memref.dealloc %b : memref<8x16xf64>
  return
}

// On the stack those of all iterations would add up.
// CHECK-LABEL: func.func @iterations
// CHECK-NOT: alloca
func.func @iterations(%result: memref<8xf32>) {
  affine.parallel (%i) = (0) to (8) {
    %a = memref.alloc() : memref<8xf32>
    %x = affine.load %a[%i] : memref<8xf32>
    affine.store %x, %result[%i] : memref<8xf32>
    memref.dealloc %a : memref<8xf32>
  }
  return
}

// CHECK-LABEL: func.func @handed_out
// CHECK-NOT: alloca
func.func @handed_out() -> memref<8xf32> {
  %a = memref.alloc() : memref<8xf32>
  return %a : memref<8xf32>
}

// CHECK-LABEL: func.func @freed_elsewhere
// CHECK-NOT: alloca
func.func @freed_elsewhere(%is_done: i1) {
  %a = memref.alloc() : memref<8xf32>
  scf.if %is_done {
    memref.dealloc %a : memref<8xf32>
  }
  return
}

func.func private @use(memref<64xf64>, memref<1025xi8>, memref<8x16xf64>)
