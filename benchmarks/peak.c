// What a core can do at best: independent fused multiply-adds, and a scaled sum of long arrays.

typedef T vector __attribute__((vector_size(64)));

void peak_arithmetic(T *restrict values) {
  vector sums[16];
  vector factor = ((vector *)values)[16], term = ((vector *)values)[17];
  for (int i = 0; i < 16; i++)
    sums[i] = ((vector *)values)[i];
  for (long step = 0; step < STEPS; step++)
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++)
      sums[i] = sums[i] * factor + term;
  for (int i = 0; i < 16; i++)
    ((vector *)values)[i] = sums[i];
}

void peak_bandwidth(T *restrict a, const T *restrict b, const T *restrict c) {
  for (long i = 0; i < LENGTH; i++)
    a[i] = b[i] + (T)3 * c[i];
}
