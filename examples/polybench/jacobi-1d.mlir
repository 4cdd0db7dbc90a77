// PolyBench 4.2.1 jacobi-1d, TSTEPS = 500, N = 2000, double precision.
// Three-point averages from A to B and back, TSTEPS times
func.func @kernel_jacobi_1d(
    %A: memref<2000xf64>,
    %B: memref<2000xf64>) {
  %cst_0 = arith.constant 0.33333 : f64
  affine.for %t = 0 to 500 {
    affine.for %i = 1 to 1999 {
      %0 = affine.load %A[%i - 1] : memref<2000xf64>
      %1 = affine.load %A[%i] : memref<2000xf64>
      %2 = arith.addf %0, %1 : f64
      %3 = affine.load %A[%i + 1] : memref<2000xf64>
      %4 = arith.addf %2, %3 : f64
      %5 = arith.mulf %cst_0, %4 : f64
      affine.store %5, %B[%i] : memref<2000xf64>
    }
    affine.for %i = 1 to 1999 {
      %6 = affine.load %B[%i - 1] : memref<2000xf64>
      %7 = affine.load %B[%i] : memref<2000xf64>
      %8 = arith.addf %6, %7 : f64
      %9 = affine.load %B[%i + 1] : memref<2000xf64>
      %10 = arith.addf %8, %9 : f64
      %11 = arith.mulf %cst_0, %10 : f64
      affine.store %11, %A[%i] : memref<2000xf64>
    }
  }
  return
}
