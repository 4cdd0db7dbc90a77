// A = Q R by the modified Gram-Schmidt process; A is overwritten
#include "kernel.h"

void kernel_gramschmidt(T A[restrict M][N], T R[restrict N][N], T Q[restrict M][N]) {
  for (int k = 0; k < N; k++) {
    T nrm;
    nrm = REAL(0.0);
    for (int i = 0; i < M; i++)
      nrm += A[i][k] * A[i][k];
    R[k][k] = sqrt(nrm);
    for (int i = 0; i < M; i++)
      Q[i][k] = A[i][k] / R[k][k];
    for (int j = k + 1; j < N; j++) {
      R[k][j] = REAL(0.0);
      for (int i = 0; i < M; i++)
        R[k][j] += Q[i][k] * A[i][j];
      for (int i = 0; i < M; i++)
        A[i][j] = A[i][j] - Q[i][k] * R[k][j];
    }
  }
}
