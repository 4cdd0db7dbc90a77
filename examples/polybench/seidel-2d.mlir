// PolyBench 4.2.1 seidel-2d, TSTEPS = 500, N = 2000, double precision.
// Nine-point averages in place, TSTEPS times
func.func @kernel_seidel_2d(%A: memref<2000x2000xf64>) {
  %nine = arith.constant 9.0 : f64
  affine.for %t = 0 to 500 {
    affine.for %i = 1 to 1999 {
      affine.for %j = 1 to 1999 {
        %northwest = affine.load %A[%i - 1, %j - 1] : memref<2000x2000xf64>
        %north = affine.load %A[%i - 1, %j] : memref<2000x2000xf64>
        %sum1 = arith.addf %northwest, %north : f64
        %northeast = affine.load %A[%i - 1, %j + 1] : memref<2000x2000xf64>
        %sum2 = arith.addf %sum1, %northeast : f64
        %west = affine.load %A[%i, %j - 1] : memref<2000x2000xf64>
        %sum3 = arith.addf %sum2, %west : f64
        %centre = affine.load %A[%i, %j] : memref<2000x2000xf64>
        %sum4 = arith.addf %sum3, %centre : f64
        %east = affine.load %A[%i, %j + 1] : memref<2000x2000xf64>
        %sum5 = arith.addf %sum4, %east : f64
        %southwest = affine.load %A[%i + 1, %j - 1] : memref<2000x2000xf64>
        %sum6 = arith.addf %sum5, %southwest : f64
        %south = affine.load %A[%i + 1, %j] : memref<2000x2000xf64>
        %sum7 = arith.addf %sum6, %south : f64
        %southeast = affine.load %A[%i + 1, %j + 1] : memref<2000x2000xf64>
        %sum8 = arith.addf %sum7, %southeast : f64
        %mean = arith.divf %sum8, %nine : f64
        affine.store %mean, %A[%i, %j] : memref<2000x2000xf64>
      }
    }
  }
  return
}
