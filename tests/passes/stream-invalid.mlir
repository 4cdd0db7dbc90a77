// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=8},autotune-stream{statement=9}))' 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-stream{statement=0}))' 2>&1 | FileCheck %s --check-prefix=SCALAR
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=8},autotune-stream{statement=0},autotune-stream{statement=0}))' 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=2},autotune-stream{statement=0}))' 2>&1 | FileCheck %s --check-prefix=NARROW
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=12},autotune-stream{statement=0}))' 2>&1 | FileCheck %s --check-prefix=ODD
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=1 member=1 width=8},autotune-stream{statement=1}))' 2>&1 | FileCheck %s --check-prefix=UNALIGNED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=2 member=0 width=8},autotune-stream{statement=2}))' 2>&1 | FileCheck %s --check-prefix=COLUMN
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=3 member=1 width=8},autotune-stream{statement=3}))' 2>&1 | FileCheck %s --check-prefix=REVERSED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=4 member=1 width=8},autotune-stream{statement=4}))' 2>&1 | FileCheck %s --check-prefix=REPEATED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=5 member=0 width=8},autotune-stream{statement=5}))' 2>&1 | FileCheck %s --check-prefix=UPDATED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-fuse{sequence=0 child=0 depth=1},autotune-vectorize{band=1 member=0 width=8},autotune-stream{statement=0}))' 2>&1 | FileCheck %s --check-prefix=READ

// ABSENT: error: {{.*}}there is no statement 9
// SCALAR: error: {{.*}}S0 is no vector
// TWICE: error: {{.*}}S0 is streamed already
// NARROW: error: {{.*}}vectors of 8 bytes fill no register
// ODD: error: {{.*}}vectors of 48 bytes fill no register
// UNALIGNED: error: {{.*}}vectors of S1 are no rows at multiples of their length
// COLUMN: error: {{.*}}vectors of S2 are no rows at multiples of their length
// REVERSED: error: {{.*}}vectors of S3 are no rows at multiples of their length
// REPEATED: error: {{.*}}S4 writes elements more than once in its loops
// UPDATED: error: {{.*}}S5 uses the elements in the same loops
// READ: error: {{.*}}S1 uses the elements in the same loops

func.func @many(%A: memref<64x64xf32>, %B: memref<64x64xf32>, %C: memref<64x63xf32>, %D: memref<64x64xf32>, %E: memref<64xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 64 {
      %a = affine.load %A[%i, %j] : memref<64x64xf32>
      affine.store %a, %B[%i, %j] : memref<64x64xf32>
    }
  }
  // Rows begin anywhere.
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 56 {
      %a = affine.load %B[%i, %j] : memref<64x64xf32>
      affine.store %a, %C[%i, %j] : memref<64x63xf32>
    }
  }
  // The lanes are below each other.
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 64 {
      %a = affine.load %A[%i, %j] : memref<64x64xf32>
      affine.store %a, %D[%i, %j] : memref<64x64xf32>
    }
  }
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 64 {
      %a = affine.load %A[%i, %j] : memref<64x64xf32>
      affine.store %a, %D[%i, 63 - %j] : memref<64x64xf32>
    }
  }
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 64 {
      %a = affine.load %A[%i, %j] : memref<64x64xf32>
      affine.store %a, %E[%j] : memref<64xf32>
    }
  }
  affine.for %j = 0 to 64 {
    %e = affine.load %E[%j] : memref<64xf32>
    %s = arith.addf %e, %e : f32
    affine.store %s, %E[%j] : memref<64xf32>
  }
  return
}
