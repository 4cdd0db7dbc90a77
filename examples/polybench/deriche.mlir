// PolyBench 4.2.1 deriche, W = 4096, H = 2160, double precision.
// Recursive smoothing of an image: forwards and backwards along rows, then along columns
func.func @kernel_deriche(
    %imgIn: memref<4096x2160xf64>,
    %imgOut: memref<4096x2160xf64>,
    %y1: memref<4096x2160xf64>,
    %y2: memref<4096x2160xf64>) {
  %cst_0 = arith.constant 0.0 : f64
  %cst_1 = arith.constant -0.18868165852083035 : f64
  %cst_2 = arith.constant 0.11020906755542557 : f64
  %cst_3 = arith.constant 0.8408964152537145 : f64
  %cst_4 = arith.constant -0.6065306597126334 : f64
  %cst_5 = arith.constant -0.1836817792590426 : f64
  %cst_6 = arith.constant 0.11444121081831306 : f64
  %cst_7 = arith.constant 1.0 : f64
  affine.for %i = 0 to 4096 {
    %ym1 = memref.alloca() : memref<f64>
    %ym2 = memref.alloca() : memref<f64>
    %xm1 = memref.alloca() : memref<f64>
    affine.store %cst_0, %ym1[] : memref<f64>
    affine.store %cst_0, %ym2[] : memref<f64>
    affine.store %cst_0, %xm1[] : memref<f64>
    affine.for %j = 0 to 2160 {
      %0 = affine.load %imgIn[%i, %j] : memref<4096x2160xf64>
      %1 = arith.mulf %cst_1, %0 : f64
      %2 = affine.load %xm1[] : memref<f64>
      %3 = arith.mulf %cst_2, %2 : f64
      %4 = arith.addf %1, %3 : f64
      %5 = affine.load %ym1[] : memref<f64>
      %6 = arith.mulf %cst_3, %5 : f64
      %7 = arith.addf %4, %6 : f64
      %8 = affine.load %ym2[] : memref<f64>
      %9 = arith.mulf %cst_4, %8 : f64
      %10 = arith.addf %7, %9 : f64
      affine.store %10, %y1[%i, %j] : memref<4096x2160xf64>
      %11 = affine.load %imgIn[%i, %j] : memref<4096x2160xf64>
      affine.store %11, %xm1[] : memref<f64>
      %12 = affine.load %ym1[] : memref<f64>
      affine.store %12, %ym2[] : memref<f64>
      %13 = affine.load %y1[%i, %j] : memref<4096x2160xf64>
      affine.store %13, %ym1[] : memref<f64>
    }
  }
  affine.for %i = 0 to 4096 {
    %yp1 = memref.alloca() : memref<f64>
    %yp2 = memref.alloca() : memref<f64>
    %xp1 = memref.alloca() : memref<f64>
    %xp2 = memref.alloca() : memref<f64>
    affine.store %cst_0, %yp1[] : memref<f64>
    affine.store %cst_0, %yp2[] : memref<f64>
    affine.store %cst_0, %xp1[] : memref<f64>
    affine.store %cst_0, %xp2[] : memref<f64>
    affine.for %j = 0 to 2160 {
      %14 = affine.load %xp1[] : memref<f64>
      %15 = arith.mulf %cst_5, %14 : f64
      %16 = affine.load %xp2[] : memref<f64>
      %17 = arith.mulf %cst_6, %16 : f64
      %18 = arith.addf %15, %17 : f64
      %19 = affine.load %yp1[] : memref<f64>
      %20 = arith.mulf %cst_3, %19 : f64
      %21 = arith.addf %18, %20 : f64
      %22 = affine.load %yp2[] : memref<f64>
      %23 = arith.mulf %cst_4, %22 : f64
      %24 = arith.addf %21, %23 : f64
      affine.store %24, %y2[%i, 2159 - %j] : memref<4096x2160xf64>
      %25 = affine.load %xp1[] : memref<f64>
      affine.store %25, %xp2[] : memref<f64>
      %26 = affine.load %imgIn[%i, 2159 - %j] : memref<4096x2160xf64>
      affine.store %26, %xp1[] : memref<f64>
      %27 = affine.load %yp1[] : memref<f64>
      affine.store %27, %yp2[] : memref<f64>
      %28 = affine.load %y2[%i, 2159 - %j] : memref<4096x2160xf64>
      affine.store %28, %yp1[] : memref<f64>
    }
  }
  affine.for %i = 0 to 4096 {
    affine.for %j = 0 to 2160 {
      %29 = affine.load %y1[%i, %j] : memref<4096x2160xf64>
      %30 = affine.load %y2[%i, %j] : memref<4096x2160xf64>
      %31 = arith.addf %29, %30 : f64
      %32 = arith.mulf %cst_7, %31 : f64
      affine.store %32, %imgOut[%i, %j] : memref<4096x2160xf64>
    }
  }
  affine.for %j = 0 to 2160 {
    %tm1 = memref.alloca() : memref<f64>
    %ym1 = memref.alloca() : memref<f64>
    %ym2 = memref.alloca() : memref<f64>
    affine.store %cst_0, %tm1[] : memref<f64>
    affine.store %cst_0, %ym1[] : memref<f64>
    affine.store %cst_0, %ym2[] : memref<f64>
    affine.for %i = 0 to 4096 {
      %33 = affine.load %imgOut[%i, %j] : memref<4096x2160xf64>
      %34 = arith.mulf %cst_1, %33 : f64
      %35 = affine.load %tm1[] : memref<f64>
      %36 = arith.mulf %cst_2, %35 : f64
      %37 = arith.addf %34, %36 : f64
      %38 = affine.load %ym1[] : memref<f64>
      %39 = arith.mulf %cst_3, %38 : f64
      %40 = arith.addf %37, %39 : f64
      %41 = affine.load %ym2[] : memref<f64>
      %42 = arith.mulf %cst_4, %41 : f64
      %43 = arith.addf %40, %42 : f64
      affine.store %43, %y1[%i, %j] : memref<4096x2160xf64>
      %44 = affine.load %imgOut[%i, %j] : memref<4096x2160xf64>
      affine.store %44, %tm1[] : memref<f64>
      %45 = affine.load %ym1[] : memref<f64>
      affine.store %45, %ym2[] : memref<f64>
      %46 = affine.load %y1[%i, %j] : memref<4096x2160xf64>
      affine.store %46, %ym1[] : memref<f64>
    }
  }
  affine.for %j = 0 to 2160 {
    %tp1 = memref.alloca() : memref<f64>
    %tp2 = memref.alloca() : memref<f64>
    %yp1 = memref.alloca() : memref<f64>
    %yp2 = memref.alloca() : memref<f64>
    affine.store %cst_0, %tp1[] : memref<f64>
    affine.store %cst_0, %tp2[] : memref<f64>
    affine.store %cst_0, %yp1[] : memref<f64>
    affine.store %cst_0, %yp2[] : memref<f64>
    affine.for %i = 0 to 4096 {
      %47 = affine.load %tp1[] : memref<f64>
      %48 = arith.mulf %cst_5, %47 : f64
      %49 = affine.load %tp2[] : memref<f64>
      %50 = arith.mulf %cst_6, %49 : f64
      %51 = arith.addf %48, %50 : f64
      %52 = affine.load %yp1[] : memref<f64>
      %53 = arith.mulf %cst_3, %52 : f64
      %54 = arith.addf %51, %53 : f64
      %55 = affine.load %yp2[] : memref<f64>
      %56 = arith.mulf %cst_4, %55 : f64
      %57 = arith.addf %54, %56 : f64
      affine.store %57, %y2[4095 - %i, %j] : memref<4096x2160xf64>
      %58 = affine.load %tp1[] : memref<f64>
      affine.store %58, %tp2[] : memref<f64>
      %59 = affine.load %imgOut[4095 - %i, %j] : memref<4096x2160xf64>
      affine.store %59, %tp1[] : memref<f64>
      %60 = affine.load %yp1[] : memref<f64>
      affine.store %60, %yp2[] : memref<f64>
      %61 = affine.load %y2[4095 - %i, %j] : memref<4096x2160xf64>
      affine.store %61, %yp1[] : memref<f64>
    }
  }
  affine.for %i = 0 to 4096 {
    affine.for %j = 0 to 2160 {
      %62 = affine.load %y1[%i, %j] : memref<4096x2160xf64>
      %63 = affine.load %y2[%i, %j] : memref<4096x2160xf64>
      %64 = arith.addf %62, %63 : f64
      %65 = arith.mulf %cst_7, %64 : f64
      affine.store %65, %imgOut[%i, %j] : memref<4096x2160xf64>
    }
  }
  return
}
