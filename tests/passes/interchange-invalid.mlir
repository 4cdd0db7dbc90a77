// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-interchange{band=4 permutation=1,0}))' 2>&1 | FileCheck %s --check-prefix=BAND
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-interchange{band=0 permutation=0,0,1}))' 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-interchange{band=0 permutation=0,1,2}))' 2>&1 | FileCheck %s --check-prefix=SAME
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-interchange{band=0}))' 2>&1 | FileCheck %s --check-prefix=EMPTY

// BAND: error: {{.*}}there is no band 4
// TWICE: error: {{.*}}does not name each of the band's 3 members once
// SAME: error: {{.*}}the transformation changes nothing
// EMPTY: error: {{.*}}does not name each

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
