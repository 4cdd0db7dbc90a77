// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-results-to-arguments))' | FileCheck %s

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    %[[A:.*]]: memref<4xf32>, %[[OWN:.*]]: memref<4xf32> {autotune.result}, %[[COPY:.*]]: memref<4xf32> {autotune.result}, %[[SCALAR:.*]]: memref<f32> {autotune.result})
// CHECK-NOT:     memref.alloc
// CHECK:         memref.store %[[X:.*]], %[[OWN]][
// CHECK:         memref.copy %[[A]], %[[COPY]]
// CHECK:         memref.store %[[X]], %[[SCALAR]][]
// CHECK-NEXT:    return
func.func @f(%a: memref<4xf32>) -> (memref<4xf32>, memref<4xf32>, f32) attributes {autotune.entry} {
  %c0 = arith.constant 0 : index
  %x = arith.constant 1.0 : f32
  %t = memref.alloc() : memref<4xf32>
  memref.store %x, %t[%c0] : memref<4xf32>
  return %t, %a, %x : memref<4xf32>, memref<4xf32>, f32
}
