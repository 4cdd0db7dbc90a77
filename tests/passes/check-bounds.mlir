// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-check-bounds))' | FileCheck %s

// CHECK-LABEL: func.func @triangle(
func.func @triangle(%a: memref<8xf32>) {
  affine.for %i = 0 to 8 {
    affine.for %j = affine_map<(d0) -> (d0)>(%i) to 8 {
      %v = affine.load %a[%j - %i] : memref<8xf32>
      affine.store %v, %a[-%i + 7] : memref<8xf32>
    }
  }
  return
}

// Whether the loop reaches the end is not known.
// CHECK-LABEL: func.func @unknown_size(
func.func @unknown_size(%a: memref<8xf32>, %n: index, %x: f32) {
  affine.for %i = 0 to %n {
    affine.store %x, %a[%i + 4] : memref<8xf32>
  }
  return
}
