// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=0 width=4},autotune-stream{statement=0}))' 2>&1 | FileCheck %s
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-vectorize{band=0 member=0 width=4},autotune-enumerate{vector-bits=256}))' | FileCheck %s --check-prefix=MENUS

// CHECK: error: {{.*}}no loop moves what S0 stores
// MENUS: autotune.menus
// MENUS-NOT: autotune-stream
func.func @single(%A: memref<8xf64>) {
  %c = arith.constant 1.0 : f64
  affine.for %i = 0 to 1 {
    affine.store %c, %A[%i] : memref<8xf64>
  }
  return
}
