// PolyBench 4.2.1 seidel-2d, TSTEPS = 500, N = 2000, double precision.
// Nine-point averages in place, TSTEPS times
func.func @kernel_seidel_2d(
    %A: memref<2000x2000xf64>) {
  %cst_0 = arith.constant 9.0 : f64
  affine.for %t = 0 to 500 {
    affine.for %i = 1 to 1999 {
      affine.for %j = 1 to 1999 {
        %0 = affine.load %A[%i - 1, %j - 1] : memref<2000x2000xf64>
        %1 = affine.load %A[%i - 1, %j] : memref<2000x2000xf64>
        %2 = arith.addf %0, %1 : f64
        %3 = affine.load %A[%i - 1, %j + 1] : memref<2000x2000xf64>
        %4 = arith.addf %2, %3 : f64
        %5 = affine.load %A[%i, %j - 1] : memref<2000x2000xf64>
        %6 = arith.addf %4, %5 : f64
        %7 = affine.load %A[%i, %j] : memref<2000x2000xf64>
        %8 = arith.addf %6, %7 : f64
        %9 = affine.load %A[%i, %j + 1] : memref<2000x2000xf64>
        %10 = arith.addf %8, %9 : f64
        %11 = affine.load %A[%i + 1, %j - 1] : memref<2000x2000xf64>
        %12 = arith.addf %10, %11 : f64
        %13 = affine.load %A[%i + 1, %j] : memref<2000x2000xf64>
        %14 = arith.addf %12, %13 : f64
        %15 = affine.load %A[%i + 1, %j + 1] : memref<2000x2000xf64>
        %16 = arith.addf %14, %15 : f64
        %17 = arith.divf %16, %cst_0 : f64
        affine.store %17, %A[%i, %j] : memref<2000x2000xf64>
      }
    }
  }
  return
}
