// corr := correlation matrix of the columns of data, which are centred and scaled in place
#include "kernel.h"

void kernel_correlation(T data[restrict N][M], T corr[restrict M][M], T mean[restrict M],
                        T stddev[restrict M]) {
  const T float_n = REAL(N), eps = REAL(0.1);
  for (int j = 0; j < M; j++) {
    mean[j] = REAL(0.0);
    for (int i = 0; i < N; i++)
      mean[j] += data[i][j];
    mean[j] /= float_n;
  }
  for (int j = 0; j < M; j++) {
    stddev[j] = REAL(0.0);
    for (int i = 0; i < N; i++)
      stddev[j] += (data[i][j] - mean[j]) * (data[i][j] - mean[j]);
    stddev[j] /= float_n;
    stddev[j] = sqrt(stddev[j]);
    stddev[j] = stddev[j] <= eps ? REAL(1.0) : stddev[j];
  }
  for (int i = 0; i < N; i++)
    for (int j = 0; j < M; j++) {
      data[i][j] -= mean[j];
      data[i][j] /= sqrt(float_n) * stddev[j];
    }
  for (int i = 0; i < M - 1; i++) {
    corr[i][i] = REAL(1.0);
    for (int j = i + 1; j < M; j++) {
      corr[i][j] = REAL(0.0);
      for (int k = 0; k < N; k++)
        corr[i][j] += data[k][i] * data[k][j];
      corr[j][i] = corr[i][j];
    }
  }
  corr[M - 1][M - 1] = REAL(1.0);
}
