// Solves A x = b: A becomes L and U, then y := L^-1 b and x := U^-1 y
#include "kernel.h"

void kernel_ludcmp(T A[restrict N][N], const T b[restrict N], T x[restrict N], T y[restrict N]) {
  for (int i = 0; i < N; i++) {
    for (int j = 0; j < i; j++) {
      T w;
      w = A[i][j];
      for (int k = 0; k < j; k++)
        w -= A[i][k] * A[k][j];
      A[i][j] = w / A[j][j];
    }
    for (int j = i; j < N; j++) {
      T w;
      w = A[i][j];
      for (int k = 0; k < i; k++)
        w -= A[i][k] * A[k][j];
      A[i][j] = w;
    }
  }
  for (int i = 0; i < N; i++) {
    T w;
    w = b[i];
    for (int j = 0; j < i; j++)
      w -= A[i][j] * y[j];
    y[i] = w;
  }
  for (int i = N - 1; i >= 0; i--) {
    T w;
    w = y[i];
    for (int j = i + 1; j < N; j++)
      w -= A[i][j] * x[j];
    x[i] = w / A[i][i];
  }
}
