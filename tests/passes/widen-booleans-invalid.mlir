// RUN: not autotune-opt %s --pass-pipeline='builtin.module(autotune-widen-booleans)' 2>&1 | FileCheck %s

func.func private @extern(memref<2xi1>)

// CHECK: error: func.call cannot take a buffer of element type i1
func.func @f(%a: memref<2xi1>) {
  call @extern(%a) : (memref<2xi1>) -> ()
  return
}
