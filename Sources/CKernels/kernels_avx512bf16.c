// Products for x86-64 processors whose AVX-512 multiplies bfloat16 numbers in pairs, twice as fast as floats, and 8-bit
// integers in quads. All else is avx512's.
#if defined(__x86_64__)
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni,avx2,fma,f16c")))
#define CONVERTS_HALVES
#define MULTIPLIES_BFLOAT16
#define MULTIPLIES_QUADS
#define QUANTIZED_ROWS 6
#define PANELS 4
#define LOOK_UP 512
#include "quantized.inc"
#include "rounded.inc"

void antipode_use_avx512bf16(antipode_kernels *kernels);
void antipode_use_avx512bf16(antipode_kernels *kernels) {
  kernels->name = "avx512-bf16";
  kernels->rounded_bytes = rounded_bytes;
  kernels->round_row = round_row;
  kernels->rounded_product = rounded_product;
  kernels->quantized_product = quantized_product;
  kernels->rounded_transposed_product = rounded_transposed_product;
}
#endif
