// RUN: not autotune-opt %s --pass-pipeline='builtin.module(func.func(autotune-extract,autotune-reschedule{fusion=1}))' 2>&1 | FileCheck %s

// isl would cut away rational solutions for half an hour and more.
// CHECK: error: {{.*}}the scheduler would take too many steps

#map = affine_map<(d0) -> (d0)>
#map1 = affine_map<(d0) -> (10, d0 + 3)>
#set = affine_set<(d0, d1) : (-d0 + 7 == 0)>
module {
  func.func @program(%arg0: memref<41x46xf64>, %arg1: memref<12x11xf64>) attributes {autotune.workload} {
    affine.for %arg2 = 2 to 3 {
      affine.for %arg3 = 0 to 8 {
        %cst = arith.constant 2.500000e-01 : f64
        affine.store %cst, %arg0[%arg2 + 12, %arg2 + 2] : memref<41x46xf64>
        %0 = affine.load %arg1[%arg2 + 1, %arg2 + 2] : memref<12x11xf64>
        %1 = affine.load %arg1[%arg2 - 1, %arg3 + 1] : memref<12x11xf64>
        %2 = arith.maximumf %0, %1 : f64
        affine.store %2, %arg1[%arg2 + 1, %arg2 + 2] : memref<12x11xf64>
        %3 = affine.load %arg1[%arg2, %arg2] : memref<12x11xf64>
        %4 = affine.load %arg0[%arg2 + 12, %arg3] : memref<41x46xf64>
        %5 = affine.load %arg1[%arg2, %arg2] : memref<12x11xf64>
        %6 = arith.addf %4, %5 fastmath<reassoc> : f64
        %7 = arith.maximumf %3, %6 : f64
        affine.store %7, %arg1[%arg2, %arg2] : memref<12x11xf64>
        %8 = affine.load %arg1[%arg2, %arg2] : memref<12x11xf64>
        %9 = affine.load %arg1[%arg2 * 2 + %arg3, 4] : memref<12x11xf64>
        %10 = arith.maximumf %8, %9 : f64
        affine.store %10, %arg1[%arg2, %arg2] : memref<12x11xf64>
      }
    }
    affine.for %arg2 = 0 to 8 step 2 {
      affine.for %arg3 = 1 to 5 step 2 {
        affine.if #set(%arg2, %arg3) {
          %cst = arith.constant 2.500000e-01 : f64
          affine.store %cst, %arg0[%arg3 + 12, %arg3 + 1] : memref<41x46xf64>
        }
      }
    }
    affine.for %arg2 = 1 to 14 {
      affine.for %arg3 = #map(%arg2) to min #map1(%arg2) {
        %0 = affine.load %arg0[%arg2 + 13, %arg2 + 1] : memref<41x46xf64>
        %1 = affine.load %arg0[%arg3 + %arg2 * 2 + 13, %arg3] : memref<41x46xf64>
        %2 = affine.load %arg1[%arg3 mod 4, %arg2 + 1] : memref<12x11xf64>
        %cst = arith.constant 1.500000e+00 : f64
        %3 = arith.mulf %cst, %1 : f64
        %4 = arith.mulf %3, %2 : f64
        %5 = arith.addf %0, %4 fastmath<reassoc> : f64
        affine.store %5, %arg0[%arg2 + 13, %arg2 + 1] : memref<41x46xf64>
      }
      affine.for %arg3 = 0 to 3 {
        %0 = affine.load %arg0[%arg3 floordiv 3 + 14, %arg3 * 2 + %arg2 + 1] : memref<41x46xf64>
        %1 = affine.load %arg0[%arg3 floordiv 3 + 13, %arg3 * 2 + %arg2] : memref<41x46xf64>
        %2 = affine.load %arg0[%arg3 floordiv 3 + 13, %arg3 * 2 + %arg2] : memref<41x46xf64>
        %3 = affine.load %arg0[%arg3 floordiv 3 + 13, %arg3 * 2 + %arg2] : memref<41x46xf64>
        %4 = arith.addf %0, %1 fastmath<reassoc> : f64
        %5 = arith.addf %4, %2 fastmath<reassoc> : f64
        %6 = arith.addf %5, %3 fastmath<reassoc> : f64
        %cst = arith.constant 2.500000e-01 : f64
        %7 = arith.mulf %6, %cst : f64
        affine.store %7, %arg0[%arg3 floordiv 3 + 13, %arg3 * 2 + %arg2 + 1] : memref<41x46xf64>
      }
      affine.for %arg3 = 0 to 10 {
        %0 = affine.load %arg0[%arg2 + 13, %arg3 + 1] : memref<41x46xf64>
        %1 = affine.load %arg1[%arg2 mod 2, %arg3] : memref<12x11xf64>
        %2 = affine.load %arg0[%arg3 - %arg2 + 13, %arg3 * 2 + %arg2 * 2 + 1] : memref<41x46xf64>
        %3 = arith.mulf %1, %2 : f64
        %4 = arith.subf %0, %3 fastmath<reassoc> : f64
        affine.store %4, %arg0[%arg2 + 13, %arg3 + 1] : memref<41x46xf64>
      }
    }
    return
  }
}

