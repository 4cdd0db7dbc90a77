// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=0,32,16},autotune-pack{band=1 array=1 panel-dim=1 panel=8},autotune-codegen))' | FileCheck %s

// The buffer lives as long as its last use.
// CHECK-LABEL: func @matmul
// CHECK:      %[[BUFFER:.*]] = memref.alloc() {alignment = 64 : i64} : memref<4x16x8xf32>
// CHECK:      affine.for %[[TJ:.*]] = 0 to 64 step 32 {
// CHECK-NEXT:   affine.for %[[TK:.*]] = 0 to 64 step 16 {
// CHECK-NEXT:     affine.for %[[K:.*]] = 0 to 16 {
// CHECK-NEXT:       affine.for %[[P:.*]] = 0 to 4 {
// CHECK-NEXT:         affine.for %[[J:.*]] = 0 to 8 {
// CHECK-NEXT:           affine.load %arg1[%[[TK]] + %[[K]], %[[TJ]] + %[[P]] * 8 + %[[J]]]
// CHECK-NEXT:           affine.store %{{.*}}, %[[BUFFER]][%[[P]], %[[K]], %[[J]]]
// CHECK:          affine.for
// CHECK-NOT:      affine.load %arg1
// CHECK:          affine.load %[[BUFFER]]
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
