// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=16,16},autotune-wavefront{band=0},autotune-parallelize{band=0 member=1},autotune-codegen))' | FileCheck %s
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-enumerate{threads=2}))' | FileCheck %s --check-prefix=MENU

// Tiles on one diagonal are independent.
// MENU: autotune-wavefront
// CHECK-LABEL: func @sum
// CHECK:      affine.for %{{.*}} = 0 to 9 {
// CHECK-NEXT:   affine.parallel
// CHECK:          affine.for
// CHECK:            affine.for
func.func @sum(%A: memref<65x65xf32>) {
  affine.for %i = 1 to 65 {
    affine.for %j = 1 to 65 {
      %0 = affine.load %A[%i - 1, %j] : memref<65x65xf32>
      %1 = affine.load %A[%i, %j - 1] : memref<65x65xf32>
      %2 = arith.addf %0, %1 : f32
      affine.store %2, %A[%i, %j] : memref<65x65xf32>
    }
  }
  return
}
