// PolyBench 4.2.1 jacobi-2d, TSTEPS = 500, N = 1300, double precision.
// Five-point averages from A to B and back, TSTEPS times
func.func @kernel_jacobi_2d(%A: memref<1300x1300xf64>, %B: memref<1300x1300xf64>) {
  %fifth = arith.constant 0.2 : f64
  affine.for %t = 0 to 500 {
    affine.for %i = 1 to 1299 {
      affine.for %j = 1 to 1299 {
        %centre = affine.load %A[%i, %j] : memref<1300x1300xf64>
        %west = affine.load %A[%i, %j - 1] : memref<1300x1300xf64>
        %sum1 = arith.addf %centre, %west : f64
        %east = affine.load %A[%i, %j + 1] : memref<1300x1300xf64>
        %sum2 = arith.addf %sum1, %east : f64
        %south = affine.load %A[%i + 1, %j] : memref<1300x1300xf64>
        %sum3 = arith.addf %sum2, %south : f64
        %north = affine.load %A[%i - 1, %j] : memref<1300x1300xf64>
        %sum4 = arith.addf %sum3, %north : f64
        %mean = arith.mulf %fifth, %sum4 : f64
        affine.store %mean, %B[%i, %j] : memref<1300x1300xf64>
      }
    }
    affine.for %i = 1 to 1299 {
      affine.for %j = 1 to 1299 {
        %centre = affine.load %B[%i, %j] : memref<1300x1300xf64>
        %west = affine.load %B[%i, %j - 1] : memref<1300x1300xf64>
        %sum1 = arith.addf %centre, %west : f64
        %east = affine.load %B[%i, %j + 1] : memref<1300x1300xf64>
        %sum2 = arith.addf %sum1, %east : f64
        %south = affine.load %B[%i + 1, %j] : memref<1300x1300xf64>
        %sum3 = arith.addf %sum2, %south : f64
        %north = affine.load %B[%i - 1, %j] : memref<1300x1300xf64>
        %sum4 = arith.addf %sum3, %north : f64
        %mean = arith.mulf %fifth, %sum4 : f64
        affine.store %mean, %A[%i, %j] : memref<1300x1300xf64>
      }
    }
  }
  return
}
