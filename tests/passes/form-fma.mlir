// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-form-fma))' | FileCheck %s

// CHECK-LABEL: func.func @product_on_the_left(
// CHECK-SAME:    %[[A:.*]]: f32, %[[B:.*]]: f32, %[[C:.*]]: f32)
// CHECK-NEXT:    %[[FMA:.*]] = math.fma %[[A]], %[[B]], %[[C]] {autotune.contracted} : f32
// CHECK-NEXT:    return %[[FMA]]
func.func @product_on_the_left(%a: f32, %b: f32, %c: f32) -> f32 {
  %product = arith.mulf %a, %b : f32
  %sum = arith.addf %product, %c : f32
  return %sum : f32
}

// A product with a second use stays: the fma would compute it again.
// CHECK-LABEL: func.func @product_used_twice(
// CHECK:         arith.mulf
// CHECK-NEXT:    arith.addf
func.func @product_used_twice(%a: f32, %b: f32, %c: f32) -> (f32, f32) {
  %product = arith.mulf %a, %b : f32
  %sum = arith.addf %product, %c : f32
  return %product, %sum : f32, f32
}

// CHECK-LABEL: func.func @differences(
// CHECK-SAME:    %[[A:.*]]: f32, %[[B:.*]]: f32, %[[C:.*]]: f32)
// CHECK:         %[[MINUS_A:.*]] = arith.negf %[[A]]
// CHECK:         math.fma %[[MINUS_A]], %[[B]], %[[C]]
// CHECK:         %[[MINUS_C:.*]] = arith.negf %[[C]]
// CHECK:         math.fma %[[A]], %[[C]], %[[MINUS_C]]
func.func @differences(%a: f32, %b: f32, %c: f32) -> (f32, f32) {
  %product = arith.mulf %a, %b : f32
  %difference = arith.subf %c, %product : f32
  %other = arith.mulf %a, %c : f32
  %negated = arith.subf %other, %c : f32
  return %difference, %negated : f32, f32
}
