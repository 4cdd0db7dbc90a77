// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-enumerate{threads=2 vector-bits=512}))' | FileCheck %s

// Only reads of what the band does not write, of the array that it writes; all
// others are packed as a whole.
// CHECK-LABEL: func @lower_rows
// CHECK-SAME: autotune-pack\22,\22fixed\22:{\22band\22:[0],\22array\22:[1]
// CHECK-NOT:  autotune-pack-read\22,\22fixed\22:{\22band\22:[0],\22statement\22:[0],\22access\22:[{{[02]}}]
// CHECK-SAME: autotune-pack-read\22,\22fixed\22:{\22band\22:[0],\22statement\22:[0],\22access\22:[1],\22panel-dim\22:[0]},\22open\22:{\22panel\22:{{\[\[}}4,6,8,
// CHECK-SAME: autotune-pack-read\22,\22fixed\22:{\22band\22:[0],\22statement\22:[0],\22access\22:[1],\22panel-dim\22:[1]},\22open\22:{\22panel\22:{{\[\[}}4,6,8,
// CHECK-NOT:  autotune-pack-read
// CHECK:      return
func.func @lower_rows(%A: memref<64x64xf32>, %B: memref<64x32xf32>) {
  affine.for %i = 32 to 64 {
    affine.for %j = 0 to 64 {
      affine.for %k = 0 to 32 {
        %b = affine.load %B[%i, %k] : memref<64x32xf32>
        %a = affine.load %A[%k, %j] : memref<64x64xf32>
        %c = affine.load %A[%i, %j] : memref<64x64xf32>
        %sum = math.fma %b, %a, %c : f32
        affine.store %sum, %A[%i, %j] : memref<64x64xf32>
      }
    }
  }
  return
}

// All rows are written.
// CHECK-LABEL: func @all_rows
// CHECK-NOT:   autotune-pack-read
// CHECK:       return
func.func @all_rows(%A: memref<64x64xf32>, %B: memref<64x32xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 64 {
      affine.for %k = 0 to 32 {
        %b = affine.load %B[%i, %k] : memref<64x32xf32>
        %a = affine.load %A[%k, %j] : memref<64x64xf32>
        %c = affine.load %A[%i, %j] : memref<64x64xf32>
        %sum = math.fma %b, %a, %c : f32
        affine.store %sum, %A[%i, %j] : memref<64x64xf32>
      }
    }
  }
  return
}
