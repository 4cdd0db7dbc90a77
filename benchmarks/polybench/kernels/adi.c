// Heat equation by alternating directions: tridiagonal solves along columns, then along rows
#include "kernel.h"

void kernel_adi(T u[restrict N][N], T v[restrict N][N], T p[restrict N][N], T q[restrict N][N]) {
  const T dx = REAL(1.0) / REAL(N), dy = REAL(1.0) / REAL(N), dt = REAL(1.0) / REAL(TSTEPS);
  const T mul1 = REAL(2.0) * dt / (dx * dx), mul2 = REAL(1.0) * dt / (dy * dy);
  const T a = -mul1 / REAL(2.0), b = REAL(1.0) + mul1, c = a;
  const T d = -mul2 / REAL(2.0), e = REAL(1.0) + mul2, f = d;
  for (int t = 1; t <= TSTEPS; t++) {
    for (int i = 1; i < N - 1; i++) {
      v[0][i] = REAL(1.0);
      p[i][0] = REAL(0.0);
      q[i][0] = v[0][i];
      for (int j = 1; j < N - 1; j++) {
        p[i][j] = -c / (a * p[i][j - 1] + b);
        q[i][j] = (-d * u[j][i - 1] + (REAL(1.0) + REAL(2.0) * d) * u[j][i] - f * u[j][i + 1] -
                   a * q[i][j - 1]) /
                  (a * p[i][j - 1] + b);
      }
      v[N - 1][i] = REAL(1.0);
      for (int j = N - 2; j >= 1; j--)
        v[j][i] = p[i][j] * v[j + 1][i] + q[i][j];
    }
    for (int i = 1; i < N - 1; i++) {
      u[i][0] = REAL(1.0);
      p[i][0] = REAL(0.0);
      q[i][0] = u[i][0];
      for (int j = 1; j < N - 1; j++) {
        p[i][j] = -f / (d * p[i][j - 1] + e);
        q[i][j] = (-a * v[i - 1][j] + (REAL(1.0) + REAL(2.0) * a) * v[i][j] - c * v[i + 1][j] -
                   d * q[i][j - 1]) /
                  (d * p[i][j - 1] + e);
      }
      u[i][N - 1] = REAL(1.0);
      for (int j = N - 2; j >= 1; j--)
        u[i][j] = p[i][j] * u[i][j + 1] + q[i][j];
    }
  }
}
