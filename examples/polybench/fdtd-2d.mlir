// PolyBench 4.2.1 fdtd-2d, TMAX = 500, NX = 1000, NY = 1200, double precision.
// Maxwell's equations in two dimensions, TMAX steps from a source along one edge
func.func @kernel_fdtd_2d(
    %ex: memref<1000x1200xf64>,
    %ey: memref<1000x1200xf64>,
    %hz: memref<1000x1200xf64>,
    %source: memref<500xf64>) {
  %cst_0 = arith.constant 0.5 : f64
  %cst_1 = arith.constant 0.7 : f64
  affine.for %t = 0 to 500 {
    affine.for %j = 0 to 1200 {
      %0 = affine.load %source[%t] : memref<500xf64>
      affine.store %0, %ey[0, %j] : memref<1000x1200xf64>
    }
    affine.for %i = 1 to 1000 {
      affine.for %j = 0 to 1200 {
        %1 = affine.load %ey[%i, %j] : memref<1000x1200xf64>
        %2 = affine.load %hz[%i, %j] : memref<1000x1200xf64>
        %3 = affine.load %hz[%i - 1, %j] : memref<1000x1200xf64>
        %4 = arith.subf %2, %3 : f64
        %5 = arith.mulf %cst_0, %4 : f64
        %6 = arith.subf %1, %5 : f64
        affine.store %6, %ey[%i, %j] : memref<1000x1200xf64>
      }
    }
    affine.for %i = 0 to 1000 {
      affine.for %j = 1 to 1200 {
        %7 = affine.load %ex[%i, %j] : memref<1000x1200xf64>
        %8 = affine.load %hz[%i, %j] : memref<1000x1200xf64>
        %9 = affine.load %hz[%i, %j - 1] : memref<1000x1200xf64>
        %10 = arith.subf %8, %9 : f64
        %11 = arith.mulf %cst_0, %10 : f64
        %12 = arith.subf %7, %11 : f64
        affine.store %12, %ex[%i, %j] : memref<1000x1200xf64>
      }
    }
    affine.for %i = 0 to 999 {
      affine.for %j = 0 to 1199 {
        %13 = affine.load %hz[%i, %j] : memref<1000x1200xf64>
        %14 = affine.load %ex[%i, %j + 1] : memref<1000x1200xf64>
        %15 = affine.load %ex[%i, %j] : memref<1000x1200xf64>
        %16 = arith.subf %14, %15 : f64
        %17 = affine.load %ey[%i + 1, %j] : memref<1000x1200xf64>
        %18 = arith.addf %16, %17 : f64
        %19 = affine.load %ey[%i, %j] : memref<1000x1200xf64>
        %20 = arith.subf %18, %19 : f64
        %21 = arith.mulf %cst_1, %20 : f64
        %22 = arith.subf %13, %21 : f64
        affine.store %22, %hz[%i, %j] : memref<1000x1200xf64>
      }
    }
  }
  return
}
