// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-interchange{band=2 permutation=2,0,1},autotune-interchange{band=1 permutation=1,0,2},autotune-tile{band=2 sizes=8,4,0},autotune-interchange{band=3 permutation=1,0,2},autotune-interchange{band=1 permutation=1,0,2},autotune-tile{band=2 sizes=0,8},autotune-interchange{band=1 permutation=2,1,0},autotune-interchange{band=4 permutation=2,1,0},autotune-interchange{band=1 permutation=1,0,2},autotune-interchange{band=4 permutation=1,0,2},autotune-interchange{band=1 permutation=0,2,1},autotune-interchange{band=4 permutation=2,0,1},autotune-snapshot{band=3 array=1},autotune-contract{array=2}))' 2>&1 | FileCheck %s

// What is in use at once in these tiles would take isl a minute to tell.
// CHECK: error: {{.*}}unknown: {{.*}}maximal number of operations exceeded

func.func @heat(%A: memref<20x20x20xf32>, %B: memref<20x20x20xf32>) attributes {autotune.workload} {
    affine.for %t = 1 to 41 {
      affine.for %i = 1 to 19 {
        affine.for %j = 1 to 19 {
          affine.for %k = 1 to 19 {
            %0 = affine.load %A[%i - 1, %j, %k] : memref<20x20x20xf32>
            %1 = affine.load %A[%i + 1, %j, %k] : memref<20x20x20xf32>
            %2 = affine.load %A[%i, %j - 1, %k] : memref<20x20x20xf32>
            %3 = affine.load %A[%i, %j + 1, %k] : memref<20x20x20xf32>
            %4 = affine.load %A[%i, %j, %k - 1] : memref<20x20x20xf32>
            %5 = affine.load %A[%i, %j, %k + 1] : memref<20x20x20xf32>
            %6 = arith.addf %0, %1 : f32
            %7 = arith.addf %2, %3 : f32
            %8 = arith.addf %4, %5 : f32
            %9 = arith.addf %6, %7 : f32
            %sum = arith.addf %8, %9 : f32
            affine.store %sum, %B[%i, %j, %k] : memref<20x20x20xf32>
          }
        }
      }
      affine.for %i = 1 to 19 {
        affine.for %j = 1 to 19 {
          affine.for %k = 1 to 19 {
            %0 = affine.load %B[%i - 1, %j, %k] : memref<20x20x20xf32>
            %1 = affine.load %B[%i + 1, %j, %k] : memref<20x20x20xf32>
            %2 = affine.load %B[%i, %j - 1, %k] : memref<20x20x20xf32>
            %3 = affine.load %B[%i, %j + 1, %k] : memref<20x20x20xf32>
            %4 = affine.load %B[%i, %j, %k - 1] : memref<20x20x20xf32>
            %5 = affine.load %B[%i, %j, %k + 1] : memref<20x20x20xf32>
            %6 = arith.addf %0, %1 : f32
            %7 = arith.addf %2, %3 : f32
            %8 = arith.addf %4, %5 : f32
            %9 = arith.addf %6, %7 : f32
            %sum = arith.addf %8, %9 : f32
            affine.store %sum, %A[%i, %j, %k] : memref<20x20x20xf32>
          }
        }
      }
    }
  return
}
