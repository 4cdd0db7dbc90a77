// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-interchange{band=0 permutation=1,0},autotune-vectorize{band=0 member=0 width=8},autotune-codegen))' | FileCheck %s

// What a constant mask selects stays in a register, too.
// CHECK-LABEL: func @sum
// CHECK:       %[[MASK:.*]] = arith.constant dense<[true, true, true, true, false, false, false, false]>
// CHECK:       %[[FIRST:.*]] = vector.maskedload %arg1[%{{.*}}], %[[MASK]]
// CHECK-NEXT:  %[[SUM:.*]] = affine.for %{{.*}} = 0 to 20 iter_args(%{{.*}} = %[[FIRST]])
// CHECK-NOT:     maskedstore
// CHECK:       }
// CHECK:       vector.maskedstore %arg1[%{{.*}}], %[[MASK]], %[[SUM]]
func.func @sum(%A: memref<20x12xf32>, %s: memref<12xf32>) {
  affine.for %k = 0 to 20 {
    affine.for %j = 8 to 12 {
      %a = affine.load %A[%k, %j] : memref<20x12xf32>
      %b = affine.load %s[%j] : memref<12xf32>
      %c = arith.addf %a, %b : f32
      affine.store %c, %s[%j] : memref<12xf32>
    }
  }
  return
}
