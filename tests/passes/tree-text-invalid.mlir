// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-describe))' 2>&1 | FileCheck %s

// CHECK: error: {{.*}}unknown, so illegal

func.func @cut_off(%A: memref<8xf32>, %B: memref<8xf32>) attributes {autotune.dependences = "{ }", autotune.schedule = "{ domain: \22{ S0[i0] : 0 <= i0 <= 7 }\22, child: { schedule: \22[{ S0[i0] -> [(i0)]"} {
  affine.for %i = 0 to 8 {
    %a = affine.load %A[%i] : memref<8xf32>
    affine.store %a, %B[%i] : memref<8xf32>
  }
  return
}
