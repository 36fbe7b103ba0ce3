// Products of 8-bit integers for x86-64 processors that sum quads in 256 bits (AVX-VNNI). All else is avx2's.
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx2,fma,f16c,avxvnni")))
#define CONVERTS_HALVES
#define MULTIPLIES_QUADS
#define QUANTIZED_ROWS 2
#define PANELS 2
#define LOOK_UP 256
#include "quantized.inc"

void antipode_use_avxvnni(antipode_kernels *kernels);
void antipode_use_avxvnni(antipode_kernels *kernels) {
  kernels->name = "avx2-vnni";
  kernels->quantized_product = quantized_product;
}
#endif
