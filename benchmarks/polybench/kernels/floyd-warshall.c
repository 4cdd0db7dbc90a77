// Lengths of the shortest paths between all nodes of a graph
#include "kernel.h"

void kernel_floyd_warshall(int path[restrict N][N]) {
  for (int k = 0; k < N; k++)
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++)
        path[i][j] = MIN(path[i][j], path[i][k] + path[k][j]);
}
