// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack-read{band=0 statement=0 access=0 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=LARGE
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=16,0},autotune-pack-read{band=1 statement=0 access=0 panel-dim=0 panel=4}))' | FileCheck %s

// LARGE: error: {{.*}}the buffer would take 134217728 bytes

// The rows of a tile take less.
// CHECK: mark: \22pack=0,0,4,0,0\22
func.func @upper_half(%A: memref<8192x8192xf32>) {
  affine.for %i = 0 to 4096 {
    affine.for %j = 0 to 8192 {
      %a = affine.load %A[%i, %j] : memref<8192x8192xf32>
      affine.store %a, %A[%i + 4096, %j] : memref<8192x8192xf32>
    }
  }
  return
}
