// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-unroll{band=0 member=3 factor=4},autotune-codegen))' | FileCheck %s

// The loop around the tiles runs over even numbers: it is cut at one of them.
// CHECK-DAG: #[[CUT:.*]] = affine_map<(d0) -> (((d0 + 3) ceildiv 2) * 2)>
// CHECK-LABEL: func @even
// CHECK:      affine.for %[[O:.*]] = 0 to 5
// CHECK-NEXT:   affine.for %{{.*}} to #[[CUT]](%[[O]]) step 2 {
// CHECK-NEXT:     affine.for
// CHECK:        affine.for %{{.*}} = #[[CUT]](%[[O]]) to 64 step 2 {
// CHECK-NEXT:     affine.load
// CHECK-NOT:    affine.for
// CHECK:      return
func.func @even(%A: memref<32x4xf64>, %B: memref<5x32x4xf64>) {
  affine.for %o = 0 to 5 {
    affine.for %a = 0 to 64 {
      affine.for %b = 0 to 32 {
        affine.if affine_set<(d0, d1) : (d0 - 2 * d1 == 0)>(%a, %b) {
          affine.for %i = 0 to 4 {
            affine.if affine_set<(d0, d1, d2) : (d0 - d1 - d2 >= 0)>(%a, %i, %o) {
              %x = affine.load %A[%b, %i] : memref<32x4xf64>
              affine.store %x, %B[%o, %b, %i] : memref<5x32x4xf64>
            }
          }
        }
      }
    }
  }
  return
}
