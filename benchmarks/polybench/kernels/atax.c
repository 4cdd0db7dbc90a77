// y := A^T (A x), by way of tmp := A x
#include "kernel.h"

void kernel_atax(const T A[restrict M][N], const T x[restrict N], T y[restrict N],
                 T tmp[restrict M]) {
  for (int i = 0; i < N; i++)
    y[i] = REAL(0.0);
  for (int i = 0; i < M; i++) {
    tmp[i] = REAL(0.0);
    for (int j = 0; j < N; j++)
      tmp[i] = tmp[i] + A[i][j] * x[j];
    for (int j = 0; j < N; j++)
      y[j] = y[j] + A[i][j] * tmp[i];
  }
}
