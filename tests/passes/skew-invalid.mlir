// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-skew{band=0 member=0 outer=1 factor=1}))' 2>&1 | FileCheck %s

// CHECK: error: {{.*}}illegal: there is no loop that far outside
func.func @refused(%A: memref<64xf32>) {
  affine.for %i = 1 to 64 {
    %0 = affine.load %A[%i - 1] : memref<64xf32>
    affine.store %0, %A[%i] : memref<64xf32>
  }
  return
}
