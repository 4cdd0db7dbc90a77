// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=8},autotune-prefetch{band=0 member=1 array=0 distance=4},autotune-codegen))' | FileCheck %s --check-prefix=LINE
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=0 factors=2,32},autotune-vectorize{band=1 member=1 width=8},autotune-prefetch{band=0 member=1 array=0 distance=1},autotune-codegen))' | FileCheck %s --check-prefix=TILE
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-prefetch{band=0 member=0 array=0 distance=2},autotune-prefetch{band=0 member=0 array=1 distance=3},autotune-vectorize{band=1 member=0 width=8},autotune-codegen))' | FileCheck %s --check-prefix=ROW
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=8},autotune-prefetch{band=0 member=1 array=0 distance=4},autotune-codegen,autotune-lower-accesses,canonicalize))' | FileCheck %s --check-prefix=LOWERED

// LINE-LABEL: func @scale
// LINE:      affine.for %[[I:.*]] = 0 to 64
// LINE:        affine.for %[[J:.*]] = 0 to 128 step 8
// LINE-NEXT:     affine.prefetch %arg0[%[[I]], %[[J]] + 32], read, locality<3>, data
// LINE-NEXT:     affine.vector_load %arg0[%[[I]], %[[J]]]
// LINE-NOT:    prefetch

// Two rows of 32 elements are four lines, whatever their number of vectors.
// TILE-LABEL: func @scale
// TILE:      affine.for %[[I:.*]] = 0 to 64 step 2
// TILE:        affine.for %[[J:.*]] = 0 to 128 step 32
// TILE-NEXT:     affine.prefetch %arg0[%[[I]], %[[J]] + 32]
// TILE-NEXT:     affine.prefetch %arg0[%[[I]], %[[J]] + 48]
// TILE-NEXT:     affine.prefetch %arg0[%[[I]] + 1, %[[J]] + 32]
// TILE-NEXT:     affine.prefetch %arg0[%[[I]] + 1, %[[J]] + 48]
// TILE-NOT:      prefetch

// Two arrays may be fetched, each at a distance of its own.
// ROW-LABEL: func @scale
// ROW:      affine.for %[[I:.*]] = 0 to 64
// ROW-COUNT-8: affine.prefetch %arg0[%[[I]] + 2, {{.*}}]
// ROW-NOT:    affine.prefetch %arg0
// ROW:        affine.prefetch %arg1[%[[I]] + 3]
// ROW-NOT:    affine.prefetch
// ROW:        affine.for

// An address beyond the array is no claim that something is there.
// LOWERED-LABEL: func @scale
// LOWERED:     affine.for
// LOWERED:     affine.for
// LOWERED:     %[[PLACE:.*]] = llvm.getelementptr %{{.*}}[%{{.*}}] : (!llvm.ptr, i64) -> !llvm.ptr, f32
// LOWERED:     %[[LATER:.*]] = llvm.getelementptr %[[PLACE]][32] : (!llvm.ptr) -> !llvm.ptr, f32
// LOWERED:     "llvm.intr.prefetch"(%[[LATER]]) <{cache = 1 : i32, hint = 3 : i32, rw = 0 : i32}>
// LOWERED:     llvm.load %[[PLACE]]
func.func @scale(%A: memref<64x128xf32>, %B: memref<64xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 128 {
      %a = affine.load %A[%i, %j] : memref<64x128xf32>
      %b = affine.load %B[%i] : memref<64xf32>
      %s = arith.mulf %a, %b : f32
      affine.store %s, %A[%i, %j] : memref<64x128xf32>
    }
  }
  return
}
