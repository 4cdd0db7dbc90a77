// D := alpha A B C + beta D, by way of tmp := alpha A B
#include "kernel.h"

void kernel_2mm(T tmp[restrict NI][NJ], const T A[restrict NI][NK], const T B[restrict NK][NJ],
                const T C[restrict NJ][NL], T D[restrict NI][NL]) {
  const T alpha = REAL(1.5), beta = REAL(1.2);
  for (int i = 0; i < NI; i++)
    for (int j = 0; j < NJ; j++) {
      tmp[i][j] = REAL(0.0);
      for (int k = 0; k < NK; k++)
        tmp[i][j] += alpha * A[i][k] * B[k][j];
    }
  for (int i = 0; i < NI; i++)
    for (int j = 0; j < NL; j++) {
      D[i][j] *= beta;
      for (int k = 0; k < NJ; k++)
        D[i][j] += tmp[i][k] * C[k][j];
    }
}
