//===- small_integers.h - Shortcuts for isl's small integers ----*- C -*-===//
//
// Isl keeps integers of up to 31 bits in words and all others as digits in
// memory of their own. Its loops over coefficients ask at every step which it
// is, and turn products that a sum makes small again into digits. Here are
// these loops for integers that are small, as nearly all are; what they compute
// is the same. Included by isl's own sources.
//
//===----------------------------------------------------------------------===//

#ifndef AUTOTUNE_ISL_SMALL_INTEGERS_H
#define AUTOTUNE_ISL_SMALL_INTEGERS_H

#include <isl_int.h>

static inline uint64_t gcd_of_words(uint64_t a, uint64_t b) {
  while (b) {
    uint64_t remainder = a % b;
    a = b;
    b = remainder;
  }
  return a;
}

/* result = a * x + b * y; zero where one of them is not small. */
static inline int combine_small(isl_sioimath_ptr result, isl_sioimath a,
                                isl_sioimath x, isl_sioimath b,
                                isl_sioimath y) {
  if (!(a & x & b & y & 1))
    return 0;
  isl_sioimath_set_int64(
      result,
      (int64_t)isl_sioimath_get_small(a) * isl_sioimath_get_small(x) +
          (int64_t)isl_sioimath_get_small(b) * isl_sioimath_get_small(y));
  return 1;
}

/* The greatest common divisor of small integers; zero where one is not. */
static inline int gcd_of_small(isl_int *values, unsigned num,
                               isl_sioimath_ptr result) {
  uint32_t divisor = 0;
  for (unsigned i = 0; i < num && divisor != 1; ++i) {
    int32_t value;
    if (!isl_sioimath_decode_small(*values[i], &value))
      return 0;
    uint32_t other = labs(value);
    while (other) {
      uint32_t remainder = divisor % other;
      divisor = other;
      other = remainder;
    }
  }
  isl_sioimath_set_small(result, divisor);
  return 1;
}

/* The absolute value of what fits in a word; zero where it does not. */
static inline int magnitude(isl_sioimath value, uint64_t *result) {
  int32_t small;
  mp_int big;
  if (isl_sioimath_decode_small(value, &small)) {
    *result = labs(small);
    return 1;
  }
  big = isl_sioimath_get_big(value);
  if (big->used * sizeof(mp_digit) > sizeof(*result))
    return 0;
  *result = 0;
  for (mp_size i = big->used; i-- > 0;)
    *result = *result << (8 * sizeof(mp_digit)) | big->digits[i];
  return 1;
}

/* A small greatest common divisor of integers that fit in words; zero where it
 * or one of them is none. */
static inline int gcd_in_words(isl_sioimath_ptr result, isl_sioimath a,
                               isl_sioimath b) {
  uint64_t x, y, divisor;
  if (!magnitude(a, &x) || !magnitude(b, &y))
    return 0;
  divisor = gcd_of_words(x, y);
  if (divisor > ISL_SIOIMATH_SMALL_MAX)
    return 0;
  isl_sioimath_set_small(result, divisor);
  return 1;
}

#endif /* AUTOTUNE_ISL_SMALL_INTEGERS_H */
