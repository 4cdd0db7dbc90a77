// y := alpha A x + beta B x
#include "kernel.h"

void kernel_gesummv(const T A[restrict N][N], const T B[restrict N][N], T tmp[restrict N],
                    const T x[restrict N], T y[restrict N]) {
  const T alpha = REAL(1.5), beta = REAL(1.2);
  for (int i = 0; i < N; i++) {
    tmp[i] = REAL(0.0);
    y[i] = REAL(0.0);
    for (int j = 0; j < N; j++) {
      tmp[i] = A[i][j] * x[j] + tmp[i];
      y[i] = B[i][j] * x[j] + y[i];
    }
    y[i] = alpha * tmp[i] + beta * y[i];
  }
}
