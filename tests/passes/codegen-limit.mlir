// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=0 member=0 factor=64},autotune-codegen{max-operations=40}))' 2>&1 | FileCheck %s
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=0 member=0 factor=64},autotune-codegen{max-operations=400}))' | FileCheck %s --check-prefix=FITS

// CHECK: error: unrolling makes {{[0-9]+}} operations, more than the 40 that compile in time
// FITS-COUNT-64: affine.store
func.func @fill(%A: memref<64xf32>, %x: f32) {
  affine.for %i = 0 to 64 {
    affine.store %x, %A[%i] : memref<64xf32>
  }
  return
}
