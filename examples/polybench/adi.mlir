// PolyBench 4.2.1 adi, TSTEPS = 500, N = 1000, double precision.
// Heat equation by alternating directions: tridiagonal solves along columns, then along rows
func.func @kernel_adi(
    %u: memref<1000x1000xf64>,
    %v: memref<1000x1000xf64>,
    %p: memref<1000x1000xf64>,
    %q: memref<1000x1000xf64>) {
  %cst_0 = arith.constant 1.0 : f64
  %cst_1 = arith.constant 0.0 : f64
  %cst_2 = arith.constant 2000.0000000000002 : f64
  %cst_3 = arith.constant -2000.0000000000002 : f64
  %cst_4 = arith.constant 4001.0000000000005 : f64
  %cst_5 = arith.constant 1000.0000000000001 : f64
  %cst_6 = arith.constant -1999.0000000000002 : f64
  %cst_7 = arith.constant -1000.0000000000001 : f64
  %cst_8 = arith.constant 2001.0000000000002 : f64
  %cst_9 = arith.constant -3999.0000000000005 : f64
  affine.for %t = 1 to 501 {
    affine.for %i = 1 to 999 {
      affine.store %cst_0, %v[0, %i] : memref<1000x1000xf64>
      affine.store %cst_1, %p[%i, 0] : memref<1000x1000xf64>
      %0 = affine.load %v[0, %i] : memref<1000x1000xf64>
      affine.store %0, %q[%i, 0] : memref<1000x1000xf64>
      affine.for %j = 1 to 999 {
        %1 = affine.load %p[%i, %j - 1] : memref<1000x1000xf64>
        %2 = arith.mulf %cst_3, %1 : f64
        %3 = arith.addf %2, %cst_4 : f64
        %4 = arith.divf %cst_2, %3 : f64
        affine.store %4, %p[%i, %j] : memref<1000x1000xf64>
        %5 = affine.load %u[%j, %i - 1] : memref<1000x1000xf64>
        %6 = arith.mulf %cst_5, %5 : f64
        %7 = affine.load %u[%j, %i] : memref<1000x1000xf64>
        %8 = arith.mulf %cst_6, %7 : f64
        %9 = arith.addf %6, %8 : f64
        %10 = affine.load %u[%j, %i + 1] : memref<1000x1000xf64>
        %11 = arith.mulf %cst_7, %10 : f64
        %12 = arith.subf %9, %11 : f64
        %13 = affine.load %q[%i, %j - 1] : memref<1000x1000xf64>
        %14 = arith.mulf %cst_3, %13 : f64
        %15 = arith.subf %12, %14 : f64
        %16 = affine.load %p[%i, %j - 1] : memref<1000x1000xf64>
        %17 = arith.mulf %cst_3, %16 : f64
        %18 = arith.addf %17, %cst_4 : f64
        %19 = arith.divf %15, %18 : f64
        affine.store %19, %q[%i, %j] : memref<1000x1000xf64>
      }
      affine.store %cst_0, %v[999, %i] : memref<1000x1000xf64>
      affine.for %j = 0 to 998 {
        %20 = affine.load %p[%i, 998 - %j] : memref<1000x1000xf64>
        %21 = affine.load %v[999 - %j, %i] : memref<1000x1000xf64>
        %22 = arith.mulf %20, %21 : f64
        %23 = affine.load %q[%i, 998 - %j] : memref<1000x1000xf64>
        %24 = arith.addf %22, %23 : f64
        affine.store %24, %v[998 - %j, %i] : memref<1000x1000xf64>
      }
    }
    affine.for %i = 1 to 999 {
      affine.store %cst_0, %u[%i, 0] : memref<1000x1000xf64>
      affine.store %cst_1, %p[%i, 0] : memref<1000x1000xf64>
      %25 = affine.load %u[%i, 0] : memref<1000x1000xf64>
      affine.store %25, %q[%i, 0] : memref<1000x1000xf64>
      affine.for %j = 1 to 999 {
        %26 = affine.load %p[%i, %j - 1] : memref<1000x1000xf64>
        %27 = arith.mulf %cst_7, %26 : f64
        %28 = arith.addf %27, %cst_8 : f64
        %29 = arith.divf %cst_5, %28 : f64
        affine.store %29, %p[%i, %j] : memref<1000x1000xf64>
        %30 = affine.load %v[%i - 1, %j] : memref<1000x1000xf64>
        %31 = arith.mulf %cst_2, %30 : f64
        %32 = affine.load %v[%i, %j] : memref<1000x1000xf64>
        %33 = arith.mulf %cst_9, %32 : f64
        %34 = arith.addf %31, %33 : f64
        %35 = affine.load %v[%i + 1, %j] : memref<1000x1000xf64>
        %36 = arith.mulf %cst_3, %35 : f64
        %37 = arith.subf %34, %36 : f64
        %38 = affine.load %q[%i, %j - 1] : memref<1000x1000xf64>
        %39 = arith.mulf %cst_7, %38 : f64
        %40 = arith.subf %37, %39 : f64
        %41 = affine.load %p[%i, %j - 1] : memref<1000x1000xf64>
        %42 = arith.mulf %cst_7, %41 : f64
        %43 = arith.addf %42, %cst_8 : f64
        %44 = arith.divf %40, %43 : f64
        affine.store %44, %q[%i, %j] : memref<1000x1000xf64>
      }
      affine.store %cst_0, %u[%i, 999] : memref<1000x1000xf64>
      affine.for %j = 0 to 998 {
        %45 = affine.load %p[%i, 998 - %j] : memref<1000x1000xf64>
        %46 = affine.load %u[%i, 999 - %j] : memref<1000x1000xf64>
        %47 = arith.mulf %45, %46 : f64
        %48 = affine.load %q[%i, 998 - %j] : memref<1000x1000xf64>
        %49 = arith.addf %47, %48 : f64
        affine.store %49, %u[%i, 998 - %j] : memref<1000x1000xf64>
      }
    }
  }
  return
}
