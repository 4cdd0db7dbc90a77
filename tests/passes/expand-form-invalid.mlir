// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-expand{band=0 member=0 array=1}))' 2>&1 | FileCheck %s

// CHECK: error: {{.*}}a value would not reach all its uses
func.func @carried(%X: memref<16xf32>) {
  %T = memref.alloc() : memref<17xf32>
  affine.for %i = 0 to 16 {
    %x = affine.load %X[%i] : memref<16xf32>
    affine.store %x, %T[%i + 1] : memref<17xf32>
    %t = affine.load %T[%i] : memref<17xf32>
    affine.store %t, %X[%i] : memref<16xf32>
  }
  memref.dealloc %T : memref<17xf32>
  return
}

// -----

// CHECK: error: {{.*}}the loop has no bounds, or one iteration
func.func @once(%X: memref<16xf32>) {
  %T = memref.alloc() : memref<f32>
  affine.for %i = 0 to 1 {
    %x = affine.load %X[%i] : memref<16xf32>
    affine.store %x, %T[] : memref<f32>
  }
  memref.dealloc %T : memref<f32>
  return
}

// -----

// CHECK: error: {{.*}}the buffer would take 8589934592 bytes
func.func @large(%X: memref<16xf32>) {
  %T = memref.alloc() : memref<2048x1024xf32>
  affine.for %i = 0 to 1024 {
    %x = affine.load %X[3] : memref<16xf32>
    affine.store %x, %T[5, 6] : memref<2048x1024xf32>
  }
  memref.dealloc %T : memref<2048x1024xf32>
  return
}

// -----

// CHECK: error: {{.*}}S1 has a load outside of its loops
func.func @hoisted(%X: memref<16x16xf32>) {
  %T = memref.alloc() : memref<f32>
  affine.for %i = 0 to 16 {
    %x = affine.load %X[%i, 0] : memref<16x16xf32>
    affine.store %x, %T[] : memref<f32>
    %t = affine.load %T[] : memref<f32>
    affine.for %j = 0 to 16 {
      affine.store %t, %X[%i, %j] : memref<16x16xf32>
    }
  }
  memref.dealloc %T : memref<f32>
  return
}

// -----

// CHECK: error: {{.*}}two statements share a load of the array
func.func @shared(%X: memref<32xf32>) {
  %T = memref.alloc() : memref<f32>
  affine.for %i = 0 to 16 {
    %x = affine.load %X[%i] : memref<32xf32>
    affine.store %x, %T[] : memref<f32>
    %t = affine.load %T[] : memref<f32>
    affine.store %t, %X[%i] : memref<32xf32>
    affine.store %t, %X[%i + 16] : memref<32xf32>
  }
  memref.dealloc %T : memref<f32>
  return
}
