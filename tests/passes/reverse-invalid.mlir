// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reverse{band=0 member=0}))' 2>&1 | FileCheck %s

// CHECK: error: {{.*}}illegal: the loops would reverse the dependence S0 -> S0
func.func @refused(%A: memref<64xf32>) {
  affine.for %i = 1 to 64 {
    %0 = affine.load %A[%i - 1] : memref<64xf32>
    affine.store %0, %A[%i] : memref<64xf32>
  }
  return
}
