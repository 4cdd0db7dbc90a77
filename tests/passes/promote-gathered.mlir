// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=8,8,8},autotune-unroll-and-jam{band=1 factors=4,1,1},autotune-vectorize{band=1 member=1 width=4},autotune-codegen))' | FileCheck %s

// Columns are gathered from the array that is updated: the rows are apart from
// those that the register tile is in, which therefore stays in registers.
// CHECK-LABEL: func @symmetric
// CHECK:      affine.for {{.*}} iter_args({{.*}}) -> (vector<4xf64>, vector<4xf64>, vector<4xf64>, vector<4xf64>)
// CHECK:        vector.gather %arg0
// CHECK-NOT:    affine.vector_store
// CHECK:        affine.yield
func.func @symmetric(%A: memref<64x64xf64>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%j) {
        %a = affine.load %A[%i, %k] : memref<64x64xf64>
        %b = affine.load %A[%j, %k] : memref<64x64xf64>
        %c = affine.load %A[%i, %j] : memref<64x64xf64>
        %d = math.fma %a, %b, %c : f64
        affine.store %d, %A[%i, %j] : memref<64x64xf64>
      }
    }
  }
  return
}
