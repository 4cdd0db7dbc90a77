// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=8,8,8},autotune-wavefront{band=0},autotune-interchange{band=0 permutation=0,2,1},autotune-wavefront{band=0},autotune-parallelize{band=0 member=1},autotune-codegen))' | FileCheck %s
// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-tile{band=0 sizes=8,8,8},autotune-wavefront{band=0},autotune-parallelize{band=0 member=2}))' 2>&1 | FileCheck %s --check-prefix=CARRIED

// Tiles of a diagonal plane: 9 + 9 + 9 tiles of a loop each make 25 planes.
// CHECK-LABEL: func @sum
// CHECK:      affine.for %{{.*}} = 0 to 25 {
// CHECK-NEXT:   affine.parallel
// CARRIED: error: {{.*}}the loop carries the dependence S0 -> S0
func.func @sum(%A: memref<65x65x65xf32>) {
  affine.for %i = 1 to 65 {
    affine.for %j = 1 to 65 {
      affine.for %k = 1 to 65 {
        %0 = affine.load %A[%i - 1, %j, %k] : memref<65x65x65xf32>
        %1 = affine.load %A[%i, %j - 1, %k] : memref<65x65x65xf32>
        %2 = affine.load %A[%i, %j, %k - 1] : memref<65x65x65xf32>
        %3 = arith.addf %0, %1 : f32
        %4 = arith.addf %3, %2 : f32
        affine.store %4, %A[%i, %j, %k] : memref<65x65x65xf32>
      }
    }
  }
  return
}
