// RUN: autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=0 array=0 panel-dim=1 panel=8},autotune-vectorize{band=0 member=1 width=8},autotune-codegen))' | FileCheck %s

// An element that all lanes share.
// CHECK-LABEL: func @uniform
// CHECK:       arith.mulf %{{.*}} : f32
// CHECK:       affine.store %{{.*}}, %[[BUFFER:alloc.*]][
// CHECK:       %[[P:.*]] = affine.load %[[BUFFER]]
// CHECK:       %[[B:.*]] = affine.vector_load %arg1
// CHECK-NEXT:  %[[V:.*]] = vector.broadcast %[[P]]
// CHECK-NEXT:  arith.mulf %[[V]], %[[B]] : vector<8xf32>
func.func @uniform(%A: memref<16x16xf32>, %B: memref<16x16xf32>, %C: memref<16x16xf32>) {
  %two = arith.constant 2.0 : f32
  affine.for %i = 0 to 16 {
    affine.for %j = 0 to 16 {
      affine.for %k = 0 to 16 {
        %a = affine.load %A[%i, %k] : memref<16x16xf32>
        %twice = arith.mulf %two, %a : f32
        %b = affine.load %B[%k, %j] : memref<16x16xf32>
        %p = arith.mulf %twice, %b : f32
        affine.store %p, %C[%i, %j] : memref<16x16xf32>
      }
    }
  }
  return
}

// -----

// An element a lane.
// CHECK-LABEL: func @converted
// CHECK:       arith.extf %{{.*}} : bf16 to f32
// CHECK:       %[[P:.*]] = affine.vector_load %{{.*}} : memref<2x16x8xf32>, vector<8xf32>
// CHECK-NEXT:  affine.vector_store %[[P]], %arg1
func.func @converted(%A: memref<16x16xbf16>, %C: memref<16x16xf32>) {
  affine.for %i = 0 to 16 {
    affine.for %k = 0 to 16 {
      %a = affine.load %A[%i, %k] : memref<16x16xbf16>
      %wide = arith.extf %a : bf16 to f32
      affine.store %wide, %C[%i, %k] : memref<16x16xf32>
    }
  }
  return
}
