// The kernels for x86-64 processors with AVX2 and FMA. A vector of 16 floats takes two registers, so
// the register tile is 6 × 16.
#if defined(__x86_64__)
#define SET avx2
#define SET_NAME "avx2"
#define TARGET __attribute__((target("avx2,fma,f16c")))
#define ROWS 6
#define VECTORS 1
#define QUANTIZED_ROWS 2
#define PANELS 2
#define CONVERTS_HALVES
#define LOOK_UP 256
#include "kernels.inc"
#endif
