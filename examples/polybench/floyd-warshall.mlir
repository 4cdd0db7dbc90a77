// PolyBench 4.2.1 floyd-warshall, N = 2800, 32-bit integers.
// Lengths of the shortest paths between all nodes of a graph
func.func @kernel_floyd_warshall(
    %path: memref<2800x2800xi32>) {
  affine.for %k = 0 to 2800 {
    affine.for %i = 0 to 2800 {
      affine.for %j = 0 to 2800 {
        %0 = affine.load %path[%i, %j] : memref<2800x2800xi32>
        %1 = affine.load %path[%i, %k] : memref<2800x2800xi32>
        %2 = affine.load %path[%k, %j] : memref<2800x2800xi32>
        %3 = arith.addi %1, %2 : i32
        %4 = arith.minsi %0, %3 : i32
        affine.store %4, %path[%i, %j] : memref<2800x2800xi32>
      }
    }
  }
  return
}
