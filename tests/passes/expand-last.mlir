// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-expand{band=0 member=0 array=2}))' | FileCheck %s
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reverse{band=0 member=0},autotune-expand{band=0 member=0 array=2}))' 2>&1 | FileCheck %s --check-prefix=REVERSED

// What follows the loop reads what the last iteration has left.
// CHECK-LABEL: func @scratch(
// CHECK-SAME:    %[[A:[a-z0-9]*]]: memref<8x16xf32>, %[[T:[a-z0-9]*]]: memref<16xf32>)
// CHECK:         %[[B:.*]] = memref.alloc() {{.*}} : memref<8x16xf32>
// CHECK:           affine.store %{{.*}}, %[[B]][%[[I:.*]], %
// CHECK:           affine.load %[[B]][%[[I]], -%
// CHECK:         affine.for %[[J:.*]] = 0 to 16 {
// CHECK-NEXT:      %[[V:.*]] = affine.load %[[B]][7, %[[J]]]
// CHECK-NEXT:      affine.store %[[V]], %[[T]][%[[J]]]
// REVERSED: error: {{.*}}illegal
func.func @scratch(%A: memref<8x16xf32>, %t: memref<16xf32>) {
  %s = memref.alloc() : memref<16xf32>
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 16 {
      %a = affine.load %A[%i, %j] : memref<8x16xf32>
      %b = arith.mulf %a, %a : f32
      affine.store %b, %s[%j] : memref<16xf32>
    }
    affine.for %j = 0 to 16 {
      %a = affine.load %s[15 - %j] : memref<16xf32>
      affine.store %a, %A[%i, %j] : memref<8x16xf32>
    }
  }
  affine.for %j = 0 to 16 {
    %a = affine.load %s[%j] : memref<16xf32>
    affine.store %a, %t[%j] : memref<16xf32>
  }
  memref.dealloc %s : memref<16xf32>
  return
}
