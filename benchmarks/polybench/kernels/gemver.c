// A := A + u1 v1^T + u2 v2^T, x := beta A^T y + z and w := alpha A x
#include "kernel.h"

void kernel_gemver(T A[restrict N][N], const T u1[restrict N], const T v1[restrict N],
                   const T u2[restrict N], const T v2[restrict N], T w[restrict N],
                   T x[restrict N], const T y[restrict N], const T z[restrict N]) {
  const T alpha = REAL(1.5), beta = REAL(1.2);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      A[i][j] = A[i][j] + u1[i] * v1[j] + u2[i] * v2[j];
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      x[i] = x[i] + beta * A[j][i] * y[j];
  for (int i = 0; i < N; i++)
    x[i] = x[i] + z[i];
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++)
      w[i] = w[i] + alpha * A[i][j] * x[j];
}
