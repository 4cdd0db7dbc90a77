// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=0 width=8},autotune-codegen))' | FileCheck %s

// A vector of sums lies across the rows of the result: it is gathered before
// the loop of the sum and scattered after it.
// CHECK-LABEL: func @across_rows(
// CHECK:      affine.for %{{.*}} = 0 to 16 step 8
// CHECK:        affine.for %{{.*}} = 0 to 16
// CHECK:          %[[FIRST:.*]] = vector.gather %arg0
// CHECK:          %[[SUM:.*]] = affine.for %{{.*}} = 0 to 32 iter_args(%{{.*}} = %[[FIRST]]) -> (vector<8xf32>)
// CHECK-NOT:        vector.gather %arg0
// CHECK-NOT:        vector.scatter
// CHECK:            affine.yield
// CHECK:          vector.scatter %arg0{{.*}}, %[[SUM]]
func.func @across_rows(%C: memref<16x16xf32>, %a: memref<32x16xf32>, %b: memref<32x32xf32>) {
  affine.for %i = 0 to 16 {
    affine.for %j = 0 to 16 {
      affine.for %k = 0 to 32 {
        %x = affine.load %a[%k, %i] : memref<32x16xf32>
        %y = affine.load %b[%k, %j * 2] : memref<32x32xf32>
        %z = affine.load %C[%i, %j] : memref<16x16xf32>
        %s = math.fma %x, %y, %z : f32
        affine.store %s, %C[%i, %j] : memref<16x16xf32>
      }
    }
  }
  return
}
