// RUN: autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-codegen))' | FileCheck %s

// Row k lies below row i in every iteration: row i stays in a register.
// CHECK-LABEL: func @below
// CHECK:       %[[FIRST:.*]] = affine.load %arg0[%[[I:.*]], %[[J:.*]]]
// CHECK-NEXT:  %[[SUM:.*]] = affine.for %[[K:.*]] = #{{.*}}(%[[I]]) to 64 iter_args(%{{.*}} = %[[FIRST]])
// CHECK-NOT:     affine.store
// CHECK:       }
// CHECK-NEXT:  affine.store %[[SUM]], %arg0[%[[I]], %[[J]]]
func.func @below(%B: memref<64x64xf32>) {
  affine.for %i = 0 to 63 {
    affine.for %j = 0 to 64 {
      affine.for %k = affine_map<(i) -> (i + 1)>(%i) to 64 {
        %a = affine.load %B[%k, %j] : memref<64x64xf32>
        %b = affine.load %B[%i, %j] : memref<64x64xf32>
        %c = arith.addf %b, %a : f32
        affine.store %c, %B[%i, %j] : memref<64x64xf32>
      }
    }
  }
  return
}

// -----

// Columns to the left.
// CHECK-LABEL: func @left
// CHECK:       affine.for %{{.*}} = 0 to #{{.*}} iter_args
// CHECK-NOT:     affine.store
// CHECK:       }
// CHECK-NEXT:  affine.store
func.func @left(%B: memref<64x64xf32>) {
  affine.for %i = 1 to 64 {
    affine.for %j = 1 to 64 {
      affine.for %k = 0 to affine_map<(j) -> (j)>(%j) {
        %a = affine.load %B[%i, %k] : memref<64x64xf32>
        %b = affine.load %B[%i, %j] : memref<64x64xf32>
        %c = arith.addf %b, %a : f32
        affine.store %c, %B[%i, %j] : memref<64x64xf32>
      }
    }
  }
  return
}

// -----

// The first row that is read is the one that is written.
// CHECK-LABEL: func @touching
// CHECK-NOT:   iter_args
// CHECK:       return
func.func @touching(%B: memref<64x64xf32>) {
  affine.for %i = 0 to 63 {
    affine.for %j = 0 to 64 {
      affine.for %k = affine_map<(i) -> (i)>(%i) to 64 {
        %a = affine.load %B[%k, %j] : memref<64x64xf32>
        %b = affine.load %B[%i, %j] : memref<64x64xf32>
        %c = arith.addf %b, %a : f32
        affine.store %c, %B[%i, %j] : memref<64x64xf32>
      }
    }
  }
  return
}

// -----

// Counted backwards: row 63 - k reaches row i at the end.
// CHECK-LABEL: func @backwards
// CHECK-NOT:   iter_args
// CHECK:       return
func.func @backwards(%B: memref<64x64xf32>) {
  affine.for %i = 0 to 63 {
    affine.for %j = 0 to 64 {
      affine.for %k = 0 to affine_map<(i) -> (64 - i)>(%i) {
        %a = affine.load %B[63 - %k, %j] : memref<64x64xf32>
        %b = affine.load %B[%i, %j] : memref<64x64xf32>
        %c = arith.addf %b, %a : f32
        affine.store %c, %B[%i, %j] : memref<64x64xf32>
      }
    }
  }
  return
}

// -----

// One step less, and it does not.
// CHECK-LABEL: func @backwards_apart
// CHECK:       iter_args
// CHECK:       return
func.func @backwards_apart(%B: memref<64x64xf32>) {
  affine.for %i = 0 to 63 {
    affine.for %j = 0 to 64 {
      affine.for %k = 0 to affine_map<(i) -> (63 - i)>(%i) {
        %a = affine.load %B[63 - %k, %j] : memref<64x64xf32>
        %b = affine.load %B[%i, %j] : memref<64x64xf32>
        %c = arith.addf %b, %a : f32
        affine.store %c, %B[%i, %j] : memref<64x64xf32>
      }
    }
  }
  return
}
