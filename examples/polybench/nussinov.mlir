// PolyBench 4.2.1 nussinov, N = 2500, 32-bit integers.
// Largest number of pairs in a folded sequence: bases pair where they add up to three
func.func @kernel_nussinov(
    %seq: memref<2500xi32>,
    %table: memref<2500x2500xi32>) {
  %cst_0 = arith.constant 3 : i32
  %cst_1 = arith.constant 1 : i32
  %cst_2 = arith.constant 0 : i32
  affine.for %i = 0 to 2500 {
    affine.for %j = affine_map<(d0) -> (2500 - d0)>(%i) to 2500 {
      affine.if affine_set<(d0) : (d0 - 1 >= 0)>(%j) {
        %0 = affine.load %table[2499 - %i, %j] : memref<2500x2500xi32>
        %1 = affine.load %table[2499 - %i, %j - 1] : memref<2500x2500xi32>
        %2 = arith.maxsi %0, %1 : i32
        affine.store %2, %table[2499 - %i, %j] : memref<2500x2500xi32>
      }
      affine.if affine_set<(d0) : (d0 - 1 >= 0)>(%i) {
        %3 = affine.load %table[2499 - %i, %j] : memref<2500x2500xi32>
        %4 = affine.load %table[2500 - %i, %j] : memref<2500x2500xi32>
        %5 = arith.maxsi %3, %4 : i32
        affine.store %5, %table[2499 - %i, %j] : memref<2500x2500xi32>
      }
      affine.if affine_set<(d0, d1) : (d1 - 1 >= 0, d0 - 1 >= 0)>(%i, %j) {
        affine.if affine_set<(d0, d1) : (d0 + d1 - 2501 >= 0)>(%i, %j) {
          %6 = affine.load %table[2499 - %i, %j] : memref<2500x2500xi32>
          %7 = affine.load %table[2500 - %i, %j - 1] : memref<2500x2500xi32>
          %8 = affine.load %seq[2499 - %i] : memref<2500xi32>
          %9 = affine.load %seq[%j] : memref<2500xi32>
          %10 = arith.addi %8, %9 : i32
          %11 = arith.cmpi eq, %10, %cst_0 : i32
          %12 = arith.select %11, %cst_1, %cst_2 : i32
          %13 = arith.addi %7, %12 : i32
          %14 = arith.maxsi %6, %13 : i32
          affine.store %14, %table[2499 - %i, %j] : memref<2500x2500xi32>
        } else {
          %15 = affine.load %table[2499 - %i, %j] : memref<2500x2500xi32>
          %16 = affine.load %table[2500 - %i, %j - 1] : memref<2500x2500xi32>
          %17 = arith.maxsi %15, %16 : i32
          affine.store %17, %table[2499 - %i, %j] : memref<2500x2500xi32>
        }
      }
      affine.for %k = affine_map<(d0) -> (2500 - d0)>(%i) to affine_map<(d0) -> (d0)>(%j) {
        %18 = affine.load %table[2499 - %i, %j] : memref<2500x2500xi32>
        %19 = affine.load %table[2499 - %i, %k] : memref<2500x2500xi32>
        %20 = affine.load %table[%k + 1, %j] : memref<2500x2500xi32>
        %21 = arith.addi %19, %20 : i32
        %22 = arith.maxsi %18, %21 : i32
        affine.store %22, %table[2499 - %i, %j] : memref<2500x2500xi32>
      }
    }
  }
  return
}
