// PolyBench 4.2.1 2mm, NI = 800, NJ = 900, NK = 1100, NL = 1200, double precision.
// D := alpha A B C + beta D, by way of tmp := alpha A B
func.func @kernel_2mm(
    %tmp: memref<800x900xf64>,
    %A: memref<800x1100xf64>,
    %B: memref<1100x900xf64>,
    %C: memref<900x1200xf64>,
    %D: memref<800x1200xf64>) {
  %cst_0 = arith.constant 0.0 : f64
  %cst_1 = arith.constant 1.5 : f64
  %cst_2 = arith.constant 1.2 : f64
  affine.for %i = 0 to 800 {
    affine.for %j = 0 to 900 {
      affine.store %cst_0, %tmp[%i, %j] : memref<800x900xf64>
      affine.for %k = 0 to 1100 {
        %0 = affine.load %tmp[%i, %j] : memref<800x900xf64>
        %1 = affine.load %A[%i, %k] : memref<800x1100xf64>
        %2 = arith.mulf %cst_1, %1 : f64
        %3 = affine.load %B[%k, %j] : memref<1100x900xf64>
        %4 = arith.mulf %2, %3 : f64
        %5 = arith.addf %0, %4 : f64
        affine.store %5, %tmp[%i, %j] : memref<800x900xf64>
      }
    }
  }
  affine.for %i = 0 to 800 {
    affine.for %j = 0 to 1200 {
      %6 = affine.load %D[%i, %j] : memref<800x1200xf64>
      %7 = arith.mulf %6, %cst_2 : f64
      affine.store %7, %D[%i, %j] : memref<800x1200xf64>
      affine.for %k = 0 to 900 {
        %8 = affine.load %D[%i, %j] : memref<800x1200xf64>
        %9 = affine.load %tmp[%i, %k] : memref<800x900xf64>
        %10 = affine.load %C[%k, %j] : memref<900x1200xf64>
        %11 = arith.mulf %9, %10 : f64
        %12 = arith.addf %8, %11 : f64
        affine.store %12, %D[%i, %j] : memref<800x1200xf64>
      }
    }
  }
  return
}
