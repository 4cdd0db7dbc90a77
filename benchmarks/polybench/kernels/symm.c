// C := alpha A B + beta C, with A symmetric and stored in its lower triangle
#include "kernel.h"

void kernel_symm(T C[restrict M][N], const T A[restrict M][M], const T B[restrict M][N]) {
  const T alpha = REAL(1.5), beta = REAL(1.2);
  for (int i = 0; i < M; i++)
    for (int j = 0; j < N; j++) {
      T temp2;
      temp2 = REAL(0.0);
      for (int k = 0; k < i; k++) {
        C[k][j] += alpha * B[i][j] * A[i][k];
        temp2 += B[k][j] * A[i][k];
      }
      C[i][j] = beta * C[i][j] + alpha * B[i][j] * A[i][i] + alpha * temp2;
    }
}
