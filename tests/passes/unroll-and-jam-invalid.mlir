// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=0 factors=2}))' 2>&1 | FileCheck %s --check-prefix=REVERSED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=5 factors=2}))' 2>&1 | FileCheck %s --check-prefix=BAND
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=0 factors=2,2}))' 2>&1 | FileCheck %s --check-prefix=MEMBERS
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=0 factors=1}))' 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=0 factors=-2}))' 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=1 factors=64}))' 2>&1 | FileCheck %s --check-prefix=LARGE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=1 factors=2},autotune-unroll-and-jam{band=1 factors=2}))' 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=1 sizes=8},autotune-unroll-and-jam{band=1 factors=2}))' 2>&1 | FileCheck %s --check-prefix=TILES

// REVERSED: error: {{.*}}would reverse the dependence
// BAND: error: {{.*}}there is no band 5
// MEMBERS: error: {{.*}}the band has 1 members
// NONE: error: {{.*}}no member is unrolled
// NEGATIVE: error: {{.*}}an unroll factor is negative
// LARGE: error: {{.*}}unroll factor 64 exceeds the loop
// TWICE: error: {{.*}}a loop inside is unrolled already
// TILES: error: {{.*}}a loop of tiles, or one without bounds, cannot be unrolled

// A[i][j] depends on A[i - 1][j + 1].
func.func @diagonal(%A: memref<32x33xf32>) {
  affine.for %i = 1 to 32 {
    affine.for %j = 0 to 32 {
      %0 = affine.load %A[%i - 1, %j + 1] : memref<32x33xf32>
      affine.store %0, %A[%i, %j] : memref<32x33xf32>
    }
  }
  return
}
