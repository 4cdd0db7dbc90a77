// B := alpha A^T B, with A unit lower triangular
#include "kernel.h"

void kernel_trmm(const T A[restrict M][M], T B[restrict M][N]) {
  const T alpha = REAL(1.5);
  for (int i = 0; i < M; i++)
    for (int j = 0; j < N; j++) {
      for (int k = i + 1; k < M; k++)
        B[i][j] += A[k][i] * B[k][j];
      B[i][j] = alpha * B[i][j];
    }
}
