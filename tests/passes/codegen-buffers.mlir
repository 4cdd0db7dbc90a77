// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-codegen))' | FileCheck %s

// A buffer that is freed among the statements is freed after all of them.
// CHECK-LABEL: func @freed_early(
// CHECK:         %[[B:.*]] = memref.alloc() : memref<16xf32>
// CHECK-NOT:     memref.dealloc
// CHECK:         affine.load %[[B]]
// CHECK-NOT:     memref.dealloc
// CHECK:         affine.load %{{.*}} : memref<16xf32>
// CHECK:         affine.store
// CHECK:         memref.dealloc %[[B]]
// CHECK-NEXT:    return
func.func @freed_early(%x: memref<16xf32>, %y: memref<16xf32>) {
  %b = memref.alloc() : memref<16xf32>
  affine.for %i = 0 to 16 {
    %a = affine.load %x[%i] : memref<16xf32>
    affine.store %a, %b[%i] : memref<16xf32>
  }
  affine.for %i = 0 to 16 {
    %a = affine.load %b[15 - %i] : memref<16xf32>
    affine.store %a, %y[%i] : memref<16xf32>
  }
  memref.dealloc %b : memref<16xf32>
  affine.for %i = 0 to 16 {
    %a = affine.load %y[%i] : memref<16xf32>
    %c = arith.addf %a, %a : f32
    affine.store %c, %x[%i] : memref<16xf32>
  }
  return
}
