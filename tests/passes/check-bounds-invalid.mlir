// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-check-bounds))' 2>&1 | FileCheck %s

// CHECK: :[[@LINE+4]]:{{.*}} error: out of bounds: index 1 leaves the range 0 to 7 of dimension 1 of 'memref<4x8xf32>'
func.func @upper(%a: memref<4x8xf32>, %x: f32) {
  affine.for %i = 0 to 4 {
    affine.for %j = 0 to 8 {
      affine.store %x, %a[%i, %i + %j] : memref<4x8xf32>
    }
  }
  return
}

// -----

// CHECK: error: out of bounds
func.func @only_the_last_iteration_of_a_triangle(%a: memref<8xf32>) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      %v = affine.load %a[%i - %j + 1] : memref<8xf32>
      affine.store %v, %a[%i] : memref<8xf32>
    }
  }
  return
}
