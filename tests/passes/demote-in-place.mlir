// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-demote))' | FileCheck %s

// The scalar starts as the element that it ends in: no copies.
// CHECK-LABEL: func @updated(
// CHECK-SAME:    %[[A:.*]]: memref<16x16xf64>)
// CHECK-NEXT:  affine.for %[[I:.*]] = 0 to 16 {
// CHECK-NEXT:    affine.for %[[J:.*]] = 0 to #{{.*}}(%[[I]]) {
// CHECK-NEXT:      affine.for
// CHECK-NEXT:        affine.load %[[A]][%[[I]], %[[J]]]
// CHECK:             affine.store %{{.*}}, %[[A]][%[[I]], %[[J]]]
// CHECK-NEXT:      }
// CHECK-NEXT:      %[[W:.*]] = affine.load %[[A]][%[[I]], %[[J]]]
// CHECK:           %[[Q:.*]] = arith.divf %[[W]]
// CHECK-NEXT:      affine.store %[[Q]], %[[A]][%[[I]], %[[J]]]
// CHECK-NEXT:    }
func.func @updated(%A: memref<16x16xf64>) {
  affine.for %i = 0 to 16 {
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      %w = memref.alloca() : memref<f64>
      %0 = affine.load %A[%i, %j] : memref<16x16xf64>
      affine.store %0, %w[] : memref<f64>
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%j) {
        %1 = affine.load %w[] : memref<f64>
        %2 = affine.load %A[%i, %k] : memref<16x16xf64>
        %3 = affine.load %A[%k, %j] : memref<16x16xf64>
        %4 = arith.mulf %2, %3 : f64
        %5 = arith.subf %1, %4 : f64
        affine.store %5, %w[] : memref<f64>
      }
      %6 = affine.load %w[] : memref<f64>
      %7 = affine.load %A[%j, %j] : memref<16x16xf64>
      %8 = arith.divf %6, %7 : f64
      affine.store %8, %A[%i, %j] : memref<16x16xf64>
    }
  }
  return
}

// The scalar starts as something else, and ends unchanged.
// CHECK-LABEL: func @summed(
// CHECK-SAME:    %[[A:.*]]: memref<16x16xf64>, %[[X:.*]]: memref<16xf64>, %[[Y:.*]]: memref<16xf64>)
// CHECK:       affine.for %[[I:.*]] = 0 to 16 {
// CHECK-NEXT:    %[[B:.*]] = affine.load %[[X]][%[[I]]]
// CHECK-NEXT:    affine.store %[[B]], %[[Y]][%[[I]]]
// CHECK-NEXT:    affine.for
// CHECK:           affine.store %{{.*}}, %[[Y]][%[[I]]]
// CHECK-NEXT:    }
// CHECK-NEXT:  }
// CHECK-NEXT:  return
func.func @summed(%A: memref<16x16xf64>, %x: memref<16xf64>, %y: memref<16xf64>) {
  affine.for %i = 0 to 16 {
    %w = memref.alloca() : memref<f64>
    %0 = affine.load %x[%i] : memref<16xf64>
    affine.store %0, %w[] : memref<f64>
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      %1 = affine.load %w[] : memref<f64>
      %2 = affine.load %A[%i, %j] : memref<16x16xf64>
      %3 = affine.load %y[%j] : memref<16xf64>
      %4 = arith.mulf %2, %3 : f64
      %5 = arith.subf %1, %4 : f64
      affine.store %5, %w[] : memref<f64>
    }
    %6 = affine.load %w[] : memref<f64>
    affine.store %6, %y[%i] : memref<16xf64>
  }
  return
}

// The place is read meanwhile: in the loop, or after it, or before it for what
// is stored in the end.
// CHECK-LABEL: func @read(
// CHECK-SAME:    %{{.*}}: memref<16xf64>, %[[Y:.*]]: memref<16xf64>)
// CHECK:         affine.for
// CHECK-NOT:       affine.store %{{.*}}, %[[Y]]
// CHECK:           affine.for
// CHECK-NOT:         affine.store %{{.*}}, %[[Y]]
// CHECK:           }
// CHECK:           affine.store %{{.*}}, %[[Y]]
// CHECK:         affine.for
// CHECK-NOT:       affine.store %{{.*}}, %[[Y]]
// CHECK:           affine.for
// CHECK-NOT:         affine.store %{{.*}}, %[[Y]]
// CHECK:           }
// CHECK:           affine.store %{{.*}}, %[[Y]]
// CHECK:         affine.for
// CHECK-NOT:       affine.store %{{.*}}, %[[Y]]
// CHECK:           affine.for
// CHECK-NOT:         affine.store %{{.*}}, %[[Y]]
// CHECK:           }
// CHECK:           affine.store %{{.*}}, %[[Y]]
func.func @read(%x: memref<16xf64>, %y: memref<16xf64>) {
  %zero = arith.constant 0.0 : f64
  affine.for %i = 0 to 16 {
    %w = memref.alloca() : memref<f64>
    affine.store %zero, %w[] : memref<f64>
    affine.for %j = 0 to 16 {
      %1 = affine.load %w[] : memref<f64>
      %2 = affine.load %y[%j] : memref<16xf64>
      %3 = arith.addf %1, %2 : f64
      affine.store %3, %w[] : memref<f64>
    }
    %4 = affine.load %w[] : memref<f64>
    affine.store %4, %y[%i] : memref<16xf64>
  }
  affine.for %i = 0 to 16 {
    %w = memref.alloca() : memref<f64>
    affine.store %zero, %w[] : memref<f64>
    affine.for %j = 0 to 16 {
      %1 = affine.load %w[] : memref<f64>
      %2 = affine.load %x[%j] : memref<16xf64>
      %3 = arith.addf %1, %2 : f64
      affine.store %3, %w[] : memref<f64>
    }
    %4 = affine.load %w[] : memref<f64>
    %5 = affine.load %y[%i] : memref<16xf64>
    %6 = arith.addf %4, %5 : f64
    affine.store %6, %y[%i] : memref<16xf64>
  }
  affine.for %i = 0 to 16 {
    %w = memref.alloca() : memref<f64>
    %5 = affine.load %y[%i] : memref<16xf64>
    affine.store %zero, %w[] : memref<f64>
    affine.for %j = 0 to 16 {
      %1 = affine.load %w[] : memref<f64>
      %2 = affine.load %x[%j] : memref<16xf64>
      %3 = arith.addf %1, %2 : f64
      affine.store %3, %w[] : memref<f64>
    }
    %4 = affine.load %w[] : memref<f64>
    %6 = arith.addf %4, %5 : f64
    affine.store %6, %y[%i] : memref<16xf64>
  }
  return
}
