// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=8,8},autotune-codegen))' | FileCheck %s

// The tiles on the diagonal keep their exact bounds.
// CHECK-LABEL: func @triangle
// CHECK:      affine.for %[[TI:.*]] = 0 to 32 step 8 {
// CHECK-NEXT:   affine.for %[[TJ:.*]] = 0 to {{.*}}(%[[TI]]) step 8 {
// CHECK-NEXT:     affine.for %[[I:.*]] = 0 to 8 {
// CHECK-NEXT:       affine.for %{{.*}} = 0 to min
func.func @triangle(%A: memref<32x32xf32>) {
  affine.for %i = 0 to 32 {
    affine.for %j = 0 to affine_map<(d0) -> (d0 + 1)>(%i) {
      %0 = affine.load %A[%i, %j] : memref<32x32xf32>
      %1 = arith.addf %0, %0 : f32
      affine.store %1, %A[%i, %j] : memref<32x32xf32>
    }
  }
  return
}
