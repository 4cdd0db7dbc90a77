// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=4 member=0 factor=2}))' 2>&1 | FileCheck %s --check-prefix=BAND
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=0 member=2 factor=2}))' 2>&1 | FileCheck %s --check-prefix=MEMBER
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=0 member=1 factor=7}))' 2>&1 | FileCheck %s --check-prefix=LARGE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=0 member=1 factor=1}))' 2>&1 | FileCheck %s --check-prefix=SMALL
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-parallelize{band=0 member=0},autotune-unroll{band=0 member=0 factor=64}))' 2>&1 | FileCheck %s --check-prefix=PARALLEL
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=0 member=1 factor=2},autotune-unroll{band=0 member=0 factor=2}))' 2>&1 | FileCheck %s --check-prefix=INSIDE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=0 member=1 factor=6},autotune-unroll{band=1 member=0 factor=2}))' 2>&1 | FileCheck %s --check-prefix=UNROLLED

// BAND: error: {{.*}}there is no band 4
// MEMBER: error: {{.*}}the band has no member 2
// LARGE: error: {{.*}}the loop of 6 iterations cannot be unrolled by 7
// SMALL: error: {{.*}}the loop of 6 iterations cannot be unrolled by 1
// PARALLEL: error: {{.*}}the loop is parallel
// INSIDE: error: {{.*}}a loop inside is unrolled already
// UNROLLED: error: {{.*}}the band is unrolled or a vector already

func.func @sums(%A: memref<64x6xf32>, %C: memref<64xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %k = 0 to 6 {
      %a = affine.load %A[%i, %k] : memref<64x6xf32>
      %c = affine.load %C[%i] : memref<64xf32>
      %s = arith.addf %c, %a : f32
      affine.store %s, %C[%i] : memref<64xf32>
    }
  }
  return
}
