// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=1 sizes=8,0},autotune-unroll-and-jam{band=2 factors=8,1},autotune-vectorize{band=2 member=1 width=8},autotune-prefetch{band=2 member=1 array=0 distance=1},autotune-codegen))' | FileCheck %s

// Complete tiles have code of their own, in more loops than the first statement.
// CHECK-LABEL: func @depths
// CHECK:      affine.for
// CHECK:      affine.for %[[I:.*]] = 0 to 40 step 8
// CHECK:        affine.for %[[J:.*]] = 0 to 32 step 8
// CHECK-NEXT:     affine.prefetch %arg0[%[[I]], %[[J]] + 8]
// CHECK-NEXT:     affine.prefetch %arg0[%[[I]] + 1, %[[J]] + 8]
func.func @depths(%A: memref<36x38xf64>, %x: memref<36xf64>, %y: memref<38xf64>) {
  %zero = arith.constant 0.0 : f64
  affine.for %j = 0 to 38 {
    affine.store %zero, %y[%j] : memref<38xf64>
  }
  affine.for %i = 0 to 36 {
    affine.for %j = 0 to 38 {
      %a = affine.load %A[%i, %j] : memref<36x38xf64>
      %b = affine.load %x[%i] : memref<36xf64>
      %c = affine.load %y[%j] : memref<38xf64>
      %d = math.fma %a, %b, %c : f64
      affine.store %d, %y[%j] : memref<38xf64>
    }
  }
  return
}
