// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-fuse{sequence=0 child=0 depth=1},autotune-contract{array=2}))' | FileCheck %s --check-prefix=ONE
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-fuse{sequence=0 child=0 depth=1},autotune-vectorize{band=0 member=0 width=16},autotune-contract{array=2},autotune-codegen))' | FileCheck %s --check-prefix=VECTOR
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-shift{band=1 member=0 offset=2},autotune-fuse{sequence=0 child=0 depth=1},autotune-contract{array=2}))' | FileCheck %s --check-prefix=WINDOW

// ONE: memref.alloc() {alignment = 64 : i64} : memref<1xf32>
// ONE: affine.store %{{.*}}, %[[T:.*]][0] : memref<1xf32>
// ONE: affine.load %[[T]][0] : memref<1xf32>

// A vector is in use at once, and stays in a register.
// VECTOR: %[[T:.*]] = memref.alloc() {alignment = 64 : i64} : memref<16xf32>
// VECTOR: affine.for
// VECTOR-NOT: %[[T]]
// VECTOR: affine.yield

// The reader is two iterations late, so that up to three values are in use.
// WINDOW: memref.alloc() {alignment = 64 : i64} : memref<4xf32>
// WINDOW: affine.store %{{.*}}, %[[T:.*]][%{{.*}} mod 4] : memref<4xf32>
// WINDOW: affine.load %[[T]][%{{.*}} mod 4] : memref<4xf32>
func.func @chain(%X: memref<64xf32>, %Y: memref<64xf32>) {
  %T = memref.alloc() : memref<64xf32>
  affine.for %i = 0 to 64 {
    %x = affine.load %X[%i] : memref<64xf32>
    %t = arith.mulf %x, %x : f32
    affine.store %t, %T[%i] : memref<64xf32>
  }
  affine.for %i = 0 to 64 {
    %t = affine.load %T[%i] : memref<64xf32>
    %y = arith.addf %t, %t : f32
    affine.store %y, %Y[%i] : memref<64xf32>
  }
  memref.dealloc %T : memref<64xf32>
  return
}
