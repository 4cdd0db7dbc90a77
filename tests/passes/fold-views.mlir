// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-fold-views,autotune-raise-affine,canonicalize))' | FileCheck %s

// CHECK-LABEL: func.func @subview_of_subview(
// CHECK:         affine.load %{{.*}}[%{{.*}} + 1, %{{.*}} * 2 + 7]
// CHECK-NOT:     memref.subview
func.func @subview_of_subview(%a: memref<8x16xf32>, %x: memref<4xf32>) {
  affine.for %i = 0 to 4 {
    %part = memref.subview %a[1, 1] [4, 6] [1, 2]
        : memref<8x16xf32> to memref<4x6xf32, strided<[16, 2], offset: 17>>
    %row = memref.subview %part[%i, 3] [1, 3] [1, 1]
        : memref<4x6xf32, strided<[16, 2], offset: 17>> to memref<3xf32, strided<[2], offset: ?>>
    affine.for %j = 0 to 3 {
      %v = affine.load %row[%j] : memref<3xf32, strided<[2], offset: ?>>
      affine.store %v, %x[%j] : memref<4xf32>
    }
  }
  return
}

// CHECK-LABEL: func.func @reshapes(
// CHECK:         affine.store %{{.*}}, %{{.*}}[%[[I:.*]] floordiv 6, %[[I]] mod 6]
// CHECK:         affine.store %{{.*}}, %{{.*}}[%{{.*}} * 3 + %{{.*}}]
func.func @reshapes(%a: memref<4x6xf32>, %b: memref<6xf32>, %x: f32) {
  %flat = memref.collapse_shape %a [[0, 1]] : memref<4x6xf32> into memref<24xf32>
  affine.for %i = 0 to 24 {
    affine.store %x, %flat[%i] : memref<24xf32>
  }
  %square = memref.expand_shape %b [[0, 1]] output_shape [2, 3]
      : memref<6xf32> into memref<2x3xf32>
  affine.for %i = 0 to 2 {
    affine.for %j = 0 to 3 {
      affine.store %x, %square[%i, %j] : memref<2x3xf32>
    }
  }
  return
}

// CHECK-LABEL: func.func @reinterpreted(
// CHECK:         affine.for %[[I:.*]] = 0 to 4 {
// CHECK-NEXT:      affine.for %[[J:.*]] = 0 to 4 {
// CHECK-NEXT:        affine.store %{{.*}}, %{{.*}}[%[[J]], %[[I]]]
func.func @reinterpreted(%a: memref<4x4xf32>, %x: f32) {
  // Column-major order of a square.
  %t = memref.reinterpret_cast %a to offset: [0], sizes: [4, 4], strides: [1, 4]
      : memref<4x4xf32> to memref<4x4xf32, strided<[1, 4]>>
  affine.for %i = 0 to 4 {
    affine.for %j = 0 to 4 {
      memref.store %x, %t[%i, %j] : memref<4x4xf32, strided<[1, 4]>>
    }
  }
  return
}

// CHECK-LABEL: func.func @transposed(
// CHECK:         affine.store %{{.*}}, %{{.*}}[%{{.*}}, 0]
func.func @transposed(%a: memref<4x4xf32>, %x: f32) {
  %t = memref.transpose %a (i, j) -> (j, i)
      : memref<4x4xf32> to memref<4x4xf32, strided<[1, 4]>>
  affine.for %i = 0 to 4 {
    affine.store %x, %t[0, %i] : memref<4x4xf32, strided<[1, 4]>>
  }
  return
}

// A reshape and its inverse leave no division.
// CHECK-LABEL: func.func @there_and_back(
// CHECK:         affine.store %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}}]
func.func @there_and_back(%a: memref<4x6xf32>, %x: f32) {
  %flat = memref.collapse_shape %a [[0, 1]] : memref<4x6xf32> into memref<24xf32>
  %again = memref.expand_shape %flat [[0, 1]] output_shape [4, 6]
      : memref<24xf32> into memref<4x6xf32>
  affine.for %i = 0 to 4 {
    affine.for %j = 0 to 6 {
      affine.store %x, %again[%i, %j] : memref<4x6xf32>
    }
  }
  return
}

// CHECK-LABEL: func.func @copy(
// CHECK:         affine.for %[[I:.*]] = 0 to 3 {
// CHECK:           %[[V:.*]] = affine.load %{{.*}}[%[[I]]] : memref<3xf32>
// CHECK:           affine.store %[[V]], %{{.*}}[%[[I]] + 2] : memref<8xf32>
func.func @copy(%a: memref<3xf32>, %b: memref<8xf32>) {
  %part = memref.subview %b[2] [3] [1] : memref<8xf32> to memref<3xf32, strided<[1], offset: 2>>
  memref.copy %a, %part : memref<3xf32> to memref<3xf32, strided<[1], offset: 2>>
  return
}
