// PolyBench 4.2.1 correlation, M = 1200, N = 1400, double precision.
// corr := correlation matrix of the columns of data, which are centred and scaled in place
func.func @kernel_correlation(
    %data: memref<1400x1200xf64>,
    %corr: memref<1200x1200xf64>,
    %mean: memref<1200xf64>,
    %stddev: memref<1200xf64>) {
  %cst_0 = arith.constant 0.0 : f64
  %cst_1 = arith.constant 1400.0 : f64
  %cst_2 = arith.constant 0.1 : f64
  %cst_3 = arith.constant 1.0 : f64
  %cst_4 = arith.constant 37.416573867739416 : f64
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
  affine.for %j = 0 to 1200 {
    affine.store %cst_0, %stddev[%j] : memref<1200xf64>
    affine.for %i = 0 to 1400 {
      %5 = affine.load %stddev[%j] : memref<1200xf64>
      %6 = affine.load %data[%i, %j] : memref<1400x1200xf64>
      %7 = affine.load %mean[%j] : memref<1200xf64>
      %8 = arith.subf %6, %7 : f64
      %9 = affine.load %data[%i, %j] : memref<1400x1200xf64>
      %10 = affine.load %mean[%j] : memref<1200xf64>
      %11 = arith.subf %9, %10 : f64
      %12 = arith.mulf %8, %11 : f64
      %13 = arith.addf %5, %12 : f64
      affine.store %13, %stddev[%j] : memref<1200xf64>
    }
    %14 = affine.load %stddev[%j] : memref<1200xf64>
    %15 = arith.divf %14, %cst_1 : f64
    affine.store %15, %stddev[%j] : memref<1200xf64>
    %16 = affine.load %stddev[%j] : memref<1200xf64>
    %17 = math.sqrt %16 : f64
    affine.store %17, %stddev[%j] : memref<1200xf64>
    %18 = affine.load %stddev[%j] : memref<1200xf64>
    %19 = affine.load %stddev[%j] : memref<1200xf64>
    %20 = arith.cmpf ole, %18, %cst_2 : f64
    %21 = arith.select %20, %cst_3, %19 : f64
    affine.store %21, %stddev[%j] : memref<1200xf64>
  }
  affine.for %i = 0 to 1400 {
    affine.for %j = 0 to 1200 {
      %22 = affine.load %data[%i, %j] : memref<1400x1200xf64>
      %23 = affine.load %mean[%j] : memref<1200xf64>
      %24 = arith.subf %22, %23 : f64
      affine.store %24, %data[%i, %j] : memref<1400x1200xf64>
      %25 = affine.load %data[%i, %j] : memref<1400x1200xf64>
      %26 = affine.load %stddev[%j] : memref<1200xf64>
      %27 = arith.mulf %cst_4, %26 : f64
      %28 = arith.divf %25, %27 : f64
      affine.store %28, %data[%i, %j] : memref<1400x1200xf64>
    }
  }
  affine.for %i = 0 to 1199 {
    affine.store %cst_3, %corr[%i, %i] : memref<1200x1200xf64>
    affine.for %j = affine_map<(d0) -> (d0 + 1)>(%i) to 1200 {
      affine.store %cst_0, %corr[%i, %j] : memref<1200x1200xf64>
      affine.for %k = 0 to 1400 {
        %29 = affine.load %corr[%i, %j] : memref<1200x1200xf64>
        %30 = affine.load %data[%k, %i] : memref<1400x1200xf64>
        %31 = affine.load %data[%k, %j] : memref<1400x1200xf64>
        %32 = arith.mulf %30, %31 : f64
        %33 = arith.addf %29, %32 : f64
        affine.store %33, %corr[%i, %j] : memref<1200x1200xf64>
      }
      %34 = affine.load %corr[%i, %j] : memref<1200x1200xf64>
      affine.store %34, %corr[%j, %i] : memref<1200x1200xf64>
    }
  }
  affine.store %cst_3, %corr[1199, 1199] : memref<1200x1200xf64>
  return
}
