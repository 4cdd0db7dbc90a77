// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=0 member=1 factor=6},autotune-codegen))' | FileCheck %s --check-prefix=WHOLE
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=0 member=1 factor=4},autotune-codegen))' | FileCheck %s --check-prefix=PART
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=0 member=0 factor=2},autotune-codegen))' | FileCheck %s --check-prefix=OUTER
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-parallelize{band=0 member=0},autotune-unroll{band=0 member=0 factor=2},autotune-codegen))' | FileCheck %s --check-prefix=PARALLEL

// WHOLE: affine.for %{{.*}} = 0 to 64 {
// WHOLE-NOT: affine.for
// WHOLE-COUNT-6: affine.load %arg0
// WHOLE: return

// The two iterations that are left come after the four.
// PART: affine.for %{{.*}} = 0 to 64 {
// PART-COUNT-6: affine.load %arg0
// PART: return

// OUTER: affine.for %{{.*}} = 0 to 64 step 2 {
// OUTER-COUNT-2: affine.for %{{.*}} = 0 to 6
// OUTER: return

// PARALLEL: affine.parallel (%{{.*}}) = (0) to (64) step (2)
// PARALLEL-COUNT-2: affine.for %{{.*}} = 0 to 6
func.func @sums(%A: memref<64x6xf32>, %C: memref<64xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %k = 0 to 6 {
      %a = affine.load %A[%i, %k] : memref<64x6xf32>
      %c = affine.load %C[%i] : memref<64xf32>
      %s = arith.addf %c, %a : f32
      affine.store %s, %C[%i] : memref<64xf32>
    }
  }
  return
}
