// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=1 array=2 panel-dim=0 panel=4},autotune-contract{array=2}))' 2>&1 | FileCheck %s --check-prefix=PACKED

// PACKED: error: {{.*}}the array is packed
func.func @reversed(%X: memref<64xf32>, %Y: memref<64xf32>) {
  %T = memref.alloc() : memref<64xf32>
  affine.for %i = 0 to 64 {
    %x = affine.load %X[%i] : memref<64xf32>
    affine.store %x, %T[%i] : memref<64xf32>
  }
  affine.for %i = 0 to 64 {
    %t = affine.load %T[63 - %i] : memref<64xf32>
    affine.store %t, %X[%i] : memref<64xf32>
  }
  memref.dealloc %T : memref<64xf32>
  return
}
