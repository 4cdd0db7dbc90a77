// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=0 factors=2},autotune-reschedule))' 2>&1 | FileCheck %s --check-prefix=MARKED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reschedule))' 2>&1 | FileCheck %s --check-prefix=SAME

// MARKED: error: {{.*}}loops are parallel, unrolled, vectors or packed already
// SAME: error: {{.*}}the transformation changes nothing
func.func @copy(%A: memref<64xf32>, %B: memref<64xf32>) {
  affine.for %i = 0 to 64 {
    %0 = affine.load %A[%i] : memref<64xf32>
    affine.store %0, %B[%i] : memref<64xf32>
  }
  return
}
