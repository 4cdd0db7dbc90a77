// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=0 width=4}))' 2>&1 | FileCheck %s --check-prefix=DIVISION

// DIVISION: error: {{.*}}S0 has an operation without a vector form

// A masked lane could divide by zero.
func.func @division(%A: memref<30xi32>, %B: memref<30xi32>) {
  affine.for %i = 0 to 30 {
    %0 = affine.load %A[%i] : memref<30xi32>
    %1 = affine.load %B[%i] : memref<30xi32>
    %2 = arith.divsi %0, %1 : i32
    affine.store %2, %A[%i] : memref<30xi32>
  }
  return
}
