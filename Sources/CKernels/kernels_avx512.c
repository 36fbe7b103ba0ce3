// The kernels for x86-64 processors with AVX-512: a register tile of 12 × 32.
#if defined(__x86_64__)
#define SET avx512
#define SET_NAME "avx512"
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")))
#define ROWS 12
#define VECTORS 2
#define QUANTIZED_ROWS 6
#define PANELS 4
#define CONVERTS_HALVES
#define LOOK_UP 512
#include "kernels.inc"
#endif
