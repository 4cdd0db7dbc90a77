// PolyBench 4.2.1 gemm, NI = 1000, NJ = 1100, NK = 1200, double precision.
// C := alpha A B + beta C
func.func @kernel_gemm(
    %C: memref<1000x1100xf64>,
    %A: memref<1000x1200xf64>,
    %B: memref<1200x1100xf64>) {
  %cst_0 = arith.constant 1.2 : f64
  %cst_1 = arith.constant 1.5 : f64
  affine.for %i = 0 to 1000 {
    affine.for %j = 0 to 1100 {
      %0 = affine.load %C[%i, %j] : memref<1000x1100xf64>
      %1 = arith.mulf %0, %cst_0 : f64
      affine.store %1, %C[%i, %j] : memref<1000x1100xf64>
    }
    affine.for %k = 0 to 1200 {
      affine.for %j = 0 to 1100 {
        %2 = affine.load %C[%i, %j] : memref<1000x1100xf64>
        %3 = affine.load %A[%i, %k] : memref<1000x1200xf64>
        %4 = arith.mulf %cst_1, %3 : f64
        %5 = affine.load %B[%k, %j] : memref<1200x1100xf64>
        %6 = arith.mulf %4, %5 : f64
        %7 = arith.addf %2, %6 : f64
        affine.store %7, %C[%i, %j] : memref<1000x1100xf64>
      }
    }
  }
  return
}
