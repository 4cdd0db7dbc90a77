// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-shift{band=1 member=0 offset=1},autotune-fuse{sequence=0 child=0 depth=1},autotune-codegen))' | FileCheck %s
// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-enumerate))' | FileCheck %s --check-prefix=MENU

// The second loop reads one element ahead of the first; a step later it may run
// inside the same loop.
// MENU: autotune-shift{{.*}}offset{{.*}}[1]
// CHECK-LABEL: func @ahead
// CHECK:     affine.for
// CHECK:       affine.store %{{.*}}, %arg1
// CHECK-NOT:   affine.for
// CHECK:       affine.store %{{.*}}, %arg2[%{{.*}} - 1]
func.func @ahead(%A: memref<65xf32>, %B: memref<65xf32>, %C: memref<64xf32>) {
  affine.for %i = 0 to 65 {
    %0 = affine.load %A[%i] : memref<65xf32>
    affine.store %0, %B[%i] : memref<65xf32>
  }
  affine.for %i = 0 to 64 {
    %0 = affine.load %B[%i + 1] : memref<65xf32>
    affine.store %0, %C[%i] : memref<64xf32>
  }
  return
}
