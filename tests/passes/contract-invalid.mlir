// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-contract{array=2}))' 2>&1 | FileCheck %s --check-prefix=WHOLE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-contract{array=1}))' 2>&1 | FileCheck %s --check-prefix=VISIBLE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-contract{array=7}))' 2>&1 | FileCheck %s --check-prefix=ARRAY
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-fuse{sequence=0 child=0 depth=1},autotune-parallelize{band=0 member=0},autotune-contract{array=2}))' 2>&1 | FileCheck %s --check-prefix=PARALLEL

// WHOLE: error: {{.*}}all of the array is in use at once
// VISIBLE: error: {{.*}}the array is visible outside the workload
// ARRAY: error: {{.*}}there is no array 7
// PARALLEL: error: {{.*}}the loop carries the dependence

func.func @chain(%X: memref<64xf32>, %Y: memref<64xf32>) {
  %T = memref.alloc() : memref<64xf32>
  affine.for %i = 0 to 64 {
    %x = affine.load %X[%i] : memref<64xf32>
    %t = arith.mulf %x, %x : f32
    affine.store %t, %T[%i] : memref<64xf32>
  }
  affine.for %i = 0 to 64 {
    %t = affine.load %T[%i] : memref<64xf32>
    %y = arith.addf %t, %t : f32
    affine.store %y, %Y[%i] : memref<64xf32>
  }
  memref.dealloc %T : memref<64xf32>
  return
}
