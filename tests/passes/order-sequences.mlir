// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=0 factors=4},autotune-codegen))' | FileCheck %s
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=1 factors=4},autotune-codegen))' 2>&1 | FileCheck %s --check-prefix=CYCLE

// Four iterations at a time, B[i + 1] has to be there before C[i] asks for it:
// the second statement comes first.
// CHECK-LABEL: func @neighbour
// CHECK:      affine.for
// CHECK-COUNT-4: affine.store %{{.*}}, %arg1
// CHECK-COUNT-4: affine.store %{{.*}}, %arg2
// CYCLE: error: {{.*}}the sequence would reverse the dependence
func.func @neighbour(%A: memref<64xf64>, %B: memref<65xf64>, %C: memref<64xf64>, %D: memref<66xf64>) {
  affine.for %i = 0 to 64 {
    %b = affine.load %B[%i] : memref<65xf64>
    %c = arith.addf %b, %b : f64
    affine.store %c, %C[%i] : memref<64xf64>
    %a = affine.load %A[%i] : memref<64xf64>
    affine.store %a, %B[%i + 1] : memref<65xf64>
  }
  affine.for %i = 0 to 64 {
    %b = affine.load %B[%i] : memref<65xf64>
    affine.store %b, %D[%i + 1] : memref<66xf64>
    %d = affine.load %D[%i] : memref<66xf64>
    affine.store %d, %B[%i + 1] : memref<65xf64>
  }
  return
}
