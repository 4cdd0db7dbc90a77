// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reorder{sequence=1 child=0 to=1}))' 2>&1 | FileCheck %s --check-prefix=SEQUENCE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reorder{sequence=0 child=0 to=2}))' 2>&1 | FileCheck %s --check-prefix=CHILD
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reorder{sequence=0 child=1 to=1}))' 2>&1 | FileCheck %s --check-prefix=SAME
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reorder{sequence=0 child=0 to=1}))' 2>&1 | FileCheck %s --check-prefix=ORDER

// SEQUENCE: error: {{.*}}there is no sequence 1
// CHILD: error: {{.*}}the sequence has only 2 children
// SAME: error: {{.*}}the transformation changes nothing
// ORDER: error: {{.*}}dependence

func.func @chain(%A: memref<8xf32>, %B: memref<8xf32>, %C: memref<8xf32>) {
  affine.for %i = 0 to 8 {
    %0 = affine.load %A[%i] : memref<8xf32>
    affine.store %0, %B[%i] : memref<8xf32>
    %1 = affine.load %B[%i] : memref<8xf32>
    affine.store %1, %C[%i] : memref<8xf32>
  }
  return
}
