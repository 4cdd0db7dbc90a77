// RUN: autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reschedule{fusion=0}))' | FileCheck %s

// Each neighbour of a stencil's point is a dependence of its own, though all
// seven lie in one polyhedron: the scheduler would take minutes with that.
// CHECK-LABEL: func @heat
// CHECK-SAME: autotune.dependences
// CHECK-SAME: S1[i0, i1, i2, i3] -> S0[1 + i0, i1, i2, 1 + i3]
// CHECK-SAME: S1[i0, i1, i2, i3] -> S0[1 + i0, i1, i2, -1 + i3]
// CHECK-SAME: autotune.schedule
// CHECK-SAME: S1[i0, i1, i2, i3] -> [(1 + 2i0 + i1)]
func.func @heat(%A: memref<20x20x20xf64>, %B: memref<20x20x20xf64>) {
  affine.for %t = 0 to 40 {
    affine.for %i = 1 to 19 {
      affine.for %j = 1 to 19 {
        affine.for %k = 1 to 19 {
          %0 = affine.load %A[%i - 1, %j, %k] : memref<20x20x20xf64>
          %1 = affine.load %A[%i + 1, %j, %k] : memref<20x20x20xf64>
          %2 = affine.load %A[%i, %j - 1, %k] : memref<20x20x20xf64>
          %3 = affine.load %A[%i, %j + 1, %k] : memref<20x20x20xf64>
          %4 = affine.load %A[%i, %j, %k - 1] : memref<20x20x20xf64>
          %5 = affine.load %A[%i, %j, %k + 1] : memref<20x20x20xf64>
          %6 = affine.load %A[%i, %j, %k] : memref<20x20x20xf64>
          %7 = arith.addf %0, %1 : f64
          %8 = arith.addf %7, %2 : f64
          %9 = arith.addf %8, %3 : f64
          %10 = arith.addf %9, %4 : f64
          %11 = arith.addf %10, %5 : f64
          %12 = arith.addf %11, %6 : f64
          affine.store %12, %B[%i, %j, %k] : memref<20x20x20xf64>
        }
      }
    }
    affine.for %i = 1 to 19 {
      affine.for %j = 1 to 19 {
        affine.for %k = 1 to 19 {
          %0 = affine.load %B[%i - 1, %j, %k] : memref<20x20x20xf64>
          %1 = affine.load %B[%i + 1, %j, %k] : memref<20x20x20xf64>
          %2 = affine.load %B[%i, %j - 1, %k] : memref<20x20x20xf64>
          %3 = affine.load %B[%i, %j + 1, %k] : memref<20x20x20xf64>
          %4 = affine.load %B[%i, %j, %k - 1] : memref<20x20x20xf64>
          %5 = affine.load %B[%i, %j, %k + 1] : memref<20x20x20xf64>
          %6 = affine.load %B[%i, %j, %k] : memref<20x20x20xf64>
          %7 = arith.addf %0, %1 : f64
          %8 = arith.addf %7, %2 : f64
          %9 = arith.addf %8, %3 : f64
          %10 = arith.addf %9, %4 : f64
          %11 = arith.addf %10, %5 : f64
          %12 = arith.addf %11, %6 : f64
          affine.store %12, %A[%i, %j, %k] : memref<20x20x20xf64>
        }
      }
    }
  }
  return
}
