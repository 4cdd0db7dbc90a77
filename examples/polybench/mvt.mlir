// PolyBench 4.2.1 mvt, N = 2000, double precision.
// x1 := x1 + A y1 and x2 := x2 + A^T y2
func.func @kernel_mvt(
    %x1: memref<2000xf64>,
    %x2: memref<2000xf64>,
    %y1: memref<2000xf64>,
    %y2: memref<2000xf64>,
    %A: memref<2000x2000xf64>) {
  affine.for %i = 0 to 2000 {
    affine.for %j = 0 to 2000 {
      %0 = affine.load %x1[%i] : memref<2000xf64>
      %1 = affine.load %A[%i, %j] : memref<2000x2000xf64>
      %2 = affine.load %y1[%j] : memref<2000xf64>
      %3 = arith.mulf %1, %2 : f64
      %4 = arith.addf %0, %3 : f64
      affine.store %4, %x1[%i] : memref<2000xf64>
    }
  }
  affine.for %i = 0 to 2000 {
    affine.for %j = 0 to 2000 {
      %5 = affine.load %x2[%i] : memref<2000xf64>
      %6 = affine.load %A[%j, %i] : memref<2000x2000xf64>
      %7 = affine.load %y2[%j] : memref<2000xf64>
      %8 = arith.mulf %6, %7 : f64
      %9 = arith.addf %5, %8 : f64
      affine.store %9, %x2[%i] : memref<2000xf64>
    }
  }
  return
}
