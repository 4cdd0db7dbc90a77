// What the kernels share. The command line defines the element type T and the sizes.
#include <tgmath.h>

#define REAL(x) ((T)(x))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
