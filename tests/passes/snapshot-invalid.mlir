// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-snapshot{band=9 array=0}))' 2>&1 | FileCheck %s --check-prefix=BAND
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-snapshot{band=1 array=9}))' 2>&1 | FileCheck %s --check-prefix=ARRAY
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-snapshot{band=0 array=0}))' 2>&1 | FileCheck %s --check-prefix=OUTERMOST
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-snapshot{band=1 array=0}))' 2>&1 | FileCheck %s --check-prefix=WRITTEN
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-snapshot{band=1 array=1}))' 2>&1 | FileCheck %s --check-prefix=KEPT
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-snapshot{band=2 array=0}))' 2>&1 | FileCheck %s --check-prefix=LARGE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-parallelize{band=2 member=0},autotune-snapshot{band=1 array=0}))' 2>&1 | FileCheck %s --check-prefix=MARKED

// BAND: error: {{.*}}there is no band 9
// ARRAY: error: {{.*}}there is no array 9
// OUTERMOST: error: {{.*}}there is no loop around the band
// WRITTEN: error: {{.*}}the loops read nothing of the array that they do not write
// KEPT: error: {{.*}}what the loops read of the array is never overwritten
// LARGE: error: {{.*}}the buffer would take 268435456 bytes
// MARKED: error: {{.*}}loops are parallel, unrolled, vectors or packed already

func.func @prefix(%A: memref<8192xf32>, %B: memref<8192xf32>, %C: memref<8192xf32>) {
  affine.for %k = 0 to 8192 {
    affine.for %i = 0 to 8191 {
      %0 = affine.load %A[%i] : memref<8192xf32>
      %1 = affine.load %B[%i] : memref<8192xf32>
      %2 = arith.addf %0, %1 : f32
      affine.store %2, %A[%i + 1] : memref<8192xf32>
    }
    affine.for %i = 0 to 8192 {
      %0 = affine.load %A[%i] : memref<8192xf32>
      affine.store %0, %C[%i] : memref<8192xf32>
    }
  }
  return
}
