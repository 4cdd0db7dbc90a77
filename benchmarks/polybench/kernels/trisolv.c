// Solves L x = b, with L lower triangular
#include "kernel.h"

void kernel_trisolv(const T L[restrict N][N], T x[restrict N], const T b[restrict N]) {
  for (int i = 0; i < N; i++) {
    x[i] = b[i];
    for (int j = 0; j < i; j++)
      x[i] -= L[i][j] * x[j];
    x[i] = x[i] / L[i][i];
  }
}
