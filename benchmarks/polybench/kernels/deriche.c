// Recursive smoothing of an image: forwards and backwards along rows, then along columns
#include "kernel.h"

void kernel_deriche(const T imgIn[restrict W][H], T imgOut[restrict W][H], T y1[restrict W][H],
                    T y2[restrict W][H]) {
  const T alpha = REAL(0.25);
  const T k = (REAL(1.0) - exp(-alpha)) * (REAL(1.0) - exp(-alpha)) /
              (REAL(1.0) + REAL(2.0) * alpha * exp(-alpha) - exp(REAL(2.0) * alpha));
  const T a1 = k, a5 = k, a2 = k * exp(-alpha) * (alpha - REAL(1.0)), a6 = a2;
  const T a3 = k * exp(-alpha) * (alpha + REAL(1.0)), a7 = a3;
  const T a4 = -k * exp(REAL(-2.0) * alpha), a8 = a4;
  const T b1 = pow(REAL(2.0), -alpha), b2 = -exp(REAL(-2.0) * alpha);
  const T c1 = REAL(1.0), c2 = REAL(1.0);
  for (int i = 0; i < W; i++) {
    T ym1, ym2, xm1;
    ym1 = REAL(0.0);
    ym2 = REAL(0.0);
    xm1 = REAL(0.0);
    for (int j = 0; j < H; j++) {
      y1[i][j] = a1 * imgIn[i][j] + a2 * xm1 + b1 * ym1 + b2 * ym2;
      xm1 = imgIn[i][j];
      ym2 = ym1;
      ym1 = y1[i][j];
    }
  }
  for (int i = 0; i < W; i++) {
    T yp1, yp2, xp1, xp2;
    yp1 = REAL(0.0);
    yp2 = REAL(0.0);
    xp1 = REAL(0.0);
    xp2 = REAL(0.0);
    for (int j = H - 1; j >= 0; j--) {
      y2[i][j] = a3 * xp1 + a4 * xp2 + b1 * yp1 + b2 * yp2;
      xp2 = xp1;
      xp1 = imgIn[i][j];
      yp2 = yp1;
      yp1 = y2[i][j];
    }
  }
  for (int i = 0; i < W; i++)
    for (int j = 0; j < H; j++)
      imgOut[i][j] = c1 * (y1[i][j] + y2[i][j]);
  for (int j = 0; j < H; j++) {
    T tm1, ym1, ym2;
    tm1 = REAL(0.0);
    ym1 = REAL(0.0);
    ym2 = REAL(0.0);
    for (int i = 0; i < W; i++) {
      y1[i][j] = a5 * imgOut[i][j] + a6 * tm1 + b1 * ym1 + b2 * ym2;
      tm1 = imgOut[i][j];
      ym2 = ym1;
      ym1 = y1[i][j];
    }
  }
  for (int j = 0; j < H; j++) {
    T tp1, tp2, yp1, yp2;
    tp1 = REAL(0.0);
    tp2 = REAL(0.0);
    yp1 = REAL(0.0);
    yp2 = REAL(0.0);
    for (int i = W - 1; i >= 0; i--) {
      y2[i][j] = a7 * tp1 + a8 * tp2 + b1 * yp1 + b2 * yp2;
      tp2 = tp1;
      tp1 = imgOut[i][j];
      yp2 = yp1;
      yp1 = y2[i][j];
    }
  }
  for (int i = 0; i < W; i++)
    for (int j = 0; j < H; j++)
      imgOut[i][j] = c2 * (y1[i][j] + y2[i][j]);
}
