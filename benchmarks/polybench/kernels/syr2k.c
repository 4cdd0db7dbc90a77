// C := alpha (A B^T + B A^T) + beta C, in the lower triangle
#include "kernel.h"

void kernel_syr2k(T C[restrict N][N], const T A[restrict N][M], const T B[restrict N][M]) {
  const T alpha = REAL(1.5), beta = REAL(1.2);
  for (int i = 0; i < N; i++) {
    for (int j = 0; j <= i; j++)
      C[i][j] *= beta;
    for (int k = 0; k < M; k++)
      for (int j = 0; j <= i; j++)
        C[i][j] += A[j][k] * alpha * B[i][k] + B[j][k] * alpha * A[i][k];
  }
}
