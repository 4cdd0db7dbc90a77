// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=8},autotune-enumerate{threads=1 vector-bits=256}))' | FileCheck %s

// What is the same in every iteration need not be fetched ahead; what the loops
// read, too, is not stored past the caches; small arrays stay in them anyway.
// CHECK-LABEL: func @scale
// CHECK: {\22name\22:\22autotune-prefetch\22,\22fixed\22:{\22band\22:[0],\22member\22:[1],\22array\22:[0]},\22open\22:{\22distance\22:[{{\[}}1,2,4]]}}
// CHECK-NOT: autotune-prefetch
// CHECK: {\22name\22:\22autotune-stream\22,\22fixed\22:{},\22open\22:{\22statement\22:[{{\[}}0]]}}
// CHECK-NOT: autotune-stream
// CHECK-LABEL: func @update
// CHECK-NOT: autotune-prefetch
// CHECK-NOT: autotune-stream
func.func @scale(%A: memref<1024x64xf32>, %B: memref<1024xf32>, %C: memref<1024x64xf32>) {
  affine.for %i = 0 to 1024 {
    affine.for %j = 0 to 64 {
      %a = affine.load %A[%i, %j] : memref<1024x64xf32>
      %b = affine.load %B[%i] : memref<1024xf32>
      %s = arith.mulf %a, %b : f32
      affine.store %s, %C[%i, %j] : memref<1024x64xf32>
    }
  }
  return
}

func.func @update(%A: memref<64x64xf32>, %B: memref<64xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 64 {
      %a = affine.load %A[%i, %j] : memref<64x64xf32>
      %b = affine.load %B[%i] : memref<64xf32>
      %s = arith.mulf %a, %b : f32
      affine.store %s, %A[%i, %j] : memref<64x64xf32>
    }
  }
  return
}
