// C := alpha A B + beta C
#include "kernel.h"

void kernel_gemm(T C[restrict NI][NJ], const T A[restrict NI][NK], const T B[restrict NK][NJ]) {
  const T alpha = REAL(1.5), beta = REAL(1.2);
  for (int i = 0; i < NI; i++) {
    for (int j = 0; j < NJ; j++)
      C[i][j] *= beta;
    for (int k = 0; k < NK; k++)
      for (int j = 0; j < NJ; j++)
        C[i][j] += alpha * A[i][k] * B[k][j];
  }
}
