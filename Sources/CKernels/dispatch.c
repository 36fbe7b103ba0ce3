// Which kernels this processor runs.
#include <pthread.h>

#include "CKernels.h"

extern const antipode_kernels antipode_kernels_portable;
#if defined(__x86_64__)
extern const antipode_kernels antipode_kernels_avx2;
extern const antipode_kernels antipode_kernels_avx512;
// Puts products by the processor's own instructions in the place of a set's.
void antipode_use_avx512bf16(antipode_kernels *kernels);
void antipode_use_avxvnni(antipode_kernels *kernels);
#endif

static antipode_kernels sets[5];
static size_t set_count;

static void find_sets(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
  if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    if (__builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni")) {
      sets[set_count] = antipode_kernels_avx512;
      antipode_use_avx512bf16(&sets[set_count++]);
    }
    sets[set_count++] = antipode_kernels_avx512;
  }
  if (avx2 && __builtin_cpu_supports("avxvnni")) {
    sets[set_count] = antipode_kernels_avx2;
    antipode_use_avxvnni(&sets[set_count++]);
  }
  if (avx2) sets[set_count++] = antipode_kernels_avx2;
#endif
  sets[set_count++] = antipode_kernels_portable;
}

const char *antipode_compiler(void) { return __VERSION__; }

size_t antipode_kernel_set_count(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, find_sets);
  return set_count;
}

const antipode_kernels *antipode_kernel_set(size_t index) {
  return index < antipode_kernel_set_count() ? &sets[index] : NULL;
}
