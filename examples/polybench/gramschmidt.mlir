// PolyBench 4.2.1 gramschmidt, M = 1000, N = 1200, double precision.
// A = Q R by the modified Gram-Schmidt process; A is overwritten
func.func @kernel_gramschmidt(
    %A: memref<1000x1200xf64>,
    %R: memref<1200x1200xf64>,
    %Q: memref<1000x1200xf64>) {
  %cst_0 = arith.constant 0.0 : f64
  affine.for %k = 0 to 1200 {
    %nrm = memref.alloca() : memref<f64>
    affine.store %cst_0, %nrm[] : memref<f64>
    affine.for %i = 0 to 1000 {
      %0 = affine.load %nrm[] : memref<f64>
      %1 = affine.load %A[%i, %k] : memref<1000x1200xf64>
      %2 = affine.load %A[%i, %k] : memref<1000x1200xf64>
      %3 = arith.mulf %1, %2 : f64
      %4 = arith.addf %0, %3 : f64
      affine.store %4, %nrm[] : memref<f64>
    }
    %5 = affine.load %nrm[] : memref<f64>
    %6 = math.sqrt %5 : f64
    affine.store %6, %R[%k, %k] : memref<1200x1200xf64>
    affine.for %i = 0 to 1000 {
      %7 = affine.load %A[%i, %k] : memref<1000x1200xf64>
      %8 = affine.load %R[%k, %k] : memref<1200x1200xf64>
      %9 = arith.divf %7, %8 : f64
      affine.store %9, %Q[%i, %k] : memref<1000x1200xf64>
    }
    affine.for %j = affine_map<(d0) -> (d0 + 1)>(%k) to 1200 {
      affine.store %cst_0, %R[%k, %j] : memref<1200x1200xf64>
      affine.for %i = 0 to 1000 {
        %10 = affine.load %R[%k, %j] : memref<1200x1200xf64>
        %11 = affine.load %Q[%i, %k] : memref<1000x1200xf64>
        %12 = affine.load %A[%i, %j] : memref<1000x1200xf64>
        %13 = arith.mulf %11, %12 : f64
        %14 = arith.addf %10, %13 : f64
        affine.store %14, %R[%k, %j] : memref<1200x1200xf64>
      }
      affine.for %i = 0 to 1000 {
        %15 = affine.load %A[%i, %j] : memref<1000x1200xf64>
        %16 = affine.load %Q[%i, %k] : memref<1000x1200xf64>
        %17 = affine.load %R[%k, %j] : memref<1200x1200xf64>
        %18 = arith.mulf %16, %17 : f64
        %19 = arith.subf %15, %18 : f64
        affine.store %19, %A[%i, %j] : memref<1000x1200xf64>
      }
    }
  }
  return
}
