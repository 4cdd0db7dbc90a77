// Every row A[r][q] becomes A[r][q] C4
#include "kernel.h"

void kernel_doitgen(T A[restrict NR][NQ][NP], const T C4[restrict NP][NP], T sum[restrict NP]) {
  for (int r = 0; r < NR; r++)
    for (int q = 0; q < NQ; q++) {
      for (int p = 0; p < NP; p++) {
        sum[p] = REAL(0.0);
        for (int s = 0; s < NP; s++)
          sum[p] += A[r][q][s] * C4[s][p];
      }
      for (int p = 0; p < NP; p++)
        A[r][q][p] = sum[p];
    }
}
