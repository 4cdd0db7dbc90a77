// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=8,8},autotune-unroll-and-jam{band=1 factors=4,1},autotune-codegen))' | FileCheck %s

// The first statement runs in the first column only, before the second: isl
// visits tiles once for each. Both copies have cases.
// CHECK-LABEL: func @columns
// CHECK:        scf.if
// CHECK-COUNT-4:  affine.store %{{.*}}, %arg0
// CHECK:        affine.for {{.*}} iter_args({{.*}}) -> (f64, f64, f64, f64)
func.func @columns(%T: memref<64xf64>, %A: memref<64x64xf64>) {
  %zero = arith.constant 0.0 : f64
  affine.for %i = 0 to 64 {
    affine.for %k = 0 to 64 {
      affine.if affine_set<(d0) : (d0 == 0)>(%k) {
        affine.store %zero, %T[%i] : memref<64xf64>
      }
      affine.if affine_set<(d0, d1) : (d0 - d1 - 1 >= 0)>(%i, %k) {
        %t = affine.load %T[%i] : memref<64xf64>
        %a = affine.load %A[%i, %k] : memref<64x64xf64>
        %s = arith.addf %t, %a : f64
        affine.store %s, %T[%i] : memref<64xf64>
      }
    }
  }
  return
}
