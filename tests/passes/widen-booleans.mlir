// RUN: autotune-opt %s --pass-pipeline='builtin.module(autotune-widen-booleans)' | FileCheck %s

// CHECK: memref.global "private" constant @flags : memref<2xi8> = dense<[1, 0]>
memref.global "private" constant @flags : memref<2xi1> = dense<[true, false]>

// CHECK-LABEL: func.func @f(
// CHECK-SAME:    memref<2xi8> {autotune.boolean}
// CHECK:         %[[BYTE:.*]] = affine.load {{.*}} : memref<2xi8>
// CHECK:         %[[BIT:.*]] = arith.cmpi ne, %[[BYTE]], %{{.*}} : i8
// CHECK:         %[[WIDE:.*]] = arith.extui %[[BIT]] : i1 to i8
// CHECK:         affine.store %[[WIDE]], {{.*}} : memref<2xi8>
func.func @f(%a: memref<2xi1>) {
  %flags = memref.get_global @flags : memref<2xi1>
  %v = affine.load %flags[0] : memref<2xi1>
  affine.store %v, %a[1] : memref<2xi1>
  return
}
