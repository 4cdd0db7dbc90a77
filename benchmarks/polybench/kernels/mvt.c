// x1 := x1 + A y1 and x2 := x2 + A^T y2
#include "kernel.h"

void kernel_mvt(T x1[restrict N], T x2[restrict N], const T y1[restrict N],
                const T y2[restrict N], const T A[restrict N][N]) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      x1[i] = x1[i] + A[i][j] * y1[j];
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      x2[i] = x2[i] + A[j][i] * y2[j];
}
