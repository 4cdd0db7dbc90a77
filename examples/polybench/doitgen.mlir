// PolyBench 4.2.1 doitgen, NQ = 140, NR = 150, NP = 160, double precision.
// Every row A[r][q] becomes A[r][q] C4
func.func @kernel_doitgen(
    %A: memref<150x140x160xf64>,
    %C4: memref<160x160xf64>,
    %sum: memref<160xf64>) {
  %cst_0 = arith.constant 0.0 : f64
  affine.for %r = 0 to 150 {
    affine.for %q = 0 to 140 {
      affine.for %p = 0 to 160 {
        affine.store %cst_0, %sum[%p] : memref<160xf64>
        affine.for %s = 0 to 160 {
          %0 = affine.load %sum[%p] : memref<160xf64>
          %1 = affine.load %A[%r, %q, %s] : memref<150x140x160xf64>
          %2 = affine.load %C4[%s, %p] : memref<160x160xf64>
          %3 = arith.mulf %1, %2 : f64
          %4 = arith.addf %0, %3 : f64
          affine.store %4, %sum[%p] : memref<160xf64>
        }
      }
      affine.for %p = 0 to 160 {
        %5 = affine.load %sum[%p] : memref<160xf64>
        affine.store %5, %A[%r, %q, %p] : memref<150x140x160xf64>
      }
    }
  }
  return
}
