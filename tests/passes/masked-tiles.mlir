// RUN: autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-interchange{band=0 permutation=0,2,1},autotune-unroll-and-jam{band=0 factors=4,8,1},autotune-vectorize{band=1 member=1 width=4},autotune-codegen))' | FileCheck %s

// Tiles on the diagonal are computed as a whole: only what belongs to them is
// loaded to the accumulators, and stored.
// CHECK-LABEL: func @triangle
// CHECK:         math.fma
// CHECK:         %[[MASK:.*]] = vector.create_mask
// CHECK:         %[[C:.*]] = vector.maskedload %arg0[{{.*}}], %[[MASK]]
// CHECK-NOT:     scf.if
// CHECK:         affine.for %{{.*}} = 0 to 16 iter_args(
// CHECK-NOT:       vector.masked
// CHECK-COUNT-8:   math.fma {{.*}} : vector<4xf32>
// CHECK:           affine.yield
// CHECK-COUNT-8: vector.maskedstore
func.func @triangle(%C: memref<16x16xf32>, %A: memref<16x16xf32>, %B: memref<16x16xf32>) {
  affine.for %i = 0 to 16 {
    affine.for %k = 0 to 16 {
      affine.for %j = 0 to affine_map<(d0) -> (d0 + 1)>(%i) {
        %c = affine.load %C[%i, %j] : memref<16x16xf32>
        %a = affine.load %A[%i, %k] : memref<16x16xf32>
        %b = affine.load %B[%k, %j] : memref<16x16xf32>
        %sum = math.fma %a, %b, %c : f32
        affine.store %sum, %C[%i, %j] : memref<16x16xf32>
      }
    }
  }
  return
}

// -----

// Rows beyond the last must not be read: the last tiles keep their conditions.
// CHECK-LABEL: func @rows_end
// CHECK:       affine.for %{{.*}} = 0 to 16 {
// CHECK:         scf.if
// CHECK-NEXT:      affine.min
// CHECK-NEXT:      vector.create_mask
// CHECK:           vector.maskedload
func.func @rows_end(%C: memref<15x16xf32>, %A: memref<15x16xf32>, %B: memref<16x16xf32>) {
  affine.for %i = 0 to 15 {
    affine.for %k = 0 to 16 {
      affine.for %j = 0 to affine_map<(d0) -> (d0 + 1)>(%i) {
        %c = affine.load %C[%i, %j] : memref<15x16xf32>
        %a = affine.load %A[%i, %k] : memref<15x16xf32>
        %b = affine.load %B[%k, %j] : memref<16x16xf32>
        %sum = math.fma %a, %b, %c : f32
        affine.store %sum, %C[%i, %j] : memref<15x16xf32>
      }
    }
  }
  return
}
