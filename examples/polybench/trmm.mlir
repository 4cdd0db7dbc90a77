// PolyBench 4.2.1 trmm, M = 1000, N = 1200, double precision.
// B := alpha A^T B, with A unit lower triangular
func.func @kernel_trmm(%A: memref<1000x1000xf64>, %B: memref<1000x1200xf64>) {
  %alpha = arith.constant 1.5 : f64
  affine.for %i = 0 to 1000 {
    affine.for %j = 0 to 1200 {
      affine.for %k = affine_map<(d0) -> (d0 + 1)>(%i) to 1000 {
        %a = affine.load %A[%k, %i] : memref<1000x1000xf64>
        %b = affine.load %B[%k, %j] : memref<1000x1200xf64>
        %product = arith.mulf %a, %b : f64
        %old = affine.load %B[%i, %j] : memref<1000x1200xf64>
        %sum = arith.addf %old, %product : f64
        affine.store %sum, %B[%i, %j] : memref<1000x1200xf64>
      }
      %b = affine.load %B[%i, %j] : memref<1000x1200xf64>
      %scaled = arith.mulf %alpha, %b : f64
      affine.store %scaled, %B[%i, %j] : memref<1000x1200xf64>
    }
  }
  return
}
