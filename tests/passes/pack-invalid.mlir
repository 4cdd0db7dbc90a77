// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=0 array=2 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=WRITTEN
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=0 array=7 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=ARRAY
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=0 array=0 panel-dim=2 panel=4}))' 2>&1 | FileCheck %s --check-prefix=PANEL
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=9 array=0 panel-dim=0 panel=4}))' 2>&1 | FileCheck %s --check-prefix=BAND
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-pack{band=0 array=0 panel-dim=0 panel=4},autotune-pack{band=0 array=0 panel-dim=0 panel=8}))' 2>&1 | FileCheck %s --check-prefix=TWICE

// WRITTEN: error: {{.*}}S0 writes the array below the band
// ARRAY: error: {{.*}}there is no array 7
// PANEL: error: {{.*}}the array has no such panel
// BAND: error: {{.*}}there is no band 9
// TWICE: error: {{.*}}the array is packed already

func.func @matmul(%A: memref<64x64xf32>, %B: memref<64x64xf32>, %C: memref<64x64xf32>) {
  affine.for %i = 0 to 64 {
    affine.for %j = 0 to 64 {
      affine.for %k = 0 to 64 {
        %a = affine.load %A[%i, %k] : memref<64x64xf32>
        %b = affine.load %B[%k, %j] : memref<64x64xf32>
        %c = affine.load %C[%i, %j] : memref<64x64xf32>
        %sum = math.fma %a, %b, %c : f32
        affine.store %sum, %C[%i, %j] : memref<64x64xf32>
      }
    }
  }
  return
}
