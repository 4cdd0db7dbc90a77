// PolyBench 4.2.1 gesummv, N = 1300, double precision.
// y := alpha A x + beta B x
func.func @kernel_gesummv(
    %A: memref<1300x1300xf64>,
    %B: memref<1300x1300xf64>,
    %tmp: memref<1300xf64>,
    %x: memref<1300xf64>,
    %y: memref<1300xf64>) {
  %cst_0 = arith.constant 0.0 : f64
  %cst_1 = arith.constant 1.5 : f64
  %cst_2 = arith.constant 1.2 : f64
  affine.for %i = 0 to 1300 {
    affine.store %cst_0, %tmp[%i] : memref<1300xf64>
    affine.store %cst_0, %y[%i] : memref<1300xf64>
    affine.for %j = 0 to 1300 {
      %0 = affine.load %A[%i, %j] : memref<1300x1300xf64>
      %1 = affine.load %x[%j] : memref<1300xf64>
      %2 = arith.mulf %0, %1 : f64
      %3 = affine.load %tmp[%i] : memref<1300xf64>
      %4 = arith.addf %2, %3 : f64
      affine.store %4, %tmp[%i] : memref<1300xf64>
      %5 = affine.load %B[%i, %j] : memref<1300x1300xf64>
      %6 = affine.load %x[%j] : memref<1300xf64>
      %7 = arith.mulf %5, %6 : f64
      %8 = affine.load %y[%i] : memref<1300xf64>
      %9 = arith.addf %7, %8 : f64
      affine.store %9, %y[%i] : memref<1300xf64>
    }
    %10 = affine.load %tmp[%i] : memref<1300xf64>
    %11 = arith.mulf %cst_1, %10 : f64
    %12 = affine.load %y[%i] : memref<1300xf64>
    %13 = arith.mulf %cst_2, %12 : f64
    %14 = arith.addf %11, %13 : f64
    affine.store %14, %y[%i] : memref<1300xf64>
  }
  return
}
