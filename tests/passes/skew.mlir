// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-skew{band=1 factor=1},autotune-tile{band=0 sizes=4,8},autotune-codegen))' | FileCheck %s

// Dependences reach back in i and forward in t; skewed, both loops may be tiled.
// CHECK-LABEL: func @upwind
// CHECK:      affine.for %{{.*}} = 0 to 16 step 4 {
// CHECK-NEXT:   affine.for
// CHECK-NEXT:     affine.for
// CHECK-NEXT:       affine.for
func.func @upwind(%A: memref<17x64xf32>) {
  affine.for %t = 0 to 16 {
    affine.for %i = 0 to 63 {
      %0 = affine.load %A[%t, %i + 1] : memref<17x64xf32>
      affine.store %0, %A[%t + 1, %i] : memref<17x64xf32>
    }
  }
  return
}
