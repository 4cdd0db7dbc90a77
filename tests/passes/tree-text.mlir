// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-describe))' | FileCheck %s

// A schedule as this project's passes write it, and in other forms that isl reads.

// CHECK-LABEL: func.func @usual
// CHECK-SAME: autotune.loops = "[[LOOPS:[^"]*]]"
// CHECK-LABEL: func.func @members
// CHECK-SAME: autotune.loops = "[[LOOPS]]"
// CHECK-LABEL: func.func @lines
// CHECK-SAME: autotune.loops = "[[LOOPS]]"

func.func @usual(%A: memref<8x9xf32>, %B: memref<8x9xf32>) attributes {autotune.dependences = "{ }", autotune.schedule = "{ domain: \22{ S0[i0, i1] : 0 <= i0 <= 7 and 0 <= i1 <= 8; S1[i0, i1] : 0 <= i0 <= 7 and 0 <= i1 <= 8 }\22, child: { schedule: \22[{ S0[i0, i1] -> [(i0)]; S1[i0, i1] -> [(i0)] }]\22, child: { sequence: [ { filter: \22{ S0[i0, i1] }\22, child: { schedule: \22[{ S0[i0, i1] -> [(i1)] }]\22 } }, { filter: \22{ S1[i0, i1] }\22, child: { mark: \22vectorize=4\22, child: { schedule: \22[{ S1[i0, i1] -> [((i1) mod 4)] }]\22 } } } ] } } }"} {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 9 {
      %a = affine.load %A[%i, %j] : memref<8x9xf32>
      affine.store %a, %B[%i, %j] : memref<8x9xf32>
      %b = affine.load %B[%i, %j] : memref<8x9xf32>
      affine.store %b, %A[%i, %j] : memref<8x9xf32>
    }
  }
  return
}

func.func @members(%A: memref<8x9xf32>, %B: memref<8x9xf32>) attributes {autotune.dependences = "{ }", autotune.schedule = "{ domain: \22{ S0[i0, i1] : 0 <= i0 <= 7 and 0 <= i1 <= 8; S1[i0, i1] : 0 <= i0 <= 7 and 0 <= i1 <= 8 }\22, child: { schedule: \22[{ S0[i0, i1] -> [(i0)]; S1[i0, i1] -> [(i0)] }]\22, permutable: 1, coincident: [ 1 ], child: { sequence: [ { filter: \22{ S0[i0, i1] }\22, child: { schedule: \22[{ S0[i0, i1] -> [(i1)] }]\22 } }, { filter: \22{ S1[i0, i1] }\22, child: { mark: \22vectorize=4\22, child: { schedule: \22[{ S1[i0, i1] -> [((i1) mod 4)] }]\22 } } } ] } } }"} {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 9 {
      %a = affine.load %A[%i, %j] : memref<8x9xf32>
      affine.store %a, %B[%i, %j] : memref<8x9xf32>
      %b = affine.load %B[%i, %j] : memref<8x9xf32>
      affine.store %b, %A[%i, %j] : memref<8x9xf32>
    }
  }
  return
}

func.func @lines(%A: memref<8x9xf32>, %B: memref<8x9xf32>) attributes {autotune.dependences = "{ }", autotune.schedule = "domain: \22{ S0[i0, i1] : 0 <= i0 <= 7 and 0 <= i1 <= 8; S1[i0, i1] : 0 <= i0 <= 7 and 0 <= i1 <= 8 }\22\0Achild:\0A  schedule: \22[{ S0[i0, i1] -> [(i0)]; S1[i0, i1] -> [(i0)] }]\22\0A  child:\0A    sequence:\0A    - filter: \22{ S0[i0, i1] }\22\0A      child:\0A        schedule: \22[{ S0[i0, i1] -> [(i1)] }]\22\0A    - filter: \22{ S1[i0, i1] }\22\0A      child:\0A        mark: \22vectorize=4\22\0A        child:\0A          schedule: \22[{ S1[i0, i1] -> [((i1) mod 4)] }]\22\0A"} {
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 9 {
      %a = affine.load %A[%i, %j] : memref<8x9xf32>
      affine.store %a, %B[%i, %j] : memref<8x9xf32>
      %b = affine.load %B[%i, %j] : memref<8x9xf32>
      affine.store %b, %A[%i, %j] : memref<8x9xf32>
    }
  }
  return
}
