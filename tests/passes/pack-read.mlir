// RUN: autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=0,32,16},autotune-pack-read{band=1 statement=0 access=1 panel-dim=1 panel=8},autotune-codegen))' | FileCheck %s

// The lower rows change, the upper ones are read: only these are copied.
// CHECK-LABEL: func @lower_rows
// CHECK:      %[[BUFFER:.*]] = memref.alloc() {alignment = 64 : i64} : memref<4x16x8xf32>
// CHECK:      affine.for %[[TJ:.*]] = 0 to 64 step 32 {
// CHECK-NEXT:   affine.for %[[TK:.*]] = 0 to 32 step 16 {
// CHECK-NEXT:     affine.for %[[K:.*]] = 0 to 16 {
// CHECK-NEXT:       affine.for %[[P:.*]] = 0 to 4 {
// CHECK-NEXT:         affine.for %[[J:.*]] = 0 to 8 {
// CHECK-NEXT:           affine.load %arg0[%[[TK]] + %[[K]], %[[TJ]] + %[[P]] * 8 + %[[J]]]
// CHECK-NEXT:           affine.store %{{.*}}, %[[BUFFER]][%[[P]], %[[K]], %[[J]]]
// CHECK:          affine.for
// CHECK:            %[[LEFT:.*]] = affine.load %arg1
// CHECK:            %[[RIGHT:.*]] = affine.load %[[BUFFER]]
// CHECK:            math.fma %[[LEFT]], %[[RIGHT]], %{{.*}}
// CHECK:            affine.store %{{.*}}, %arg0
// CHECK:      memref.dealloc %[[BUFFER]]
// CHECK-NEXT: return
func.func @lower_rows(%A: memref<64x64xf32>, %B: memref<64x32xf32>) {
  affine.for %i = 32 to 64 {
    affine.for %j = 0 to 64 {
      affine.for %k = 0 to 32 {
        %b = affine.load %B[%i, %k] : memref<64x32xf32>
        %a = affine.load %A[%k, %j] : memref<64x64xf32>
        %c = affine.load %A[%i, %j] : memref<64x64xf32>
        %sum = math.fma %b, %a, %c : f32
        affine.store %sum, %A[%i, %j] : memref<64x64xf32>
      }
    }
  }
  return
}
