// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(autotune-check-input{entry=f})' 2>&1 | FileCheck %s

// CHECK: error: no function 'f' with a body
func.func @g() {
  return
}

// -----

// CHECK: error: dynamic shape 'memref<?xf32>' in the signature
func.func @f(%a: memref<?xf32>) {
  return
}

// -----

// CHECK: :[[@LINE+3]]:{{.*}} error: unstructured control flow is not supported
func.func @f() {
  // A loop that never ends.
  cf.br ^again
^again:
  cf.br ^again
}

// -----

// CHECK: :[[@LINE+6]]:{{.*}} error: infinite loop: scf.for with step -1
func.func @f() {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %step = arith.constant -1 : index

  scf.for %i = %c0 to %c8 step %step {
  }
  return
}

// -----

// CHECK: error: recursion is not supported: function 'f' calls itself
func.func @f() {
  call @g() : () -> ()
  return
}
func.func @g() {
  call @f() : () -> ()
  return
}

// -----

// CHECK: error: element type 'complex<f32>' is not supported
func.func @f(%a: tensor<4xcomplex<f32>>) {
  return
}

// -----

// CHECK: error: dialect vector is not supported
func.func @f(%a: memref<8xf32>) {
  %c0 = arith.constant 0 : index
  %v = vector.load %a[%c0] : memref<8xf32>, vector<8xf32>
  return
}

// -----

// CHECK: error: layout of 'memref<4xf32, strided<[2]>>' is not supported in the signature
func.func @f(%a: memref<4xf32, strided<[2]>>) {
  return
}

// -----

func.func @f(%x: i32, %n: i32) -> i32 {
  // CHECK: :[[@LINE+1]]:8: error: powers of integers are not supported: multiply
  %y = math.ipowi %x, %n : i32
  return %y : i32
}

// -----

func.func @f(%x: tensor<4xf32>, %n: tensor<4xi64>) -> tensor<4xf32> {
  // CHECK: error: an exponent of type i64 is not supported: use i32, or math.powf
  %y = math.fpowi %x, %n : tensor<4xf32>, tensor<4xi64>
  return %y : tensor<4xf32>
}

// -----

func.func @f(%x: f32, %low: f32, %high: f32) -> f32 {
  // CHECK: error: math.clampf is not supported, since its meaning is in doubt: use arith.maximumf and minimumf
  %y = math.clampf %x to [%low, %high] : f32
  return %y : f32
}
