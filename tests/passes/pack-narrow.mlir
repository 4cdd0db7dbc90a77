// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=0 array=0 panel-dim=1 panel=8},autotune-codegen))' | FileCheck %s
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=0 array=0 panel-dim=1 panel=64},autotune-codegen))' | FileCheck %s --check-prefix=WIDE

// Narrow panels of contiguous elements are filled together, four lines of a row
// at a time: eight of 32 bytes, then the two that are left.
// CHECK-LABEL: func @columns
// CHECK:      %[[COPY:.*]] = memref.alloc() {alignment = 64 : i64} : memref<10x20x8xf32>
// CHECK-NEXT: affine.for %[[ROW:.*]] = 0 to 20
// CHECK-NEXT:   affine.for %[[PANEL:.*]] = 0 to 8
// CHECK-NEXT:     affine.for %[[COLUMN:.*]] = 0 to 8
// CHECK-NEXT:       affine.load %arg0[%[[ROW]], %[[PANEL]] * 8 + %[[COLUMN]]]
// CHECK-NEXT:       affine.store %{{.*}}, %[[COPY]][%[[PANEL]], %[[ROW]], %[[COLUMN]]]
// CHECK:      affine.for %[[ROW:.*]] = 0 to 20
// CHECK-NEXT:   affine.for %[[PANEL:.*]] = 0 to 2
// CHECK-NEXT:     affine.for %[[COLUMN:.*]] = 0 to 8
// CHECK-NEXT:       affine.load %arg0[%[[ROW]], %[[PANEL]] * 8 + %[[COLUMN]] + 64]
// CHECK-NEXT:       affine.store %{{.*}}, %[[COPY]][%[[PANEL]] + 8, %[[ROW]], %[[COLUMN]]]

// Panels of four lines are filled one after the other; the one that is not
// complete is the last.
// WIDE-LABEL: func @columns
// WIDE:      affine.for %[[ROW:.*]] = 0 to 20
// WIDE-NEXT:   affine.for %[[COLUMN:.*]] = 0 to 64
// WIDE-NEXT:     affine.load %arg0[%[[ROW]], %[[COLUMN]]]
// WIDE:      affine.for %[[ROW:.*]] = 0 to 20
// WIDE-NEXT:   affine.for %[[COLUMN:.*]] = 0 to 16
// WIDE-NEXT:     affine.load %arg0[%[[ROW]], %[[COLUMN]] + 64]
func.func @columns(%A: memref<20x80xf32>, %B: memref<80xf32>) attributes {autotune.workload} {
  affine.for %k = 0 to 20 {
    affine.for %i = 0 to 80 {
      %a = affine.load %A[%k, %i] : memref<20x80xf32>
      %b = affine.load %B[%i] : memref<80xf32>
      %c = arith.addf %b, %a : f32
      affine.store %c, %B[%i] : memref<80xf32>
    }
  }
  return
}
