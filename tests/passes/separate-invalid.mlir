// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-separate{band=0 statement=0}))' 2>&1 | FileCheck %s
// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-separate{band=0 statement=1}))' 2>&1 | FileCheck %s --check-prefix=ALL
// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-separate{band=9 statement=0}))' 2>&1 | FileCheck %s --check-prefix=BAND
// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-separate{band=0 statement=7}))' 2>&1 | FileCheck %s --check-prefix=STATEMENT
// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-parallelize{band=0 member=0},autotune-separate{band=0 statement=0}))' 2>&1 | FileCheck %s --check-prefix=MARKED

// CHECK: error: {{.*}}no instance of S0 has to wait
// ALL: error: {{.*}}each instance of S1 waits for others of its iteration
// BAND: error: {{.*}}there is no band 9
// STATEMENT: error: {{.*}}there is no statement 7
// MARKED: error: {{.*}}loops are parallel, unrolled, vectors or packed already

func.func @independent(%A: memref<64xi32>, %B: memref<64xi32>) {
  affine.for %i = 0 to 64 {
    %a = affine.load %A[%i] : memref<64xi32>
    affine.store %a, %B[%i] : memref<64xi32>
  }
  return
}

// -----

func.func @after_another(%A: memref<64xi32>, %B: memref<64xi32>) {
  affine.for %i = 0 to 64 {
    %a = affine.load %A[%i] : memref<64xi32>
    %sum = arith.addi %a, %a : i32
    affine.store %sum, %B[%i] : memref<64xi32>
    affine.store %a, %B[%i] : memref<64xi32>
  }
  return
}
