// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reschedule{fusion=1 outer-coincidence=0},autotune-codegen))' | FileCheck %s
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reschedule{fusion=0 outer-coincidence=0},autotune-tile{band=0 sizes=16,16,16},autotune-unroll-and-jam{band=1 factors=4,4,1},autotune-codegen))' | FileCheck %s --check-prefix=JAM

// The scheduler puts the division of a column and its uses at one point of a
// fused nest; the division, a later statement of the program, comes first.
// CHECK-LABEL: func @cholesky
// CHECK: arith.divf
// CHECK: math.fma

// The root of an element comes before the divisions by it in the same
// iteration of the innermost loop, so that rows and columns can be jammed there.
// JAM-LABEL: func @cholesky
// JAM: math.sqrt
// JAM: arith.divf
// JAM: math.fma
func.func @cholesky(%A: memref<40x40xf64>) {
  affine.for %i = 0 to 40 {
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%j) {
        %0 = affine.load %A[%i, %k] : memref<40x40xf64>
        %1 = affine.load %A[%j, %k] : memref<40x40xf64>
        %2 = affine.load %A[%i, %j] : memref<40x40xf64>
        %3 = arith.negf %0 : f64
        %4 = math.fma %3, %1, %2 : f64
        affine.store %4, %A[%i, %j] : memref<40x40xf64>
      }
      %0 = affine.load %A[%i, %j] : memref<40x40xf64>
      %1 = affine.load %A[%j, %j] : memref<40x40xf64>
      %2 = arith.divf %0, %1 : f64
      affine.store %2, %A[%i, %j] : memref<40x40xf64>
    }
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      %0 = affine.load %A[%i, %j] : memref<40x40xf64>
      %1 = affine.load %A[%i, %i] : memref<40x40xf64>
      %2 = arith.negf %0 : f64
      %3 = math.fma %2, %0, %1 : f64
      affine.store %3, %A[%i, %i] : memref<40x40xf64>
    }
    %0 = affine.load %A[%i, %i] : memref<40x40xf64>
    %1 = math.sqrt %0 : f64
    affine.store %1, %A[%i, %i] : memref<40x40xf64>
  }
  return
}
