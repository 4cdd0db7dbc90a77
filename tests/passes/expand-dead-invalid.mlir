// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-expand{band=0 member=0 array=1}))' 2>&1 | FileCheck %s

// The loads of loops without iterations are no statement's.
// CHECK: error: {{.*}}the array has accesses that never run
func.func @empty(%A: memref<6x9xi32>) {
  %B = memref.alloc() : memref<5x3xi32>
  affine.for %i = 2 to 7 {
    affine.for %j = affine_map<(d0) -> (d0 + 2)>(%i) to 4 {
      %b = affine.load %B[%j - 1, %i] : memref<5x3xi32>
      affine.store %b, %A[%j - 2, %i] : memref<6x9xi32>
    }
  }
  affine.for %k = 2 to 7 {
    affine.for %l = 1 to 4 {
      %one = arith.constant 1 : i32
      affine.store %one, %B[%k - 2, %l - 1] : memref<5x3xi32>
    }
  }
  memref.dealloc %B : memref<5x3xi32>
  return
}
