// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=5},autotune-parallelize{band=1 member=0},autotune-distribute{band=1 depth=0 cut=1}))' 2>&1 | FileCheck %s --check-prefix=PARALLEL

// PARALLEL: error: {{.*}}the band is a parallel loop

// The mark of the parallel loop must stay above one band.
func.func @two(%A: memref<20xf32>, %B: memref<20xf32>) {
  affine.for %i = 0 to 20 {
    %0 = affine.load %A[%i] : memref<20xf32>
    affine.store %0, %B[%i] : memref<20xf32>
    %1 = affine.load %B[%i] : memref<20xf32>
    affine.store %1, %A[%i] : memref<20xf32>
  }
  return
}
