// PolyBench 4.2.1 syrk, M = 1000, N = 1200, double precision.
// C := alpha A A^T + beta C, in the lower triangle
func.func @kernel_syrk(
    %C: memref<1200x1200xf64>,
    %A: memref<1200x1000xf64>) {
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
        %3 = affine.load %A[%i, %k] : memref<1200x1000xf64>
        %4 = arith.mulf %cst_1, %3 : f64
        %5 = affine.load %A[%j, %k] : memref<1200x1000xf64>
        %6 = arith.mulf %4, %5 : f64
        %7 = arith.addf %2, %6 : f64
        affine.store %7, %C[%i, %j] : memref<1200x1200xf64>
      }
    }
  }
  return
}
