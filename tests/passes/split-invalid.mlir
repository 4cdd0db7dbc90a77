// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-split{band=9 member=0 outer=1 size=4}))' 2>&1 | FileCheck %s --check-prefix=BAND
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-split{band=0 member=5 outer=1 size=4}))' 2>&1 | FileCheck %s --check-prefix=MEMBER
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-split{band=0 member=1 outer=2 size=4}))' 2>&1 | FileCheck %s --check-prefix=OUTER
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-split{band=0 member=1 outer=0 size=4}))' 2>&1 | FileCheck %s --check-prefix=OUTER
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-split{band=0 member=1 outer=1 size=0}))' 2>&1 | FileCheck %s --check-prefix=SIZE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-split{band=0 member=1 outer=1 size=16}))' 2>&1 | FileCheck %s --check-prefix=SIDE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=0 member=1 factor=4},autotune-split{band=0 member=1 outer=1 size=4}))' 2>&1 | FileCheck %s --check-prefix=MARKED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-split{band=0 member=1 outer=1 size=4},autotune-snapshot{band=1 array=0}))' 2>&1 | FileCheck %s --check-prefix=BLOCKS

// BLOCKS: error: {{.*}}a loop is split into blocks already
// BAND: error: {{.*}}there is no band 9
// MEMBER: error: {{.*}}the band has no member 5
// OUTER: error: {{.*}}there is no loop that far outside
// SIZE: error: {{.*}}a block has at least one iteration
// SIDE: error: {{.*}}all iterations are on one side of the block
// MARKED: error: {{.*}}loops are parallel, unrolled, vectors or packed already

func.func @copy(%A: memref<16x16xf32>, %B: memref<16x16xf32>) {
  affine.for %k = 0 to 16 {
    affine.for %i = 0 to 16 {
      %0 = affine.load %A[%k, %i] : memref<16x16xf32>
      affine.store %0, %B[%k, %i] : memref<16x16xf32>
    }
  }
  return
}
