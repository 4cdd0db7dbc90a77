// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=0 array=1 panel-dim=1 panel=16},autotune-codegen))' | FileCheck %s

// Packed outside of every loop: freed only after the loops.
// CHECK-LABEL: func @matmul
// CHECK:      %[[BUFFER:.*]] = memref.alloc()
// CHECK:      affine.for
// CHECK:        affine.store %{{.*}}, %[[BUFFER]]
// CHECK:      affine.for
// CHECK:        affine.load %[[BUFFER]]
// CHECK:      memref.dealloc %[[BUFFER]]
// CHECK-NEXT: return
func.func @matmul(%A: memref<64x64xf32>, %B: memref<64x64xf32>, %C: memref<64x64xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 64 {
      affine.for %k = 0 to 64 {
        %a = affine.load %A[%i, %k] : memref<64x64xf32>
        %b = affine.load %B[%k, %j] : memref<64x64xf32>
        %c = affine.load %C[%i, %j] : memref<64x64xf32>
        %sum = math.fma %a, %b, %c : f32
        affine.store %sum, %C[%i, %j] : memref<64x64xf32>
      }
    }
  }
  return
}
