// G := (A B) (C D), by way of E := A B and F := C D
#include "kernel.h"

void kernel_3mm(T E[restrict NI][NJ], const T A[restrict NI][NK], const T B[restrict NK][NJ],
                T F[restrict NJ][NL], const T C[restrict NJ][NM], const T D[restrict NM][NL],
                T G[restrict NI][NL]) {
  for (int i = 0; i < NI; i++)
    for (int j = 0; j < NJ; j++) {
      E[i][j] = REAL(0.0);
      for (int k = 0; k < NK; k++)
        E[i][j] += A[i][k] * B[k][j];
    }
  for (int i = 0; i < NJ; i++)
    for (int j = 0; j < NL; j++) {
      F[i][j] = REAL(0.0);
      for (int k = 0; k < NM; k++)
        F[i][j] += C[i][k] * D[k][j];
    }
  for (int i = 0; i < NI; i++)
    for (int j = 0; j < NL; j++) {
      G[i][j] = REAL(0.0);
      for (int k = 0; k < NJ; k++)
        G[i][j] += E[i][k] * F[k][j];
    }
}
