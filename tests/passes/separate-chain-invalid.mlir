// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=8,8},autotune-separate{band=0 statement=1}))' 2>&1 | FileCheck %s

// The sums begin with what their own tile has written: all steps have to wait,
// those that come after the first ones too.
// CHECK: error: {{.*}}each instance of S1 waits for others of its iteration
func.func @scaled(%A: memref<64x64xf64>, %B: memref<64x64xf64>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 64 {
      %0 = affine.load %B[%i, %j] : memref<64x64xf64>
      %1 = arith.addf %0, %0 : f64
      affine.store %1, %B[%i, %j] : memref<64x64xf64>
      affine.for %k = 0 to 64 {
        %a = affine.load %B[%i, %j] : memref<64x64xf64>
        %b = affine.load %A[%i, %k] : memref<64x64xf64>
        %c = affine.load %A[%k, %j] : memref<64x64xf64>
        %d = arith.mulf %b, %c : f64
        %e = arith.subf %a, %d : f64
        affine.store %e, %B[%i, %j] : memref<64x64xf64>
      }
    }
  }
  return
}
