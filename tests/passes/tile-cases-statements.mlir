// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=0 factors=4,1},autotune-codegen))' | FileCheck %s

// No tile is complete for both statements, but tiles are for one of them.
// CHECK-LABEL: func @halves
// CHECK:      affine.for %{{.*}} = 0 to 64 step 4
// CHECK:        affine.for %{{.*}} = 0 to
// CHECK-NEXT:     affine.load %arg1
// CHECK-COUNT-4:  affine.store %{{.*}}, %arg1
// CHECK-NOT:      affine.store
// CHECK:        affine.for %{{.*}} = {{.*}} to {{.*}} {
// CHECK-NEXT:     affine.for
// CHECK:        affine.for %{{.*}} = {{.*}} to 64 {
// CHECK-NEXT:     affine.load %arg0
// CHECK-COUNT-4:  affine.store %{{.*}}, %arg0
// CHECK-NOT:      affine.store
// CHECK:      return
func.func @halves(%A: memref<64x64xf64>, %B: memref<64x64xf64>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 64 {
      affine.if affine_set<(d0, d1) : (d1 - d0 >= 0)>(%i, %j) {
        %a = affine.load %A[%i, %j] : memref<64x64xf64>
        %b = arith.addf %a, %a : f64
        affine.store %b, %A[%i, %j] : memref<64x64xf64>
      }
      affine.if affine_set<(d0, d1) : (d0 - d1 - 1 >= 0)>(%i, %j) {
        %a = affine.load %B[%i, %j] : memref<64x64xf64>
        %b = arith.mulf %a, %a : f64
        affine.store %b, %B[%i, %j] : memref<64x64xf64>
      }
    }
  }
  return
}
