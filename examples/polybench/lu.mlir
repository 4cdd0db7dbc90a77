// PolyBench 4.2.1 lu, N = 2000, double precision.
// A becomes L and U with A = L U, where L has ones on the diagonal
func.func @kernel_lu(
    %A: memref<2000x2000xf64>) {
  affine.for %i = 0 to 2000 {
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%j) {
        %0 = affine.load %A[%i, %j] : memref<2000x2000xf64>
        %1 = affine.load %A[%i, %k] : memref<2000x2000xf64>
        %2 = affine.load %A[%k, %j] : memref<2000x2000xf64>
        %3 = arith.mulf %1, %2 : f64
        %4 = arith.subf %0, %3 : f64
        affine.store %4, %A[%i, %j] : memref<2000x2000xf64>
      }
      %5 = affine.load %A[%i, %j] : memref<2000x2000xf64>
      %6 = affine.load %A[%j, %j] : memref<2000x2000xf64>
      %7 = arith.divf %5, %6 : f64
      affine.store %7, %A[%i, %j] : memref<2000x2000xf64>
    }
    affine.for %j = affine_map<(d0) -> (d0)>(%i) to 2000 {
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%i) {
        %8 = affine.load %A[%i, %j] : memref<2000x2000xf64>
        %9 = affine.load %A[%i, %k] : memref<2000x2000xf64>
        %10 = affine.load %A[%k, %j] : memref<2000x2000xf64>
        %11 = arith.mulf %9, %10 : f64
        %12 = arith.subf %8, %11 : f64
        affine.store %12, %A[%i, %j] : memref<2000x2000xf64>
      }
    }
  }
  return
}
