// PolyBench 4.2.1 cholesky, N = 2000, double precision.
// The lower triangle of A becomes L with A = L L^T
func.func @kernel_cholesky(%A: memref<2000x2000xf64>) {
  affine.for %i = 0 to 2000 {
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      affine.for %k = 0 to affine_map<(d0) -> (d0)>(%j) {
        %left = affine.load %A[%i, %k] : memref<2000x2000xf64>
        %right = affine.load %A[%j, %k] : memref<2000x2000xf64>
        %product = arith.mulf %left, %right : f64
        %old = affine.load %A[%i, %j] : memref<2000x2000xf64>
        %difference = arith.subf %old, %product : f64
        affine.store %difference, %A[%i, %j] : memref<2000x2000xf64>
      }
      %old = affine.load %A[%i, %j] : memref<2000x2000xf64>
      %pivot = affine.load %A[%j, %j] : memref<2000x2000xf64>
      %quotient = arith.divf %old, %pivot : f64
      affine.store %quotient, %A[%i, %j] : memref<2000x2000xf64>
    }
    affine.for %k = 0 to affine_map<(d0) -> (d0)>(%i) {
      %left = affine.load %A[%i, %k] : memref<2000x2000xf64>
      %right = affine.load %A[%i, %k] : memref<2000x2000xf64>
      %square = arith.mulf %left, %right : f64
      %old = affine.load %A[%i, %i] : memref<2000x2000xf64>
      %difference = arith.subf %old, %square : f64
      affine.store %difference, %A[%i, %i] : memref<2000x2000xf64>
    }
    %diagonal = affine.load %A[%i, %i] : memref<2000x2000xf64>
    %root = math.sqrt %diagonal : f64
    affine.store %root, %A[%i, %i] : memref<2000x2000xf64>
  }
  return
}
