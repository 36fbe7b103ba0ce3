// Which kernels this processor runs, and the layout of keys that all of them read.
#include "CKernels.h"

extern const antipode_kernels antipode_kernels_portable;
#if defined(__x86_64__)
extern const antipode_kernels antipode_kernels_avx2;
extern const antipode_kernels antipode_kernels_avx512;
// Puts the processor's own rounded products in the place of the emulated ones.
void antipode_use_avx512bf16(antipode_kernels *kernels);
#endif

static size_t available(antipode_kernels sets[4]) {
  size_t count = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    if (__builtin_cpu_supports("avx512bf16")) {
      sets[count] = antipode_kernels_avx512;
      antipode_use_avx512bf16(&sets[count++]);
    }
    sets[count++] = antipode_kernels_avx512;
  }
  if (avx2) sets[count++] = antipode_kernels_avx2;
#endif
  sets[count++] = antipode_kernels_portable;
  return count;
}

size_t antipode_kernel_set_count(void) {
  antipode_kernels sets[4];
  return available(sets);
}

bool antipode_kernel_set(size_t index, antipode_kernels *kernels) {
  antipode_kernels sets[4];
  if (index >= available(sets)) return false;
  *kernels = sets[index];
  return true;
}

void antipode_pack_keys(const float *rows, size_t stride, size_t start, size_t count, size_t head_size, float *panels) {
  for (size_t j = 0; j < count; j++) {
    size_t position = start + j;
    float *panel = panels + position / 16 * head_size * 16 + position % 16;
    for (size_t i = 0; i < head_size; i++) panel[i * 16] = rows[j * stride + i];
  }
}
