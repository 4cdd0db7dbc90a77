// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-snapshot{band=1 array=0},autotune-codegen))' | FileCheck %s
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reorder{sequence=0 child=1 to=0}))' 2>&1 | FileCheck %s --check-prefix=BEFORE
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-snapshot{band=1 array=0},autotune-reorder{sequence=0 child=1 to=2},autotune-distribute{band=0 depth=0 cut=2},autotune-codegen))' | FileCheck %s --check-prefix=APART

// Every row of A is copied before it is overwritten; B, which the loops write,
// is read where it is.
// CHECK-LABEL: func @rows
// CHECK: %[[C:.*]] = memref.alloc() {alignment = 64 : i64} : memref<7x16xf32>
// CHECK: affine.for %[[K:.*]] = 1 to 8
// CHECK: affine.for %[[J:.*]] = 0 to 16
// CHECK: %[[V:.*]] = affine.load %{{.*}}[%[[K]], %[[J]]] : memref<8x16xf32>
// CHECK: affine.store %[[V]], %[[C]][%[[K]] - 1, %[[J]]] : memref<7x16xf32>
// CHECK: affine.for %[[I:.*]] = 0 to 8
// CHECK: affine.for %[[J:.*]] = 0 to 16
// CHECK: affine.load %[[C]][%[[K]] - 1, %[[J]]]
// CHECK: affine.store %{{.*}}[%[[I]], %[[J]]] : memref<8x16xf32>
// CHECK: affine.for
// CHECK: affine.store %{{.*}}[%[[K]], %{{.*}}] : memref<8x16xf32>
// CHECK: memref.dealloc %[[C]]

// What overwrites a row had to wait for its uses; it need not any more.
// BEFORE: error: {{.*}}dependence
// APART-LABEL: func @rows
// APART: affine.for
// APART: affine.for
// APART: affine.store {{.*}} : memref<7x16xf32>
// APART: affine.for
// APART: affine.store {{.*}} : memref<8x16xf32>
// APART: affine.for {{.*}} = 1 to 8
// APART: affine.load {{.*}} : memref<7x16xf32>
func.func @rows(%A: memref<8x16xf32>, %B: memref<8x16xf32>) {
  affine.for %k = 1 to 8 {
    affine.for %i = 0 to 8 {
      affine.for %j = 0 to 16 {
        %0 = affine.load %A[%k, %j] : memref<8x16xf32>
        %1 = affine.load %B[%i, %j] : memref<8x16xf32>
        %2 = arith.mulf %0, %1 : f32
        affine.store %2, %B[%i, %j] : memref<8x16xf32>
      }
    }
    affine.for %j = 0 to 16 {
      %0 = affine.load %A[%k - 1, %j] : memref<8x16xf32>
      affine.store %0, %A[%k, %j] : memref<8x16xf32>
    }
  }
  return
}
