// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=1 member=0 factor=4},autotune-tile{band=0 sizes=4},autotune-codegen))' | FileCheck %s

// The unrolled statement has instances in the first tile only, the other one in
// both: what holds for the first does not hold for the tile's number.
// CHECK-LABEL: func @absent
// CHECK:      affine.for %[[T:.*]] = 0 to 8 step 4
// CHECK:        affine.for %[[I:.*]] = 0 to 1 {
// CHECK:          scf.if
// CHECK:          affine.store %{{.*}}, %arg1[%[[T]] + %[[I]]]
// CHECK:        affine.for %[[R:.*]] = 1 to min
// CHECK:          affine.store %{{.*}}, %arg1[%[[T]] + %[[R]]]
func.func @absent(%A: memref<6xf64>, %B: memref<6xf64>) attributes {autotune.workload} {
  affine.for %i = 0 to 6 {
    affine.for %j = affine_map<(d0) -> (d0)>(%i) to 4 {
      affine.for %k = 0 to 5 {
        %a = affine.load %A[%k] : memref<6xf64>
        affine.store %a, %A[5] : memref<6xf64>
      }
    }
    %b = affine.load %B[%i] : memref<6xf64>
    %c = arith.addf %b, %b : f64
    affine.store %c, %B[%i] : memref<6xf64>
  }
  return
}
