// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=1 member=1 width=8},autotune-stream{statement=0},autotune-codegen))' | FileCheck %s

// What a sweep writes is read by the next one, but not while its own loops run.
// The rows that are stored are columns of what is read.
// CHECK-LABEL: func @sweeps
// CHECK: vector.gather %arg0
// CHECK: affine.vector_store %{{.*}}, %arg1[{{.*}}] {autotune.stream}
// CHECK-NOT: autotune.stream
func.func @sweeps(%A: memref<64x64xf32>, %B: memref<64x64xf32>) {
  affine.for %t = 0 to 9 {
    affine.for %j = 0 to 64 {
      affine.for %i = 0 to 64 {
        %a = affine.load %A[%i, %j] : memref<64x64xf32>
        affine.store %a, %B[%j, %i] : memref<64x64xf32>
      }
    }
    affine.for %i = 0 to 64 {
      %a = affine.load %B[%i, %i] : memref<64x64xf32>
      affine.store %a, %A[%i, %i] : memref<64x64xf32>
    }
  }
  return
}
