// PolyBench 4.2.1 2mm, NI = 800, NJ = 900, NK = 1100, NL = 1200, double precision.
// D := alpha A B C + beta D, by way of tmp := alpha A B
func.func @kernel_2mm(%tmp: memref<800x900xf64>, %A: memref<800x1100xf64>,
                      %B: memref<1100x900xf64>, %C: memref<900x1200xf64>,
                      %D: memref<800x1200xf64>) {
  %zero = arith.constant 0.0 : f64
  %alpha = arith.constant 1.5 : f64
  %beta = arith.constant 1.2 : f64
  affine.for %i = 0 to 800 {
    affine.for %j = 0 to 900 {
      affine.store %zero, %tmp[%i, %j] : memref<800x900xf64>
      affine.for %k = 0 to 1100 {
        %a = affine.load %A[%i, %k] : memref<800x1100xf64>
        %scaled = arith.mulf %alpha, %a : f64
        %b = affine.load %B[%k, %j] : memref<1100x900xf64>
        %product = arith.mulf %scaled, %b : f64
        %t = affine.load %tmp[%i, %j] : memref<800x900xf64>
        %sum = arith.addf %t, %product : f64
        affine.store %sum, %tmp[%i, %j] : memref<800x900xf64>
      }
    }
  }
  affine.for %i = 0 to 800 {
    affine.for %j = 0 to 1200 {
      %d = affine.load %D[%i, %j] : memref<800x1200xf64>
      %scaled = arith.mulf %d, %beta : f64
      affine.store %scaled, %D[%i, %j] : memref<800x1200xf64>
      affine.for %k = 0 to 900 {
        %t = affine.load %tmp[%i, %k] : memref<800x900xf64>
        %c = affine.load %C[%k, %j] : memref<900x1200xf64>
        %product = arith.mulf %t, %c : f64
        %old = affine.load %D[%i, %j] : memref<800x1200xf64>
        %sum = arith.addf %old, %product : f64
        affine.store %sum, %D[%i, %j] : memref<800x1200xf64>
      }
    }
  }
  return
}
