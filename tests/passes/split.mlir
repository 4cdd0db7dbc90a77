// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-split{band=1 member=0 outer=1 size=4},autotune-codegen))' | FileCheck %s --check-prefix=BLOCK
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-split{band=1 member=0 outer=1 size=1},autotune-tile{band=1 sizes=4},autotune-codegen))' | FileCheck %s --check-prefix=PIVOT
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-split{band=1 member=0 outer=1 size=4}))' | FileCheck %s --check-prefix=MODEL

// Rows before the block of k, in it and after it; the first block has none
// before it, the last one none after it.
// BLOCK-LABEL: func @eliminate
// BLOCK-NEXT: affine.for %{{.*}} = 0 to 4 {
// BLOCK-NEXT: affine.for %{{.*}} = 0 to 4 {
// BLOCK: affine.for %{{.*}} = 4 to 12 {
// BLOCK: affine.for %{{.*}} = 4 to 8 {
// BLOCK-NEXT: affine.for %{{.*}} = 0 to 4 {
// BLOCK: affine.for %{{.*}} = 4 to 8 {
// BLOCK: affine.for %{{.*}} = 8 to 12 {
// BLOCK: affine.for %{{.*}} = 8 to 12 {
// BLOCK-NEXT: affine.for %{{.*}} = 0 to 8 {
// BLOCK: affine.for %{{.*}} = 8 to 12 {
// BLOCK-NOT: affine.for

// Blocks of one iteration: the row itself has no loop. Only one part is tiled.
// PIVOT-LABEL: func @eliminate
// PIVOT: affine.for %[[K:.*]] = 0 to 12
// PIVOT: affine.for {{.*}} step 4
// PIVOT: affine.store
// PIVOT: affine.store {{.*}}%[[K]]
// PIVOT: affine.for
// PIVOT: affine.store

// Every part is a statement of its own, limited to its instances.
// MODEL: autotune.domain = "{ S0[
// MODEL: autotune.domain = "{ S1[
// MODEL: autotune.domain = "{ S2[
func.func @eliminate(%A: memref<12xf32>) {
  affine.for %k = 0 to 12 {
    affine.for %i = 0 to 12 {
      %0 = affine.load %A[%i] : memref<12xf32>
      %1 = affine.load %A[%k] : memref<12xf32>
      %2 = arith.addf %0, %1 : f32
      affine.store %2, %A[%i] : memref<12xf32>
    }
  }
  return
}
