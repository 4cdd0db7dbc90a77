// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-contract{array=2}))' 2>&1 | FileCheck %s

// CHECK: error: {{.*}}the array has accesses whose place is not known
func.func @gather(%X: memref<64xf32>, %Y: memref<64xi32>) {
  %T = memref.alloc() : memref<64xf32>
  affine.for %i = 0 to 64 {
    %x = affine.load %X[%i] : memref<64xf32>
    affine.store %x, %T[%i] : memref<64xf32>
  }
  affine.for %i = 0 to 64 {
    %y = affine.load %Y[%i] : memref<64xi32>
    %place = arith.index_cast %y : i32 to index
    %t = memref.load %T[%place] : memref<64xf32>
    affine.store %t, %X[%i] : memref<64xf32>
  }
  memref.dealloc %T : memref<64xf32>
  return
}
