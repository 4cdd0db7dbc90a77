// RUN: autotune-opt %s --pass-pipeline='builtin.module(autotune-collapse-rows)' | FileCheck %s

// Rows of 14 do not fill vectors: those of input, temporary and output become one.
// CHECK-LABEL: func.func private @pointwise(
// CHECK-SAME:    %[[X:.*]]: memref<8x196xf32>, %[[W:.*]]: memref<4x8xf32>, %[[Y:.*]]: memref<1x4x196xf32>)
// CHECK:         %[[T:.*]] = memref.alloc() : memref<4x196xf32>
// CHECK:         affine.for %[[F:.*]] = 0 to 4 {
// CHECK-NEXT:      affine.for %[[HW:.*]] = 0 to 196 {
// CHECK-NEXT:        affine.for %[[C:.*]] = 0 to 8 {
// CHECK:               affine.load %[[X]][%[[C]], %[[HW]]]
// CHECK:               affine.load %[[T]][%[[F]], %[[HW]]]
// CHECK:               affine.store %{{.*}}, %[[T]][%[[F]], %[[HW]]]
// CHECK:         affine.for %[[F:.*]] = 0 to 4 {
// CHECK-NEXT:      affine.for %[[HW:.*]] = 0 to 196 {
// CHECK:             affine.store %{{.*}}, %[[Y]][0, %[[F]], %[[HW]]] : memref<1x4x196xf32>
// CHECK:         memref.dealloc %[[T]] : memref<4x196xf32>
func.func private @pointwise(%x: memref<8x14x14xf32>, %w: memref<4x8xf32>, %y: memref<1x4x14x14xf32>)
    attributes {autotune.workload} {
  %t = memref.alloc() : memref<4x14x14xf32>
  affine.for %f = 0 to 4 {
    affine.for %h = 0 to 14 {
      affine.for %v = 0 to 14 {
        affine.for %c = 0 to 8 {
          %a = affine.load %x[%c, %h, %v] : memref<8x14x14xf32>
          %b = affine.load %w[%f, %c] : memref<4x8xf32>
          %s = affine.load %t[%f, %h, %v] : memref<4x14x14xf32>
          %n = math.fma %a, %b, %s : f32
          affine.store %n, %t[%f, %h, %v] : memref<4x14x14xf32>
        }
      }
    }
  }
  affine.for %f = 0 to 4 {
    affine.for %h = 0 to 14 {
      affine.for %v = 0 to 14 {
        %a = affine.load %t[%f, %h, %v] : memref<4x14x14xf32>
        affine.store %a, %y[0, %f, %h, %v] : memref<1x4x14x14xf32>
      }
    }
  }
  memref.dealloc %t : memref<4x14x14xf32>
  return
}

// CHECK-LABEL: func.func @calls(
// CHECK-SAME:    %[[X:.*]]: memref<8x14x14xf32>, %[[W:.*]]: memref<4x8xf32>, %[[Y:.*]]: memref<1x4x14x14xf32>)
// CHECK-DAG:     %[[XS:.*]] = memref.collapse_shape %[[X]] {{\[\[}}0], [1, 2]] : memref<8x14x14xf32> into memref<8x196xf32>
// CHECK-DAG:     %[[YS:.*]] = memref.collapse_shape %[[Y]] {{\[\[}}0], [1], [2, 3]] : memref<1x4x14x14xf32> into memref<1x4x196xf32>
// CHECK:         call @pointwise(%[[XS]], %[[W]], %[[YS]])
func.func @calls(%x: memref<8x14x14xf32>, %w: memref<4x8xf32>, %y: memref<1x4x14x14xf32>) {
  func.call @pointwise(%x, %w, %y) : (memref<8x14x14xf32>, memref<4x8xf32>, memref<1x4x14x14xf32>) -> ()
  return
}

// Three dimensions become one.
// CHECK-LABEL: func.func private @whole(
// CHECK-SAME:    memref<30xf64>)
// CHECK:         affine.for %[[I:.*]] = 0 to 30 {
// CHECK-NOT:       affine.for
func.func private @whole(%x: memref<2x3x5xf64>) attributes {autotune.workload} {
  affine.for %i = 0 to 2 {
    affine.for %j = 0 to 3 {
      affine.for %k = 0 to 5 {
        %a = affine.load %x[%i, %j, %k] : memref<2x3x5xf64>
        %b = arith.addf %a, %a : f64
        affine.store %b, %x[%i, %j, %k] : memref<2x3x5xf64>
      }
    }
  }
  return
}

// Rows that fill whole vectors stay, as do parts of rows, rows that something else indexes, and arrays that
// are read in another way somewhere.
// CHECK-LABEL: func.func private @stays(
// CHECK-SAME:    memref<8x16xf32>, %{{.*}}: memref<8x14xf32>, %{{.*}}: memref<8x14xf32>, %{{.*}}: memref<8xf32>,
// CHECK-SAME:    memref<8x14xf32>
// CHECK-SAME:    memref<14x14xf32>
// CHECK-NOT:     affine.for %{{.*}} = 0 to 112
// CHECK:         return
func.func private @stays(%full: memref<8x16xf32>, %part: memref<8x14xf32>, %scaled: memref<8x14xf32>,
                         %scale: memref<8xf32>, %twice: memref<8x14xf32>, %square: memref<14x14xf32>)
    attributes {autotune.workload} {
  %zero = arith.constant 0.0 : f32
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 16 {
      affine.store %zero, %full[%i, %j] : memref<8x16xf32>
    }
  }
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 13 {
      affine.store %zero, %part[%i, %j] : memref<8x14xf32>
    }
  }
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 14 {
      %a = affine.load %scale[%i] : memref<8xf32>
      affine.store %a, %scaled[%i, %j] : memref<8x14xf32>
    }
  }
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 14 {
      affine.store %zero, %twice[%i, %j] : memref<8x14xf32>
    }
  }
  affine.for %i = 0 to 14 {
    affine.for %j = 0 to 14 {
      %a = affine.load %square[%j, %i] : memref<14x14xf32>
      affine.store %a, %square[%i, %j] : memref<14x14xf32>
    }
  }
  affine.store %zero, %twice[3, 4] : memref<8x14xf32>
  return
}
