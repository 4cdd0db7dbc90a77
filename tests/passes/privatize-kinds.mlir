// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-privatize{band=0 member=0 array=1 lanes=4},autotune-codegen))' | FileCheck %s

// Maxima have no order, whatever the flags; so do integers.
// CHECK-LABEL: func @maximum
// CHECK: dense<0xFF800000> : vector<4xf32>
// CHECK: vector.reduction <maximumf>
func.func @maximum(%X: memref<16xf32>, %m: memref<f32>) {
  affine.for %i = 0 to 16 {
    %x = affine.load %X[%i] : memref<16xf32>
    %old = affine.load %m[] : memref<f32>
    %new = arith.maximumf %x, %old : f32
    affine.store %new, %m[] : memref<f32>
  }
  return
}

// CHECK-LABEL: func @smallest_integer
// CHECK: dense<2147483647> : vector<4xi32>
// CHECK: vector.reduction <minsi>
func.func @smallest_integer(%X: memref<16xi32>, %m: memref<i32>) {
  affine.for %i = 0 to 16 {
    %x = affine.load %X[%i] : memref<16xi32>
    %old = affine.load %m[] : memref<i32>
    %new = arith.minsi %old, %x : i32
    affine.store %new, %m[] : memref<i32>
  }
  return
}

// What is subtracted is added up as it is.
// CHECK-LABEL: func @chain
// CHECK: math.fma
// CHECK: arith.subf
// CHECK: vector.reduction <add>, {{.*}} fastmath<reassoc>
func.func @chain(%X: memref<16xf32>, %s: memref<f32>) {
  affine.for %i = 0 to 16 {
    %x = affine.load %X[%i] : memref<16xf32>
    %old = affine.load %s[] : memref<f32>
    %sum = math.fma %x, %x, %old fastmath<reassoc> : f32
    %new = arith.subf %sum, %x fastmath<reassoc> : f32
    affine.store %new, %s[] : memref<f32>
  }
  return
}

// Two statements that add to one element share the partial results.
// CHECK-LABEL: func @two_statements
// CHECK: vector.reduction <mul>
// CHECK-NOT: vector.reduction
func.func @two_statements(%X: memref<16xi32>, %p: memref<i32>) {
  affine.for %i = 0 to 16 {
    %x = affine.load %X[%i] : memref<16xi32>
    %old = affine.load %p[] : memref<i32>
    %new = arith.muli %old, %x : i32
    affine.store %new, %p[] : memref<i32>
    %y = affine.load %X[15 - %i] : memref<16xi32>
    %old2 = affine.load %p[] : memref<i32>
    %new2 = arith.muli %old2, %y : i32
    affine.store %new2, %p[] : memref<i32>
  }
  return
}
