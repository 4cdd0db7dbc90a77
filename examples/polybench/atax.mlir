// PolyBench 4.2.1 atax, M = 1900, N = 2100, double precision.
// y := A^T (A x), by way of tmp := A x
func.func @kernel_atax(
    %A: memref<1900x2100xf64>,
    %x: memref<2100xf64>,
    %y: memref<2100xf64>,
    %tmp: memref<1900xf64>) {
  %cst_0 = arith.constant 0.0 : f64
  affine.for %i = 0 to 2100 {
    affine.store %cst_0, %y[%i] : memref<2100xf64>
  }
  affine.for %i = 0 to 1900 {
    affine.store %cst_0, %tmp[%i] : memref<1900xf64>
    affine.for %j = 0 to 2100 {
      %0 = affine.load %tmp[%i] : memref<1900xf64>
      %1 = affine.load %A[%i, %j] : memref<1900x2100xf64>
      %2 = affine.load %x[%j] : memref<2100xf64>
      %3 = arith.mulf %1, %2 : f64
      %4 = arith.addf %0, %3 : f64
      affine.store %4, %tmp[%i] : memref<1900xf64>
    }
    affine.for %j = 0 to 2100 {
      %5 = affine.load %y[%j] : memref<2100xf64>
      %6 = affine.load %A[%i, %j] : memref<1900x2100xf64>
      %7 = affine.load %tmp[%i] : memref<1900xf64>
      %8 = arith.mulf %6, %7 : f64
      %9 = arith.addf %5, %8 : f64
      affine.store %9, %y[%j] : memref<2100xf64>
    }
  }
  return
}
