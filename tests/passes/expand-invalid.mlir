// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-expand{band=0 member=0 array=0}))' 2>&1 | FileCheck %s --check-prefix=VISIBLE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-expand{band=9 member=0 array=2}))' 2>&1 | FileCheck %s --check-prefix=BAND
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-expand{band=0 member=3 array=2}))' 2>&1 | FileCheck %s --check-prefix=MEMBER
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-expand{band=1 member=0 array=2}))' 2>&1 | FileCheck %s --check-prefix=OUTSIDE
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-expand{band=0 member=0 array=2},autotune-expand{band=0 member=0 array=2}))' 2>&1 | FileCheck %s --check-prefix=TWICE

// VISIBLE: error: {{.*}}the array is visible outside the workload
// BAND: error: {{.*}}there is no band 9
// MEMBER: error: {{.*}}the band has no member 3
// OUTSIDE: error: {{.*}}S0 fills the array outside of the loop
// TWICE: error: {{.*}}every iteration has its own elements already

func.func @norms(%X: memref<8x64xf32>, %Y: memref<8x64xf32>) {
  %s = memref.alloc() : memref<f32>
  affine.for %i = 0 to 8 {
    %zero = arith.constant 0.0 : f32
    affine.store %zero, %s[] : memref<f32>
    affine.for %j = 0 to 64 {
      %x = affine.load %X[%i, %j] : memref<8x64xf32>
      %old = affine.load %s[] : memref<f32>
      %new = arith.addf %old, %x : f32
      affine.store %new, %s[] : memref<f32>
    }
    affine.for %j = 0 to 64 {
      %x = affine.load %X[%i, %j] : memref<8x64xf32>
      %sum = affine.load %s[] : memref<f32>
      %y = arith.divf %x, %sum : f32
      affine.store %y, %Y[%i, %j] : memref<8x64xf32>
    }
  }
  memref.dealloc %s : memref<f32>
  return
}
