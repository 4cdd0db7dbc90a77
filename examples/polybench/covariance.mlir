// PolyBench 4.2.1 covariance, M = 1200, N = 1400, double precision.
// cov := covariance matrix of the columns of data, which are centred in place
func.func @kernel_covariance(
    %data: memref<1400x1200xf64>,
    %cov: memref<1200x1200xf64>,
    %mean: memref<1200xf64>) {
  %cst_0 = arith.constant 0.0 : f64
  %cst_1 = arith.constant 1400.0 : f64
  %cst_2 = arith.constant 1399.0 : f64
  affine.for %j = 0 to 1200 {
    affine.store %cst_0, %mean[%j] : memref<1200xf64>
    affine.for %i = 0 to 1400 {
      %0 = affine.load %mean[%j] : memref<1200xf64>
      %1 = affine.load %data[%i, %j] : memref<1400x1200xf64>
      %2 = arith.addf %0, %1 : f64
      affine.store %2, %mean[%j] : memref<1200xf64>
    }
    %3 = affine.load %mean[%j] : memref<1200xf64>
    %4 = arith.divf %3, %cst_1 : f64
    affine.store %4, %mean[%j] : memref<1200xf64>
  }
  affine.for %i = 0 to 1400 {
    affine.for %j = 0 to 1200 {
      %5 = affine.load %data[%i, %j] : memref<1400x1200xf64>
      %6 = affine.load %mean[%j] : memref<1200xf64>
      %7 = arith.subf %5, %6 : f64
      affine.store %7, %data[%i, %j] : memref<1400x1200xf64>
    }
  }
  affine.for %i = 0 to 1200 {
    affine.for %j = affine_map<(d0) -> (d0)>(%i) to 1200 {
      affine.store %cst_0, %cov[%i, %j] : memref<1200x1200xf64>
      affine.for %k = 0 to 1400 {
        %8 = affine.load %cov[%i, %j] : memref<1200x1200xf64>
        %9 = affine.load %data[%k, %i] : memref<1400x1200xf64>
        %10 = affine.load %data[%k, %j] : memref<1400x1200xf64>
        %11 = arith.mulf %9, %10 : f64
        %12 = arith.addf %8, %11 : f64
        affine.store %12, %cov[%i, %j] : memref<1200x1200xf64>
      }
      %13 = affine.load %cov[%i, %j] : memref<1200x1200xf64>
      %14 = arith.divf %13, %cst_2 : f64
      affine.store %14, %cov[%i, %j] : memref<1200x1200xf64>
      %15 = affine.load %cov[%i, %j] : memref<1200x1200xf64>
      affine.store %15, %cov[%j, %i] : memref<1200x1200xf64>
    }
  }
  return
}
