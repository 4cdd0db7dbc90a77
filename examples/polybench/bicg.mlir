// PolyBench 4.2.1 bicg, M = 1900, N = 2100, double precision.
// s := A^T r and q := A p
func.func @kernel_bicg(
    %A: memref<2100x1900xf64>,
    %s: memref<1900xf64>,
    %q: memref<2100xf64>,
    %p: memref<1900xf64>,
    %r: memref<2100xf64>) {
  %cst_0 = arith.constant 0.0 : f64
  affine.for %i = 0 to 1900 {
    affine.store %cst_0, %s[%i] : memref<1900xf64>
  }
  affine.for %i = 0 to 2100 {
    affine.store %cst_0, %q[%i] : memref<2100xf64>
    affine.for %j = 0 to 1900 {
      %0 = affine.load %s[%j] : memref<1900xf64>
      %1 = affine.load %r[%i] : memref<2100xf64>
      %2 = affine.load %A[%i, %j] : memref<2100x1900xf64>
      %3 = arith.mulf %1, %2 : f64
      %4 = arith.addf %0, %3 : f64
      affine.store %4, %s[%j] : memref<1900xf64>
      %5 = affine.load %q[%i] : memref<2100xf64>
      %6 = affine.load %A[%i, %j] : memref<2100x1900xf64>
      %7 = affine.load %p[%j] : memref<1900xf64>
      %8 = arith.mulf %6, %7 : f64
      %9 = arith.addf %5, %8 : f64
      affine.store %9, %q[%i] : memref<2100xf64>
    }
  }
  return
}
