// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-distribute{band=0 depth=0 cut=1}))' 2>&1 | FileCheck %s --check-prefix=REVERSED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-distribute{band=7 depth=0 cut=1}))' 2>&1 | FileCheck %s --check-prefix=BAND
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-distribute{band=0 depth=1 cut=1}))' 2>&1 | FileCheck %s --check-prefix=DEPTH
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-distribute{band=0 depth=0 cut=2}))' 2>&1 | FileCheck %s --check-prefix=CUT
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=8},autotune-distribute{band=0 depth=0 cut=1}))' 2>&1 | FileCheck %s --check-prefix=PARALLEL

// REVERSED: error: {{.*}}would reverse the dependence
// BAND: error: {{.*}}there is no band 7
// DEPTH: error: {{.*}}no member is left to distribute
// CUT: error: {{.*}}no sequence below that could be cut there
// PARALLEL: error: {{.*}}no sequence below that could be cut there

// S1 of one iteration feeds S0 of the next one.
func.func @coupled(%A: memref<65xf32>, %B: memref<65xf32>) {
  affine.for %i = 0 to 64 {
    %0 = affine.load %A[%i] : memref<65xf32>
    affine.store %0, %B[%i] : memref<65xf32>
    %1 = affine.load %B[%i] : memref<65xf32>
    affine.store %1, %A[%i + 1] : memref<65xf32>
  }
  return
}
