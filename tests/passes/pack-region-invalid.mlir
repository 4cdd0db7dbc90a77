// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=0 array=2 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=UNREAD
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=0 array=0 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=LARGE
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=16,0},autotune-pack{band=1 array=0 panel-dim=0 panel=4}))' | FileCheck %s

// UNREAD: error: {{.*}}the array is not read below the band
// LARGE: error: {{.*}}the buffer would take 134217728 bytes

// The rows of a tile take less.
// CHECK: mark: \22pack=0,0,4\22

func.func @copy(%A: memref<4096x8192xf32>, %B: memref<4096x8192xf32>, %C: memref<4096x8192xf32>) {
  affine.for %i = 0 to 4096 {
    affine.for %j = 0 to 8192 {
      %a = affine.load %A[%i, %j] : memref<4096x8192xf32>
      affine.store %a, %B[%i, %j] : memref<4096x8192xf32>
    }
  }
  return
}
