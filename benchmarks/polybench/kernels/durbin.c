// Solves a symmetric Toeplitz system with the right-hand side -r (Yule-Walker equations)
#include "kernel.h"

void kernel_durbin(const T r[restrict N], T y[restrict N]) {
  T z[N];
  T alpha, beta;
  y[0] = -r[0];
  beta = REAL(1.0);
  alpha = -r[0];
  for (int k = 1; k < N; k++) {
    T sum;
    beta = (REAL(1.0) - alpha * alpha) * beta;
    sum = REAL(0.0);
    for (int i = 0; i < k; i++)
      sum += r[k - i - 1] * y[i];
    alpha = -(r[k] + sum) / beta;
    for (int i = 0; i < k; i++)
      z[i] = y[i] + alpha * y[k - i - 1];
    for (int i = 0; i < k; i++)
      y[i] = z[i];
    y[k] = alpha;
  }
}
