// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-fuse{sequence=0 child=0 depth=1}))' 2>&1 | FileCheck %s --check-prefix=REVERSED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-fuse{sequence=3 child=0 depth=1}))' 2>&1 | FileCheck %s --check-prefix=SEQUENCE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-fuse{sequence=0 child=1 depth=1}))' 2>&1 | FileCheck %s --check-prefix=CHILD
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-fuse{sequence=0 child=0 depth=2}))' 2>&1 | FileCheck %s --check-prefix=DEPTH

// REVERSED: error: {{.*}}would reverse the dependence
// SEQUENCE: error: {{.*}}there is no sequence 3
// CHILD: error: {{.*}}no two children from 1
// DEPTH: error: {{.*}}a band of at least 2 members

// The second loop reads what later iterations of the first one write.
func.func @ahead(%A: memref<65xf32>, %B: memref<65xf32>) {
  affine.for %i = 0 to 64 {
    %0 = affine.load %A[%i] : memref<65xf32>
    affine.store %0, %B[%i] : memref<65xf32>
  }
  affine.for %i = 0 to 64 {
    %0 = affine.load %B[%i + 1] : memref<65xf32>
    affine.store %0, %A[%i] : memref<65xf32>
  }
  return
}
