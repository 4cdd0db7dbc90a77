// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-privatize{band=0 member=1 array=1 lanes=32},autotune-unroll-and-jam{band=1 factors=32},autotune-vectorize{band=2 member=0 width=16},autotune-codegen))' | FileCheck %s --check-prefix=VECTOR
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=0,64},autotune-privatize{band=0 member=0 array=1 lanes=4},autotune-parallelize{band=1 member=0},autotune-codegen))' | FileCheck %s --check-prefix=PARALLEL
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=0,2},autotune-privatize{band=0 member=0 array=1 lanes=128},autotune-codegen))' | FileCheck %s --check-prefix=ROWS

// Two vectors of partial sums stay in registers; the rows are added up once.
// VECTOR-LABEL: func @row_sums
// VECTOR: %[[P:.*]] = memref.alloc() {alignment = 64 : i64} : memref<8x32xf32>
// VECTOR: affine.for %[[I:.*]] = 0 to 8
// VECTOR: dense<-0.000000e+00> : vector<32xf32>
// VECTOR: affine.vector_store {{.*}}, %[[P]][%[[I]], 0]
// VECTOR: affine.for {{.*}} = 0 to 256 step 32 iter_args({{.*}}, {{.*}}) -> (vector<16xf32>, vector<16xf32>)
// VECTOR-COUNT-2: arith.addf {{.*}} fastmath<reassoc> : vector<16xf32>
// VECTOR: affine.yield
// VECTOR: %[[ROW:.*]] = affine.vector_load %[[P]][%[[I]], 0] : memref<8x32xf32>, vector<32xf32>
// VECTOR: %[[OLD:.*]] = affine.load %{{.*}}[%[[I]]]
// VECTOR: %[[TOTAL:.*]] = vector.reduction <add>, %[[ROW]], %[[OLD]] fastmath<reassoc>
// VECTOR: affine.store %[[TOTAL]]
// VECTOR: memref.dealloc %[[P]]

// Every tile has a partial sum of its own; they are combined in order.
// PARALLEL: affine.vector_store
// PARALLEL: affine.parallel
// PARALLEL: vector.reduction <add>

// More than 64 partial results make several rows.
// ROWS: affine.vector_store {{.*}} : memref<8x128xf32>, vector<64xf32>
// ROWS: vector.reduction <add>, {{.*}} : vector<64xf32>
func.func @row_sums(%X: memref<8x256xf32>, %s: memref<8xf32>) {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 256 {
      %x = affine.load %X[%i, %j] : memref<8x256xf32>
      %old = affine.load %s[%i] : memref<8xf32>
      %new = arith.addf %old, %x fastmath<reassoc> : f32
      affine.store %new, %s[%i] : memref<8xf32>
    }
  }
  return
}
