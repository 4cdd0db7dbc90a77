// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-parallelize{band=0 member=0},autotune-pack{band=0 array=1 panel-dim=0 panel=6},autotune-codegen))' | FileCheck %s
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-parallelize{band=0 member=0},autotune-pack{band=0 array=1 panel-dim=0 panel=6},autotune-tile{band=0 sizes=12}))' 2>&1 | FileCheck %s --check-prefix=STILL

// Packed above a parallel loop: one copy, which the threads share.
// CHECK-LABEL: func @copy
// CHECK:      %[[BUFFER:.*]] = memref.alloc() {alignment = 64 : i64} : memref<2x6xf32>
// CHECK:      affine.for
// CHECK:      affine.parallel
// CHECK-NOT:    memref.alloc
// CHECK:        affine.load %[[BUFFER]]
// CHECK:      memref.dealloc %[[BUFFER]]

// STILL: error: {{.*}}covers the whole loop
func.func @copy(%C: memref<12xf32>, %D: memref<12xf32>) {
  affine.for %i = 0 to 12 {
    %0 = affine.load %D[%i] : memref<12xf32>
    affine.store %0, %C[%i] : memref<12xf32>
  }
  return
}
