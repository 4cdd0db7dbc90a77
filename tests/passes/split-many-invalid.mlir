// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-split{band=0 member=1 outer=1 size=1}))' 2>&1 | FileCheck %s

// Three times eleven.
// CHECK: error: {{.*}}there would be more than 32 statements
func.func @stores(%A: memref<4xf32>, %B0: memref<4xf32>, %B1: memref<4xf32>, %B2: memref<4xf32>, %B3: memref<4xf32>, %B4: memref<4xf32>, %B5: memref<4xf32>, %B6: memref<4xf32>, %B7: memref<4xf32>, %B8: memref<4xf32>, %B9: memref<4xf32>, %B10: memref<4xf32>) {
  affine.for %k = 0 to 4 {
    affine.for %i = 0 to 4 {
      %0 = affine.load %A[%k] : memref<4xf32>
      affine.store %0, %B0[%i] : memref<4xf32>
      affine.store %0, %B1[%i] : memref<4xf32>
      affine.store %0, %B2[%i] : memref<4xf32>
      affine.store %0, %B3[%i] : memref<4xf32>
      affine.store %0, %B4[%i] : memref<4xf32>
      affine.store %0, %B5[%i] : memref<4xf32>
      affine.store %0, %B6[%i] : memref<4xf32>
      affine.store %0, %B7[%i] : memref<4xf32>
      affine.store %0, %B8[%i] : memref<4xf32>
      affine.store %0, %B9[%i] : memref<4xf32>
      affine.store %0, %B10[%i] : memref<4xf32>
    }
  }
  return
}
