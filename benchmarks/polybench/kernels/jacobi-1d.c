// Three-point averages from A to B and back, TSTEPS times
#include "kernel.h"

void kernel_jacobi_1d(T A[restrict N], T B[restrict N]) {
  for (int t = 0; t < TSTEPS; t++) {
    for (int i = 1; i < N - 1; i++)
      B[i] = REAL(0.33333) * (A[i - 1] + A[i] + A[i + 1]);
    for (int i = 1; i < N - 1; i++)
      A[i] = REAL(0.33333) * (B[i - 1] + B[i] + B[i + 1]);
  }
}
