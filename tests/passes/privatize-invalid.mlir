// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-privatize{band=4 member=0 array=1 lanes=4}))' 2>&1 | FileCheck %s --check-prefix=BAND
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-privatize{band=0 member=4 array=1 lanes=4}))' 2>&1 | FileCheck %s --check-prefix=MEMBER
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-privatize{band=0 member=1 array=9 lanes=4}))' 2>&1 | FileCheck %s --check-prefix=ARRAY
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-privatize{band=0 member=1 array=0 lanes=4}))' 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-privatize{band=0 member=0 array=1 lanes=4}))' 2>&1 | FileCheck %s --check-prefix=ONCE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-privatize{band=0 member=1 array=1 lanes=300}))' 2>&1 | FileCheck %s --check-prefix=LANES
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-privatize{band=0 member=1 array=1 lanes=1}))' 2>&1 | FileCheck %s --check-prefix=FEW
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-parallelize{band=0 member=0},autotune-privatize{band=1 member=0 array=1 lanes=4}))' 2>&1 | FileCheck %s --check-prefix=MARKED

// BAND: error: {{.*}}there is no band 4
// MEMBER: error: {{.*}}the band has no member 4
// ARRAY: error: {{.*}}there is no array 9
// NONE: error: {{.*}}nothing below the band accumulates into the array
// ONCE: error: {{.*}}the loop adds to every element only once
// LANES: error: {{.*}}the loop of 256 iterations cannot have 300 partial results
// FEW: error: {{.*}}the loop of 256 iterations cannot have 1 partial results
// MARKED: error: {{.*}}loops are parallel, unrolled, vectors or packed already

func.func @row_sums(%X: memref<8x256xf32>, %s: memref<8xf32>) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 256 {
      %x = affine.load %X[%i, %j] : memref<8x256xf32>
      %old = affine.load %s[%i] : memref<8xf32>
      %new = arith.addf %old, %x fastmath<reassoc> : f32
      affine.store %new, %s[%i] : memref<8xf32>
    }
  }
  return
}
