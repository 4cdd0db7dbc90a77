// Heat equation in three dimensions, from A to B and back, TSTEPS times
#include "kernel.h"

void kernel_heat_3d(T A[restrict N][N][N], T B[restrict N][N][N]) {
  for (int t = 1; t <= TSTEPS; t++) {
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        for (int k = 1; k < N - 1; k++)
          B[i][j][k] =
              REAL(0.125) * (A[i + 1][j][k] - REAL(2.0) * A[i][j][k] + A[i - 1][j][k]) +
              REAL(0.125) * (A[i][j + 1][k] - REAL(2.0) * A[i][j][k] + A[i][j - 1][k]) +
              REAL(0.125) * (A[i][j][k + 1] - REAL(2.0) * A[i][j][k] + A[i][j][k - 1]) +
              A[i][j][k];
    for (int i = 1; i < N - 1; i++)
      for (int j = 1; j < N - 1; j++)
        for (int k = 1; k < N - 1; k++)
          A[i][j][k] =
              REAL(0.125) * (B[i + 1][j][k] - REAL(2.0) * B[i][j][k] + B[i - 1][j][k]) +
              REAL(0.125) * (B[i][j + 1][k] - REAL(2.0) * B[i][j][k] + B[i][j - 1][k]) +
              REAL(0.125) * (B[i][j][k + 1] - REAL(2.0) * B[i][j][k] + B[i][j][k - 1]) +
              B[i][j][k];
  }
}
