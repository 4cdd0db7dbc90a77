// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-expand{band=0 member=0 array=2},autotune-parallelize{band=0 member=0}))' | FileCheck %s --check-prefix=PARALLEL
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-expand{band=0 member=0 array=2},autotune-distribute{band=0 depth=0 cut=1},autotune-contract{array=2}))' 2>&1 | FileCheck %s --check-prefix=BOTH

// PARALLEL: autotune.schedule = {{.*}}parallel
// PARALLEL: %[[S:.*]] = memref.alloc() {alignment = 64 : i64} : memref<8xf32>
// PARALLEL: affine.for %[[I:.*]] = 0 to 8
// PARALLEL: affine.store %{{.*}}, %[[S]][%[[I]]] : memref<8xf32>

// Once the loop is cut in two, every sum is in use.
// BOTH: error: {{.*}}all of the array is in use at once
func.func @norms(%X: memref<8x64xf32>, %Y: memref<8x64xf32>) {
  %s = memref.alloc() : memref<f32>
  affine.for %i = 0 to 8 {
    %zero = arith.constant 0.0 : f32
    affine.store %zero, %s[] : memref<f32>
    affine.for %j = 0 to 64 {
      %x = affine.load %X[%i, %j] : memref<8x64xf32>
      %old = affine.load %s[] : memref<f32>
      %new = arith.addf %old, %x : f32
      affine.store %new, %s[] : memref<f32>
    }
    affine.for %j = 0 to 64 {
      %x = affine.load %X[%i, %j] : memref<8x64xf32>
      %sum = affine.load %s[] : memref<f32>
      %y = arith.divf %x, %sum : f32
      affine.store %y, %Y[%i, %j] : memref<8x64xf32>
    }
  }
  memref.dealloc %s : memref<f32>
  return
}
