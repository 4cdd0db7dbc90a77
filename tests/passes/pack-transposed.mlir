// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=0 array=0 panel-dim=0 panel=16},autotune-codegen))' | FileCheck %s
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=4},autotune-pack{band=0 array=0 panel-dim=0 panel=16},autotune-codegen))' | FileCheck %s --check-prefix=NARROW

// Panels across the rows are copied in squares, scaled on the way; squares that
// are not complete, element by element.
// CHECK-LABEL: func @columns
// CHECK:      memref.alloc() {alignment = 64 : i64} : memref<2x20x16xf64>
// CHECK:      affine.for %[[PANEL:.*]] = 0 to 2
// CHECK:        affine.for %[[COLUMN:.*]] = 0 to 3
// CHECK:          affine.for %{{.*}} = 0 to 2
// CHECK:            affine.if
// CHECK-COUNT-8:      affine.vector_load %arg0
// CHECK:              vector.shuffle
// CHECK:              %[[SCALED:.*]] = arith.mulf %{{.*}}, %{{.*}} : vector<8xf64>
// CHECK:              affine.vector_store %[[SCALED]], %alloc
// CHECK:            } else {
// CHECK:              affine.for
// CHECK:                affine.for
// CHECK:                  affine.load %arg0
// CHECK:                  arith.mulf %{{.*}}, %{{.*}} : f64
// CHECK:                  affine.store
// CHECK-NOT:  affine.load %arg0

// Squares are no wider than the vectors that use the copy.
// NARROW-LABEL: func @columns
// NARROW:         affine.for %{{.*}} = 0 to 5
// NARROW:           affine.for %{{.*}} = 0 to 4
// NARROW-COUNT-4:     affine.vector_load %arg0{{.*}} vector<4xf64>
// NARROW:             vector.shuffle
// NARROW-NOT:     vector<8xf64>
func.func @columns(%A: memref<32x20xf64>, %B: memref<32xf64>) attributes {autotune.workload} {
  %two = arith.constant 2.0 : f64
  affine.for %k = 0 to 20 {
    affine.for %i = 0 to 32 {
      %a = affine.load %A[%i, %k] : memref<32x20xf64>
      %x = arith.mulf %a, %two : f64
      %b = affine.load %B[%i] : memref<32xf64>
      %c = arith.addf %b, %x : f64
      affine.store %c, %B[%i] : memref<32xf64>
    }
  }
  return
}
