// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=8},autotune-stream{statement=0},autotune-codegen))' | FileCheck %s --check-prefix=VECTOR
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=8},autotune-stream{statement=0},autotune-unroll-and-jam{band=0 factors=2,1},autotune-codegen))' | FileCheck %s --check-prefix=JAM
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=1 width=8},autotune-stream{statement=0},autotune-codegen,autotune-choose-stores,autotune-lower-accesses))' | FileCheck %s --check-prefix=LOWERED

// Whole vectors are streamed, the last one of a row is not.
// VECTOR-LABEL: func @scale
// VECTOR:      affine.for
// VECTOR:        affine.for
// VECTOR:          affine.vector_store %{{.*}}, %arg1[{{.*}}] {autotune.stream}
// VECTOR:        vector.maskedstore %arg1
// VECTOR-NOT:  autotune.stream

// A mark above a vector stays there.
// JAM-LABEL: func @scale
// JAM-COUNT-2: affine.vector_store %{{.*}}, %arg1[{{.*}}] {autotune.stream}

// LOWERED-LABEL: func @scale
// LOWERED: scf.if
// LOWERED: llvm.store %{{.*}}, %{{.*}} {alignment = 32 : i64, nontemporal} : vector<8xf32>, !llvm.ptr
// LOWERED: } else {
// LOWERED: llvm.store %{{.*}}, %{{.*}} {alignment = 4 : i64} : vector<8xf32>, !llvm.ptr
// LOWERED: }
// LOWERED: vector.maskedstore
func.func @scale(%A: memref<64x64xf32>, %B: memref<64x64xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 62 {
      %a = affine.load %A[%i, %j] : memref<64x64xf32>
      %b = arith.addf %a, %a : f32
      affine.store %b, %B[%i, %j] : memref<64x64xf32>
    }
  }
  return
}
