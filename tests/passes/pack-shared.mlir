// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-parallelize{band=0 member=0},autotune-pack{band=0 array=1 panel-dim=0 panel=6},autotune-codegen))' | FileCheck %s
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-parallelize{band=0 member=0},autotune-pack{band=0 array=1 panel-dim=0 panel=6},autotune-tile{band=0 sizes=12}))' 2>&1 | FileCheck %s --check-prefix=STILL

// Packed above a parallel loop: one copy, which the threads share; a large one
// is made by all of them.
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

// CHECK-LABEL: func @product
// CHECK:      %[[BUFFER:.*]] = memref.alloc() {alignment = 64 : i64} : memref<2x64x6xf32>
// CHECK:      affine.for %{{.*}} = 0 to 2
// CHECK-NEXT:   affine.parallel (%{{.*}}) = (0) to (64)
// CHECK-NEXT:     affine.for
// CHECK:            affine.store %{{.*}}, %[[BUFFER]]
// CHECK:      affine.parallel (%{{.*}}) = (0) to (64)
// CHECK-NOT:  affine.parallel
func.func @product(%C: memref<64x12xf32>, %D: memref<12x64xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 12 {
      %0 = affine.load %D[%j, %i] : memref<12x64xf32>
      affine.store %0, %C[%i, %j] : memref<64x12xf32>
    }
  }
  return
}
