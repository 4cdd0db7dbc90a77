// What a core can do at best: independent fused multiply-adds, and a scaled sum of long arrays.

typedef T vector __attribute__((vector_size(BYTES)));

void peak_arithmetic(T *restrict values) {
  vector sums[SUMS];
  vector factor = ((vector *)values)[SUMS], term = ((vector *)values)[SUMS + 1];
  for (int i = 0; i < SUMS; i++)
    sums[i] = ((vector *)values)[i];
  for (long step = 0; step < STEPS; step++)
#pragma GCC unroll 16
    for (int i = 0; i < SUMS; i++)
      sums[i] = sums[i] * factor + term;
  for (int i = 0; i < SUMS; i++)
    ((vector *)values)[i] = sums[i];
}

void peak_bandwidth(T *restrict a, const T *restrict b, const T *restrict c) {
  for (long i = 0; i < LENGTH; i++)
    a[i] = b[i] + (T)3 * c[i];
}
