// PolyBench 4.2.1 syr2k, M = 1000, N = 1200, double precision.
// C := alpha (A B^T + B A^T) + beta C, in the lower triangle
func.func @kernel_syr2k(
    %C: memref<1200x1200xf64>,
    %A: memref<1200x1000xf64>,
    %B: memref<1200x1000xf64>) {
  %cst_0 = arith.constant 1.2 : f64
  %cst_1 = arith.constant 1.5 : f64
  affine.for %i = 0 to 1200 {
    affine.for %j = 0 to affine_map<(d0) -> (d0 + 1)>(%i) {
      %0 = affine.load %C[%i, %j] : memref<1200x1200xf64>
      %1 = arith.mulf %0, %cst_0 : f64
      affine.store %1, %C[%i, %j] : memref<1200x1200xf64>
    }
    affine.for %k = 0 to 1000 {
      affine.for %j = 0 to affine_map<(d0) -> (d0 + 1)>(%i) {
        %2 = affine.load %C[%i, %j] : memref<1200x1200xf64>
        %3 = affine.load %A[%j, %k] : memref<1200x1000xf64>
        %4 = arith.mulf %3, %cst_1 : f64
        %5 = affine.load %B[%i, %k] : memref<1200x1000xf64>
        %6 = arith.mulf %4, %5 : f64
        %7 = affine.load %B[%j, %k] : memref<1200x1000xf64>
        %8 = arith.mulf %7, %cst_1 : f64
        %9 = affine.load %A[%i, %k] : memref<1200x1000xf64>
        %10 = arith.mulf %8, %9 : f64
        %11 = arith.addf %6, %10 : f64
        %12 = arith.addf %2, %11 : f64
        affine.store %12, %C[%i, %j] : memref<1200x1200xf64>
      }
    }
  }
  return
}
