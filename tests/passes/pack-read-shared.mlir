// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=0 statement=1 access=0 panel-dim=1 panel=8},autotune-codegen))' | FileCheck %s

// Two statements share a load: the copy is for one of them.
// CHECK-LABEL: func @two_uses
// CHECK:      %[[BUFFER:.*]] = memref.alloc()
// CHECK:      affine.store %{{.*}}, %[[BUFFER]]
// CHECK:      affine.for
// CHECK:        affine.for
// CHECK-NEXT:     %[[FIRST:.*]] = affine.load %arg0
// CHECK-NEXT:     affine.store %[[FIRST]], %arg1
// CHECK-NEXT:     %[[SECOND:.*]] = affine.load %[[BUFFER]]
// CHECK-NEXT:     affine.store %[[SECOND]], %arg2
func.func @two_uses(%A: memref<16x16xf32>, %B: memref<16x16xf32>, %C: memref<16x16xf32>) {
  affine.for %i = 0 to 16 {
    affine.for %j = 0 to 16 {
      %a = affine.load %A[%i, %j] : memref<16x16xf32>
      affine.store %a, %B[%i, %j] : memref<16x16xf32>
      affine.store %a, %C[%i, %j] : memref<16x16xf32>
    }
  }
  return
}
