// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=9 member=0 array=0 distance=1}))' 2>&1 | FileCheck %s --check-prefix=BAND
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=0 member=2 array=0 distance=1}))' 2>&1 | FileCheck %s --check-prefix=MEMBER
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=0 member=1 array=7 distance=1}))' 2>&1 | FileCheck %s --check-prefix=ARRAY
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=0 member=1 array=0 distance=0}))' 2>&1 | FileCheck %s --check-prefix=NOW
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=0 member=1 array=0 distance=64}))' 2>&1 | FileCheck %s --check-prefix=BEYOND
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=0 member=1 array=0 distance=2},autotune-prefetch{band=1 member=0 array=0 distance=4}))' 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=0 member=1 factor=2},autotune-prefetch{band=1 member=0 array=0 distance=1}))' 2>&1 | FileCheck %s --check-prefix=UNROLLED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=8},autotune-prefetch{band=1 member=0 array=0 distance=1}))' 2>&1 | FileCheck %s --check-prefix=VECTOR
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-parallelize{band=0 member=1},autotune-prefetch{band=1 member=0 array=0 distance=1}))' 2>&1 | FileCheck %s --check-prefix=PARALLEL
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=0 member=1 array=2 distance=1}))' 2>&1 | FileCheck %s --check-prefix=WRITTEN
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=0 array=0 panel-dim=1 panel=8},autotune-prefetch{band=0 member=1 array=0 distance=1}))' 2>&1 | FileCheck %s --check-prefix=PACKED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=0 member=1 array=1 distance=1}))' 2>&1 | FileCheck %s --check-prefix=FIXED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=0 member=0 array=0 distance=1}))' 2>&1 | FileCheck %s --check-prefix=WHOLE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=1 member=0 array=0 distance=1}))' 2>&1 | FileCheck %s --check-prefix=ANYWHERE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=0 member=1 array=0 distance=1},autotune-tile{band=1 sizes=8}))' 2>&1 | FileCheck %s --check-prefix=TILED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=0 member=1 array=0 distance=1},autotune-unroll{band=1 member=0 factor=2}))' 2>&1 | FileCheck %s --check-prefix=COPIED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=0 member=1 array=0 distance=1},autotune-pack{band=0 array=0 panel-dim=1 panel=8}))' 2>&1 | FileCheck %s --check-prefix=PACKEDLATER

// BAND: error: {{.*}}there is no band 9
// MEMBER: error: {{.*}}the band has no member 2
// ARRAY: error: {{.*}}there is no array 7
// NOW: error: {{.*}}no iteration is 0 after another
// BEYOND: error: {{.*}}no iteration is 64 after another
// TWICE: error: {{.*}}the loop fetches the array already
// UNROLLED: error: {{.*}}the band is unrolled or a vector already
// VECTOR: error: {{.*}}the band is unrolled or a vector already
// PARALLEL: error: {{.*}}the loop is parallel
// WRITTEN: error: {{.*}}the array is not read below the loop
// PACKED: error: {{.*}}the array is packed
// FIXED: error: {{.*}}every iteration touches the same part of the array
// WHOLE: error: {{.*}}an iteration touches 253 cache lines of the array
// ANYWHERE: error: {{.*}}what an iteration touches of the array has no fixed size
// TILED: error: {{.*}}the band fetches for later iterations already
// COPIED: error: {{.*}}the band fetches for later iterations already
// PACKEDLATER: error: {{.*}}the array is prefetched below

func.func @rows(%A: memref<64x4096xf32>, %B: memref<64x64xf32>, %C: memref<64x4096xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 64 {
      %a = affine.load %A[%i, %j * 64] : memref<64x4096xf32>
      %b = affine.load %B[%i, 3] : memref<64x64xf32>
      %s = arith.addf %a, %b : f32
      affine.store %s, %C[%i, %j] : memref<64x4096xf32>
    }
  }
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 64 {
      %x = arith.muli %i, %j : index
      %a = memref.load %A[%i, %x] : memref<64x4096xf32>
      affine.store %a, %C[%i, %j] : memref<64x4096xf32>
    }
  }
  return
}
