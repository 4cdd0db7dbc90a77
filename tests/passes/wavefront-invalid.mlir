// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-wavefront{band=0}))' 2>&1 | FileCheck %s

// CHECK: error: {{.*}}illegal: the band has a single member
func.func @refused(%A: memref<64xf32>) {
  affine.for %i = 1 to 64 {
    %0 = affine.load %A[%i - 1] : memref<64xf32>
    affine.store %0, %A[%i] : memref<64xf32>
  }
  return
}
