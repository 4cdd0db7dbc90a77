// PolyBench 4.2.1 symm, M = 1000, N = 1200, double precision.
// C := alpha A B + beta C, with A symmetric and stored in its lower triangle
func.func @kernel_symm(
    %C: memref<1000x1200xf64>,
    %A: memref<1000x1000xf64>,
    %B: memref<1000x1200xf64>) {
  %cst_0 = arith.constant 0.0 : f64
  %cst_1 = arith.constant 1.5 : f64
  %cst_2 = arith.constant 1.2 : f64
  affine.for %i = 0 to 1000 {
    affine.for %j = 0 to 1200 {
      %temp2 = memref.alloca() : memref<f64>
      affine.store %cst_0, %temp2[] : memref<f64>
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%i) {
        %0 = affine.load %C[%k, %j] : memref<1000x1200xf64>
        %1 = affine.load %B[%i, %j] : memref<1000x1200xf64>
        %2 = arith.mulf %cst_1, %1 : f64
        %3 = affine.load %A[%i, %k] : memref<1000x1000xf64>
        %4 = arith.mulf %2, %3 : f64
        %5 = arith.addf %0, %4 : f64
        affine.store %5, %C[%k, %j] : memref<1000x1200xf64>
        %6 = affine.load %temp2[] : memref<f64>
        %7 = affine.load %B[%k, %j] : memref<1000x1200xf64>
        %8 = affine.load %A[%i, %k] : memref<1000x1000xf64>
        %9 = arith.mulf %7, %8 : f64
        %10 = arith.addf %6, %9 : f64
        affine.store %10, %temp2[] : memref<f64>
      }
      %11 = affine.load %C[%i, %j] : memref<1000x1200xf64>
      %12 = arith.mulf %cst_2, %11 : f64
      %13 = affine.load %B[%i, %j] : memref<1000x1200xf64>
      %14 = arith.mulf %cst_1, %13 : f64
      %15 = affine.load %A[%i, %i] : memref<1000x1000xf64>
      %16 = arith.mulf %14, %15 : f64
      %17 = arith.addf %12, %16 : f64
      %18 = affine.load %temp2[] : memref<f64>
      %19 = arith.mulf %cst_1, %18 : f64
      %20 = arith.addf %17, %19 : f64
      affine.store %20, %C[%i, %j] : memref<1000x1200xf64>
    }
  }
  return
}
