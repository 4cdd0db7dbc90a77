// s := A^T r and q := A p
#include "kernel.h"

void kernel_bicg(const T A[restrict N][M], T s[restrict M], T q[restrict N],
                 const T p[restrict M], const T r[restrict N]) {
  for (int i = 0; i < M; i++)
    s[i] = REAL(0.0);
  for (int i = 0; i < N; i++) {
    q[i] = REAL(0.0);
    for (int j = 0; j < M; j++) {
      s[j] = s[j] + r[i] * A[i][j];
      q[i] = q[i] + A[i][j] * p[j];
    }
  }
}
