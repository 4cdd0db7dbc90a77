// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll-and-jam{band=0 factors=4,1},autotune-codegen))' | FileCheck %s

// Whether the four rows are complete depends on k, the loop around them: it is
// cut, and accumulators stay in registers where they are complete.
// CHECK-LABEL: func @triangle
// CHECK:      affine.for %[[I:.*]] = 0 to 64 step 4
// CHECK:        affine.for %{{.*}} = #{{.*}}(%[[I]]) to #{{.*}}(%[[I]]) {
// CHECK:          affine.store
// CHECK:        affine.for %{{.*}} = {{.*}}(%[[I]]) to 64 iter_args({{.*}}) -> (f64, f64, f64, f64)
// CHECK-NOT:      scf.if
// CHECK:          affine.yield
func.func @triangle(%A: memref<64x64xf64>, %x: memref<64xf64>, %y: memref<64xf64>) {
  affine.for %i = 0 to 64 {
    affine.for %k = affine_map<(d0) -> (d0 + 1)>(%i) to 64 {
      %a = affine.load %A[%k, %i] : memref<64x64xf64>
      %b = affine.load %x[%k] : memref<64xf64>
      %c = affine.load %y[%i] : memref<64xf64>
      %d = math.fma %a, %b, %c : f64
      affine.store %d, %y[%i] : memref<64xf64>
    }
  }
  return
}
