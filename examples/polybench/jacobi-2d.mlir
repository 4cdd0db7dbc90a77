// PolyBench 4.2.1 jacobi-2d, TSTEPS = 500, N = 1300, double precision.
// Five-point averages from A to B and back, TSTEPS times
func.func @kernel_jacobi_2d(
    %A: memref<1300x1300xf64>,
    %B: memref<1300x1300xf64>) {
  %cst_0 = arith.constant 0.2 : f64
  affine.for %t = 0 to 500 {
    affine.for %i = 1 to 1299 {
      affine.for %j = 1 to 1299 {
        %0 = affine.load %A[%i, %j] : memref<1300x1300xf64>
        %1 = affine.load %A[%i, %j - 1] : memref<1300x1300xf64>
        %2 = arith.addf %0, %1 : f64
        %3 = affine.load %A[%i, %j + 1] : memref<1300x1300xf64>
        %4 = arith.addf %2, %3 : f64
        %5 = affine.load %A[%i + 1, %j] : memref<1300x1300xf64>
        %6 = arith.addf %4, %5 : f64
        %7 = affine.load %A[%i - 1, %j] : memref<1300x1300xf64>
        %8 = arith.addf %6, %7 : f64
        %9 = arith.mulf %cst_0, %8 : f64
        affine.store %9, %B[%i, %j] : memref<1300x1300xf64>
      }
    }
    affine.for %i = 1 to 1299 {
      affine.for %j = 1 to 1299 {
        %10 = affine.load %B[%i, %j] : memref<1300x1300xf64>
        %11 = affine.load %B[%i, %j - 1] : memref<1300x1300xf64>
        %12 = arith.addf %10, %11 : f64
        %13 = affine.load %B[%i, %j + 1] : memref<1300x1300xf64>
        %14 = arith.addf %12, %13 : f64
        %15 = affine.load %B[%i + 1, %j] : memref<1300x1300xf64>
        %16 = arith.addf %14, %15 : f64
        %17 = affine.load %B[%i - 1, %j] : memref<1300x1300xf64>
        %18 = arith.addf %16, %17 : f64
        %19 = arith.mulf %cst_0, %18 : f64
        affine.store %19, %A[%i, %j] : memref<1300x1300xf64>
      }
    }
  }
  return
}
