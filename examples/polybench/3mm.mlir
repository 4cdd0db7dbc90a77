// PolyBench 4.2.1 3mm, NI = 800, NJ = 900, NK = 1000, NL = 1100, NM = 1200, double precision.
// G := (A B) (C D), by way of E := A B and F := C D
func.func @kernel_3mm(
    %E: memref<800x900xf64>,
    %A: memref<800x1000xf64>,
    %B: memref<1000x900xf64>,
    %F: memref<900x1100xf64>,
    %C: memref<900x1200xf64>,
    %D: memref<1200x1100xf64>,
    %G: memref<800x1100xf64>) {
  %cst_0 = arith.constant 0.0 : f64
  affine.for %i = 0 to 800 {
    affine.for %j = 0 to 900 {
      affine.store %cst_0, %E[%i, %j] : memref<800x900xf64>
      affine.for %k = 0 to 1000 {
        %0 = affine.load %E[%i, %j] : memref<800x900xf64>
        %1 = affine.load %A[%i, %k] : memref<800x1000xf64>
        %2 = affine.load %B[%k, %j] : memref<1000x900xf64>
        %3 = arith.mulf %1, %2 : f64
        %4 = arith.addf %0, %3 : f64
        affine.store %4, %E[%i, %j] : memref<800x900xf64>
      }
    }
  }
  affine.for %i = 0 to 900 {
    affine.for %j = 0 to 1100 {
      affine.store %cst_0, %F[%i, %j] : memref<900x1100xf64>
      affine.for %k = 0 to 1200 {
        %5 = affine.load %F[%i, %j] : memref<900x1100xf64>
        %6 = affine.load %C[%i, %k] : memref<900x1200xf64>
        %7 = affine.load %D[%k, %j] : memref<1200x1100xf64>
        %8 = arith.mulf %6, %7 : f64
        %9 = arith.addf %5, %8 : f64
        affine.store %9, %F[%i, %j] : memref<900x1100xf64>
      }
    }
  }
  affine.for %i = 0 to 800 {
    affine.for %j = 0 to 1100 {
      affine.store %cst_0, %G[%i, %j] : memref<800x1100xf64>
      affine.for %k = 0 to 900 {
        %10 = affine.load %G[%i, %j] : memref<800x1100xf64>
        %11 = affine.load %E[%i, %k] : memref<800x900xf64>
        %12 = affine.load %F[%k, %j] : memref<900x1100xf64>
        %13 = arith.mulf %11, %12 : f64
        %14 = arith.addf %10, %13 : f64
        affine.store %14, %G[%i, %j] : memref<800x1100xf64>
      }
    }
  }
  return
}
