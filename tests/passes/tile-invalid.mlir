// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=9 sizes=4}))' 2>&1 | FileCheck %s --check-prefix=BAND
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=4,4}))' 2>&1 | FileCheck %s --check-prefix=MEMBERS
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=31}))' 2>&1 | FileCheck %s --check-prefix=WHOLE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=0}))' 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=-4}))' 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=1}))' 2>&1 | FileCheck %s --check-prefix=ONE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=1 factors=4},autotune-tile{band=2 sizes=2}))' 2>&1 | FileCheck %s --check-prefix=UNROLLED

// BAND: error: {{.*}}there is no band 9
// MEMBERS: error: {{.*}}the band has 1 members
// WHOLE: error: {{.*}}covers the whole loop
// NONE: error: {{.*}}no member is tiled
// NEGATIVE: error: {{.*}}a tile size is negative
// ONE: error: {{.*}}no more than one iteration
// UNROLLED: error: {{.*}}the band is unrolled or a vector already

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
