// cov := covariance matrix of the columns of data, which are centred in place
#include "kernel.h"

void kernel_covariance(T data[restrict N][M], T cov[restrict M][M], T mean[restrict M]) {
  const T float_n = REAL(N);
  for (int j = 0; j < M; j++) {
    mean[j] = REAL(0.0);
    for (int i = 0; i < N; i++)
      mean[j] += data[i][j];
    mean[j] /= float_n;
  }
  for (int i = 0; i < N; i++)
    for (int j = 0; j < M; j++)
      data[i][j] -= mean[j];
  for (int i = 0; i < M; i++)
    for (int j = i; j < M; j++) {
      cov[i][j] = REAL(0.0);
      for (int k = 0; k < N; k++)
        cov[i][j] += data[k][i] * data[k][j];
      cov[i][j] /= float_n - REAL(1.0);
      cov[j][i] = cov[i][j];
    }
}
