// PolyBench 4.2.1 gemver, N = 2000, double precision.
// A := A + u1 v1^T + u2 v2^T, x := beta A^T y + z and w := alpha A x
func.func @kernel_gemver(
    %A: memref<2000x2000xf64>,
    %u1: memref<2000xf64>,
    %v1: memref<2000xf64>,
    %u2: memref<2000xf64>,
    %v2: memref<2000xf64>,
    %w: memref<2000xf64>,
    %x: memref<2000xf64>,
    %y: memref<2000xf64>,
    %z: memref<2000xf64>) {
  %cst_0 = arith.constant 1.2 : f64
  %cst_1 = arith.constant 1.5 : f64
  affine.for %i = 0 to 2000 {
    affine.for %j = 0 to 2000 {
      %0 = affine.load %A[%i, %j] : memref<2000x2000xf64>
      %1 = affine.load %u1[%i] : memref<2000xf64>
      %2 = affine.load %v1[%j] : memref<2000xf64>
      %3 = arith.mulf %1, %2 : f64
      %4 = arith.addf %0, %3 : f64
      %5 = affine.load %u2[%i] : memref<2000xf64>
      %6 = affine.load %v2[%j] : memref<2000xf64>
      %7 = arith.mulf %5, %6 : f64
      %8 = arith.addf %4, %7 : f64
      affine.store %8, %A[%i, %j] : memref<2000x2000xf64>
    }
  }
  affine.for %i = 0 to 2000 {
    affine.for %j = 0 to 2000 {
      %9 = affine.load %x[%i] : memref<2000xf64>
      %10 = affine.load %A[%j, %i] : memref<2000x2000xf64>
      %11 = arith.mulf %cst_0, %10 : f64
      %12 = affine.load %y[%j] : memref<2000xf64>
      %13 = arith.mulf %11, %12 : f64
      %14 = arith.addf %9, %13 : f64
      affine.store %14, %x[%i] : memref<2000xf64>
    }
  }
  affine.for %i = 0 to 2000 {
    %15 = affine.load %x[%i] : memref<2000xf64>
    %16 = affine.load %z[%i] : memref<2000xf64>
    %17 = arith.addf %15, %16 : f64
    affine.store %17, %x[%i] : memref<2000xf64>
  }
  affine.for %i = 0 to 2000 {
    affine.for %j = 0 to 2000 {
      %18 = affine.load %w[%i] : memref<2000xf64>
      %19 = affine.load %A[%i, %j] : memref<2000x2000xf64>
      %20 = arith.mulf %cst_1, %19 : f64
      %21 = affine.load %x[%j] : memref<2000xf64>
      %22 = arith.mulf %20, %21 : f64
      %23 = arith.addf %18, %22 : f64
      affine.store %23, %w[%i] : memref<2000xf64>
    }
  }
  return
}
