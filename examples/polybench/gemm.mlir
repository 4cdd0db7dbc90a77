// PolyBench 4.2.1 gemm, NI = 1000, NJ = 1100, NK = 1200, double precision.
// C := alpha A B + beta C
func.func @kernel_gemm(%C: memref<1000x1100xf64>, %A: memref<1000x1200xf64>,
                       %B: memref<1200x1100xf64>) {
  %alpha = arith.constant 1.5 : f64
  %beta = arith.constant 1.2 : f64
  affine.for %i = 0 to 1000 {
    affine.for %j = 0 to 1100 {
      %c = affine.load %C[%i, %j] : memref<1000x1100xf64>
      %scaled = arith.mulf %c, %beta : f64
      affine.store %scaled, %C[%i, %j] : memref<1000x1100xf64>
    }
    affine.for %k = 0 to 1200 {
      affine.for %j = 0 to 1100 {
        %a = affine.load %A[%i, %k] : memref<1000x1200xf64>
        %scaled = arith.mulf %alpha, %a : f64
        %b = affine.load %B[%k, %j] : memref<1200x1100xf64>
        %product = arith.mulf %scaled, %b : f64
        %c = affine.load %C[%i, %j] : memref<1000x1100xf64>
        %sum = arith.addf %c, %product : f64
        affine.store %sum, %C[%i, %j] : memref<1000x1100xf64>
      }
    }
  }
  return
}
