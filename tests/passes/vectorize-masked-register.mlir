// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=0 width=16},autotune-codegen))' | FileCheck %s

// The sums of a partial vector stay in a register, as those of the others do.
// CHECK-LABEL: func @sums
// CHECK:      %[[MASK:.*]] = arith.constant dense<[true, true, true, true, true, true, true, true, false,
// CHECK:      affine.for %{{.*}} = 0 to 100 iter_args
// CHECK:      vector.maskedload %arg1[{{.*}}], %[[MASK]]
// CHECK-NEXT: affine.for %{{.*}} = 0 to 100 iter_args
// CHECK:        vector.maskedload %arg0[{{.*}}], %[[MASK]]
// CHECK-NOT:    vector.maskedstore
// CHECK:        affine.yield
// CHECK:      vector.maskedstore %arg1[{{.*}}], %[[MASK]]
func.func @sums(%A: memref<100x24xf32>, %B: memref<24xf32>) {
  affine.for %j = 0 to 24 {
    affine.for %k = 0 to 100 {
      %a = affine.load %A[%k, %j] : memref<100x24xf32>
      %b = affine.load %B[%j] : memref<24xf32>
      %sum = arith.addf %a, %b : f32
      affine.store %sum, %B[%j] : memref<24xf32>
    }
  }
  return
}
