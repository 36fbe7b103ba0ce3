// Which kernels this processor runs, and the layout of panels that all of them read.
#include <string.h>

#include "CKernels.h"

extern const antipode_kernels antipode_kernels_portable;
#if defined(__x86_64__)
extern const antipode_kernels antipode_kernels_avx2;
extern const antipode_kernels antipode_kernels_avx512;
#endif

static size_t available(const antipode_kernels *sets[3]) {
  size_t count = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    sets[count++] = &antipode_kernels_avx512;
  if (avx2) sets[count++] = &antipode_kernels_avx2;
#endif
  sets[count++] = &antipode_kernels_portable;
  return count;
}

size_t antipode_kernel_set_count(void) {
  const antipode_kernels *sets[3];
  return available(sets);
}

const antipode_kernels *antipode_kernel_set(size_t index) {
  const antipode_kernels *sets[3];
  return index < available(sets) ? sets[index] : NULL;
}

size_t antipode_block_bytes(antipode_format format) {
  switch (format) {
    case ANTIPODE_F32: return 32 * 16 * 4;
    case ANTIPODE_F16:
    case ANTIPODE_BF16: return 32 * 16 * 2;
    case ANTIPODE_Q4_0: return 16 * 2 + 16 * 16;
    case ANTIPODE_Q4_1: return 16 * 4 + 16 * 16;
    case ANTIPODE_Q8_0: return 16 * 2 + 32 * 16;
  }
  return 0;
}

// The panels take as many bytes as the file's rows (padding aside); only the order differs: scales of the 16 rows first,
// then for each column the 16 rows' values side by side.
void antipode_pack_panel(
    antipode_format format, size_t outputs, size_t inputs, const uint8_t *source, size_t panel, uint8_t *destination) {
  size_t blocks = (inputs + 31) / 32, block_bytes = antipode_block_bytes(format);
  size_t element = format == ANTIPODE_F32 ? 4 : format == ANTIPODE_F16 || format == ANTIPODE_BF16 ? 2 : 0;
  size_t scales = format == ANTIPODE_Q4_1 ? 2 : 1;
  size_t quants = format == ANTIPODE_Q8_0 ? 32 : 16;
  size_t row_bytes = element ? inputs * element : blocks * (2 * scales + quants);
  memset(destination, 0, blocks * block_bytes);
  for (size_t lane = 0; lane < 16 && panel * 16 + lane < outputs; lane++) {
    const uint8_t *row = source + (panel * 16 + lane) * row_bytes;
    for (size_t b = 0; b < blocks; b++) {
      uint8_t *block = destination + b * block_bytes;
      if (element) {
        size_t count = inputs - b * 32 < 32 ? inputs - b * 32 : 32;
        for (size_t k = 0; k < count; k++)
          memcpy(block + (k * 16 + lane) * element, row + (b * 32 + k) * element, element);
      } else {
        const uint8_t *from = row + b * (2 * scales + quants);
        for (size_t s = 0; s < scales; s++) memcpy(block + s * 32 + lane * 2, from + s * 2, 2);
        for (size_t q = 0; q < quants; q++) block[scales * 32 + q * 16 + lane] = from[2 * scales + q];
      }
    }
  }
}

void antipode_pack_keys(const float *rows, size_t stride, size_t start, size_t count, size_t head_size, float *panels) {
  for (size_t j = 0; j < count; j++) {
    size_t position = start + j;
    float *panel = panels + position / 16 * head_size * 16 + position % 16;
    for (size_t i = 0; i < head_size; i++) panel[i * 16] = rows[j * stride + i];
  }
}
