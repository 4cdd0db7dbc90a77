// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reverse{band=0 member=0}))' 2>&1 | FileCheck %s
// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-parallelize{band=0 member=0}))' 2>&1 | FileCheck %s --check-prefix=PARALLEL
// RUN: not autotune-opt %s --split-input-file --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=0 width=4}))' 2>&1 | FileCheck %s --check-prefix=VECTOR

// A maximum that is read on the way, sums and maxima of one element, sums that
// must not wrap around, and floating-point sums stay in order; only the first
// loop may run backwards.
// CHECK-COUNT-4: error: illegal: the loops would reverse the dependence
// CHECK-NOT: error:
// No two of them run at once.
// PARALLEL-COUNT-5: error: illegal: the loop carries the dependence
// VECTOR-COUNT-5: error: illegal: the loop carries the dependence

func.func @maximum(%X: memref<64xi32>, %A: memref<1xi32>) {
  affine.for %i = 0 to 64 {
    %a = affine.load %A[0] : memref<1xi32>
    %x = affine.load %X[%i] : memref<64xi32>
    %0 = arith.maxsi %a, %x : i32
    affine.store %0, %A[0] : memref<1xi32>
  }
  return
}

// -----

func.func @read_on_the_way(%X: memref<64xi32>, %A: memref<1xi32>, %Y: memref<64xi32>) {
  affine.for %i = 0 to 64 {
    %a = affine.load %A[0] : memref<1xi32>
    %x = affine.load %X[%i] : memref<64xi32>
    %0 = arith.maxsi %a, %x : i32
    affine.store %0, %A[0] : memref<1xi32>
    %b = affine.load %A[0] : memref<1xi32>
    affine.store %b, %Y[%i] : memref<64xi32>
  }
  return
}

// -----

func.func @sum_and_maximum(%X: memref<64xi32>, %A: memref<1xi32>) {
  affine.for %i = 0 to 64 {
    %a = affine.load %A[0] : memref<1xi32>
    %x = affine.load %X[%i] : memref<64xi32>
    %0 = arith.maxsi %a, %x : i32
    affine.store %0, %A[0] : memref<1xi32>
    %b = affine.load %A[0] : memref<1xi32>
    %1 = arith.addi %b, %x : i32
    affine.store %1, %A[0] : memref<1xi32>
  }
  return
}

// -----

func.func @must_not_wrap(%X: memref<64xi32>, %A: memref<1xi32>) {
  affine.for %i = 0 to 64 {
    %a = affine.load %A[0] : memref<1xi32>
    %x = affine.load %X[%i] : memref<64xi32>
    %0 = arith.addi %a, %x overflow<nsw> : i32
    affine.store %0, %A[0] : memref<1xi32>
  }
  return
}

// -----

func.func @rounded(%X: memref<64xf32>, %A: memref<1xf32>) {
  affine.for %i = 0 to 64 {
    %a = affine.load %A[0] : memref<1xf32>
    %x = affine.load %X[%i] : memref<64xf32>
    %0 = arith.addf %a, %x : f32
    affine.store %0, %A[0] : memref<1xf32>
  }
  return
}
