// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-demote))' 2>&1 | FileCheck %s

// CHECK: error: dynamic shape or layout: 'memref<?xf32>' needs constant sizes
func.func @dynamic(%n: index) {
  %t = memref.alloc(%n) : memref<?xf32>
  return
}

// -----

// CHECK: error: arith.select chooses between buffers
func.func @choice(%a: memref<4xf32>, %b: memref<4xf32>, %c: i1, %x: f32) {
  %t = arith.select %c, %a, %b : memref<4xf32>
  affine.store %x, %t[0] : memref<4xf32>
  return
}

// -----

// CHECK: error: tensor.empty has no form as loops over buffers here
func.func @tensor() {
  %t = tensor.empty() : tensor<4xf32>
  return
}
