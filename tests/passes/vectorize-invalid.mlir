// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=0 width=4}))' 2>&1 | FileCheck %s --check-prefix=CARRIED
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=4 member=0 width=4}))' 2>&1 | FileCheck %s --check-prefix=BAND
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=3 width=4}))' 2>&1 | FileCheck %s --check-prefix=MEMBER
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=0 width=1}))' 2>&1 | FileCheck %s --check-prefix=WIDTH

// CARRIED: error: {{.*}}the loop carries the dependence
// BAND: error: {{.*}}there is no band 4
// MEMBER: error: {{.*}}the band has no member 3
// WIDTH: error: {{.*}}the vector width is not between 2 and 64

// A[i] depends on A[i - 1].
func.func @prefix(%A: memref<64xf32>) {
  affine.for %i = 1 to 64 {
    %0 = affine.load %A[%i - 1] : memref<64xf32>
    %1 = affine.load %A[%i] : memref<64xf32>
    %2 = arith.addf %0, %1 : f32
    affine.store %2, %A[%i] : memref<64xf32>
  }
  return
}
