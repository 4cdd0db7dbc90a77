// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=0 factors=2,2,1},autotune-codegen))' | FileCheck %s

// The register tile stays in registers across the innermost loop.
// CHECK-LABEL: func @matmul
// CHECK:      affine.for %{{.*}} = 0 to 64 step 2 {
// CHECK-NEXT:   affine.for %{{.*}} = 0 to 64 step 2 {
// CHECK-COUNT-4:  affine.load %arg2
// CHECK:          affine.for {{.*}} iter_args({{.*}}) -> (f32, f32, f32, f32)
// CHECK-NOT:      affine.load %arg2
// CHECK:          affine.yield
// CHECK-COUNT-4:  affine.store
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
