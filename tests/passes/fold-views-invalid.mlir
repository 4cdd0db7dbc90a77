// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-fold-views))' 2>&1 | FileCheck %s

// CHECK: error: cannot fold this view into its accesses: memref.view
func.func @bytes(%a: memref<64xi8>, %x: f32) {
  %c0 = arith.constant 0 : index
  %v = memref.view %a[%c0][] : memref<64xi8> to memref<16xf32>
  affine.for %i = 0 to 16 {
    affine.store %x, %v[%i] : memref<16xf32>
  }
  return
}

// -----

// CHECK: error: memref.atomic_rmw cannot take a view of a buffer
func.func @atomic(%a: memref<8xf32>, %x: f32) {
  %c0 = arith.constant 0 : index
  %v = memref.subview %a[2] [3] [1] : memref<8xf32> to memref<3xf32, strided<[1], offset: 2>>
  %old = memref.atomic_rmw addf %x, %v[%c0]
      : (f32, memref<3xf32, strided<[1], offset: 2>>) -> f32
  return
}
