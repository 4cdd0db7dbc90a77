// PolyBench 4.2.1 trmm, M = 1000, N = 1200, double precision.
// B := alpha A^T B, with A unit lower triangular
func.func @kernel_trmm(
    %A: memref<1000x1000xf64>,
    %B: memref<1000x1200xf64>) {
  %cst_0 = arith.constant 1.5 : f64
  affine.for %i = 0 to 1000 {
    affine.for %j = 0 to 1200 {
      affine.for %k = affine_map<(d0) -> (d0 + 1)>(%i) to 1000 {
        %0 = affine.load %B[%i, %j] : memref<1000x1200xf64>
        %1 = affine.load %A[%k, %i] : memref<1000x1000xf64>
        %2 = affine.load %B[%k, %j] : memref<1000x1200xf64>
        %3 = arith.mulf %1, %2 : f64
        %4 = arith.addf %0, %3 : f64
        affine.store %4, %B[%i, %j] : memref<1000x1200xf64>
      }
      %5 = affine.load %B[%i, %j] : memref<1000x1200xf64>
      %6 = arith.mulf %cst_0, %5 : f64
      affine.store %6, %B[%i, %j] : memref<1000x1200xf64>
    }
  }
  return
}
