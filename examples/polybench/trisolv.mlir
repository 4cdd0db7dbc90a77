// PolyBench 4.2.1 trisolv, N = 2000, double precision.
// Solves L x = b, with L lower triangular
func.func @kernel_trisolv(
    %L: memref<2000x2000xf64>,
    %x: memref<2000xf64>,
    %b: memref<2000xf64>) {
  affine.for %i = 0 to 2000 {
    %0 = affine.load %b[%i] : memref<2000xf64>
    affine.store %0, %x[%i] : memref<2000xf64>
    affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
      %1 = affine.load %x[%i] : memref<2000xf64>
      %2 = affine.load %L[%i, %j] : memref<2000x2000xf64>
      %3 = affine.load %x[%j] : memref<2000xf64>
      %4 = arith.mulf %2, %3 : f64
      %5 = arith.subf %1, %4 : f64
      affine.store %5, %x[%i] : memref<2000xf64>
    }
    %6 = affine.load %x[%i] : memref<2000xf64>
    %7 = affine.load %L[%i, %i] : memref<2000x2000xf64>
    %8 = arith.divf %6, %7 : f64
    affine.store %8, %x[%i] : memref<2000xf64>
  }
  return
}
