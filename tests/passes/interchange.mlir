// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-interchange{band=0 permutation=2,0,1},autotune-codegen))' | FileCheck %s

// CHECK-LABEL: func @matmul
// CHECK:      affine.for %[[K:.*]] = 0 to 64 {
// CHECK-NEXT:   affine.for %[[I:.*]] = 0 to 64 {
// CHECK-NEXT:     affine.for %[[J:.*]] = 0 to 64 {
// CHECK-NEXT:       affine.load %{{.*}}[%[[I]], %[[K]]]
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
