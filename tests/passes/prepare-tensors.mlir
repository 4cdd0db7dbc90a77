// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-prepare-tensors))' | FileCheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    autotune.tensor, bufferization.writable = false
// CHECK:         linalg.fill
// CHECK:         linalg.fill
// CHECK:         linalg.matmul
// CHECK:         linalg.matmul
// CHECK:         linalg.generic
// CHECK-NOT:     linalg.add
func.func @f(%a: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<4x4xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  %b = linalg.matmul ins(%a, %a : tensor<4x4xf32>, tensor<4x4xf32>)
      outs(%i : tensor<4x4xf32>) -> tensor<4x4xf32>
  %c = linalg.matmul ins(%b, %a : tensor<4x4xf32>, tensor<4x4xf32>)
      outs(%i : tensor<4x4xf32>) -> tensor<4x4xf32>
  %d = linalg.add ins(%b, %c : tensor<4x4xf32>, tensor<4x4xf32>)
      outs(%e : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %d : tensor<4x4xf32>
}

// CHECK-LABEL: func.func @softmax(
// CHECK-NOT:     linalg.softmax
// CHECK:         math.exp
func.func @softmax(%x: tensor<4x9xf32>) -> tensor<4x9xf32> {
  %e = tensor.empty() : tensor<4x9xf32>
  %s = linalg.softmax dimension(1) ins(%x : tensor<4x9xf32>) outs(%e : tensor<4x9xf32>)
      -> tensor<4x9xf32>
  return %s : tensor<4x9xf32>
}
