// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=9 statement=1 access=0 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=BAND
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=1 statement=7 access=0 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=STATEMENT
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=1 statement=1 access=9 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=ACCESS
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=1 statement=1 access=3 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=STORE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=2 statement=2 access=1 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=ANYWHERE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=1 statement=0 access=0 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=0 statement=1 access=0 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=WRITTEN
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=1 statement=1 access=1 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=ITSELF
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=1 statement=1 access=0 panel-dim=2 panel=4}))' 2>&1 | FileCheck %s --check-prefix=PANEL
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=1 statement=1 access=0 panel-dim=0 panel=0}))' 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=1 statement=1 access=0 panel-dim=0 panel=4},autotune-pack-read{band=1 statement=1 access=0 panel-dim=1 panel=8}))' 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=1 statement=1 access=2 panel-dim=0 panel=4},autotune-pack-read{band=0 statement=1 access=2 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=INSIDE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=1 array=2 panel-dim=0 panel=4},autotune-pack-read{band=1 statement=1 access=2 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=ALL
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=1 statement=1 access=2 panel-dim=0 panel=4},autotune-pack{band=1 array=2 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=ALLLATER
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=1 member=0 array=2 distance=1},autotune-pack-read{band=0 statement=1 access=2 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=PREFETCHED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=1 member=0 array=2 distance=1},autotune-pack-read{band=1 statement=1 access=2 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=FETCHES
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=1 factors=2},autotune-pack-read{band=2 statement=1 access=0 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=UNROLLED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=1 statement=1 access=0 panel-dim=0 panel=4},autotune-unroll-and-jam{band=0 factors=2}))' 2>&1 | FileCheck %s --check-prefix=JAMMED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=1 statement=1 access=0 panel-dim=0 panel=4},autotune-vectorize{band=0 member=0 width=4}))' 2>&1 | FileCheck %s --check-prefix=VECTOR

// BAND: error: {{.*}}there is no band 9
// STATEMENT: error: {{.*}}there is no statement 7
// ACCESS: error: {{.*}}S1 has no access 9
// STORE: error: {{.*}}the access is no read of one element
// ANYWHERE: error: {{.*}}the access is no read of one element
// OUTSIDE: error: {{.*}}S0 is not below the band as a whole
// WRITTEN: error: {{.*}}what it reads is written below the band
// ITSELF: error: {{.*}}what it reads is written below the band
// PANEL: error: {{.*}}the array has no such panel
// EMPTY: error: {{.*}}the array has no such panel
// TWICE: error: {{.*}}the array is packed already
// INSIDE: error: {{.*}}the array is packed already
// ALL: error: {{.*}}the array is packed already
// ALLLATER: error: {{.*}}the array is packed already
// PREFETCHED: error: {{.*}}the array is prefetched below
// FETCHES: error: {{.*}}the band fetches for later iterations already
// UNROLLED: error: {{.*}}the band is unrolled or a vector already
// JAMMED: error: {{.*}}what a packed copy holds would be written below it
// VECTOR: error: {{.*}}what a packed copy holds would be written below it

// Within a row what is read of the row before stays as it is; in several rows
// at once it does not.
func.func @rows(%A: memref<64x64xf32>, %B: memref<64xf32>, %C: memref<64x64xf32>, %D: memref<64xindex>) {
  affine.for %i = 1 to 64 {
    %0 = affine.load %A[%i, 0] : memref<64x64xf32>
    affine.store %0, %B[%i] : memref<64xf32>
    affine.for %j = 1 to 64 {
      %a = affine.load %A[%i - 1, %j - 1] : memref<64x64xf32>
      %b = affine.load %A[%i, %j] : memref<64x64xf32>
      %c = affine.load %C[%i, %j] : memref<64x64xf32>
      %d = arith.addf %a, %b : f32
      %sum = arith.addf %d, %c : f32
      affine.store %sum, %A[%i, %j] : memref<64x64xf32>
    }
  }
  affine.for %i = 1 to 64 {
    %place = affine.load %D[%i] : memref<64xindex>
    %e = memref.load %C[%place, %place] : memref<64x64xf32>
    affine.store %e, %B[%i] : memref<64xf32>
  }
  return
}
