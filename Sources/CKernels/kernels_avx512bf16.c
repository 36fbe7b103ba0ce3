// Products of rounded factors for x86-64 processors whose AVX-512 multiplies bfloat16 numbers in pairs, twice as fast as
// floats, and 8-bit integers in quads.
#if defined(__x86_64__)
#include <immintrin.h>
#define SET avx512bf16
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx512vnni,avx2,fma,f16c")))
#define CONVERTS_HALVES
#define VECTORS 2
#define QUANTIZED_ROWS 6
#define PANELS 4
#define LOOK_UP 512
#include "vectors.inc"
#include "weights.inc"

typedef uint16_t NAME(rounded_number);
typedef uint16_t words __attribute__((vector_size(64), aligned(2)));
enum { ROWS = 12, PAIR_STRIDE = 2 * LANES, ROUNDED_DEPTH = 288 };

// Both columns rounded, a lane's two numbers side by side.
INLINE words pair_of(vector even, vector odd, bool small) {
  if (small) {
    even = without_small(even, LEAST_WEIGHT);
    odd = without_small(odd, LEAST_WEIGHT);
  }
  words both = (words)_mm512_cvtne2ps_pbh((__m512)odd, (__m512)even);
  return __builtin_shufflevector(
      both, both, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29,
      14, 30, 15, 31);
}

INLINE void store_pair(uint16_t *line, vector even, vector odd, bool small) {
  *(words *)line = pair_of(even, odd, small);
}

INLINE void store_rounded(uint16_t *destination, vector first, vector second) {
  *(words *)destination = (words)_mm512_cvtne2ps_pbh(
      (__m512)without_small(second, LEAST_VALUE), (__m512)without_small(first, LEAST_VALUE));
}

// The register tile: c[m, 32] (+)= a[m, k] · b[k, 32], two k at a time.
INLINE void pair_tile(
    int m, const uint16_t *a, size_t a_row, const uint16_t *b, float *c, size_t c_row, size_t depth, bool accumulate) {
  __m512 sums[ROWS][2];
#pragma clang loop unroll(full)
  for (int i = 0; i < m; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < 2; j++) sums[i][j] = accumulate ? _mm512_loadu_ps(c + i * c_row + j * LANES) : _mm512_setzero_ps();
  for (size_t k = 0; k < depth; k += 2) {
    __m512bh row[2];
#pragma clang loop unroll(full)
    for (int j = 0; j < 2; j++) row[j] = (__m512bh)_mm512_loadu_si512(b + k * 2 * LANES + j * PAIR_STRIDE);
#pragma clang loop unroll(full)
    for (int i = 0; i < m; i++) {
      int32_t pair;
      memcpy(&pair, a + i * a_row + k, sizeof pair);
      __m512bh x = (__m512bh)_mm512_set1_epi32(pair);
#pragma clang loop unroll(full)
      for (int j = 0; j < 2; j++) sums[i][j] = _mm512_dpbf16_ps(sums[i][j], x, row[j]);
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < m; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < 2; j++) _mm512_storeu_ps(c + i * c_row + j * LANES, sums[i][j]);
}

KERNEL void rounded_rows(
    size_t rows, const uint16_t *a, size_t a_row, const uint16_t *b, float *c, size_t c_row, size_t depth,
    bool accumulate) {
#define TILE(m) pair_tile(m, a, a_row, b, c, c_row, depth, accumulate)
#define NEXT(m) (rows -= m, a += m * a_row, c += m * c_row)
  while (rows >= ROWS) TILE(ROWS), NEXT(ROWS);
  if (rows >= 8) TILE(8), NEXT(8);
  if (rows >= 4) TILE(4), NEXT(4);
  switch (rows) {
    case 3: TILE(3); break;
    case 2: TILE(2); break;
    case 1: TILE(1); break;
    default: break;
  }
#undef NEXT
#undef TILE
}

// One or two rows: as few_rows in products.inc, without a stop in memory.
INLINE void few_rounded_rows(
    int m, int p, antipode_format format, const uint8_t *panels, size_t panel_bytes, const uint16_t *x, size_t x_row,
    float *y, size_t y_stride, size_t columns) {
  __m512 sums[2][4];
#pragma clang loop unroll(full)
  for (int i = 0; i < m; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < p; j++) sums[i][j] = _mm512_setzero_ps();
  bool small = has_small_weights(format);
  size_t fetched = 0, bytes = antipode_block_offset(antipode_layout_of(format), 1) * (size_t)p;
  const uint8_t *next = panels + (size_t)p * panel_bytes;
  size_t step = panel_step(p, panel_bytes, columns);
  for (size_t k = 0; k < x_row; k += BLOCK) {
    NAME(block) blocks[4];
#pragma clang loop unroll(full)
    for (int j = 0; j < p; j++) blocks[j] = open_block(format, panels + (size_t)j * step, k / BLOCK);
    for (size_t end = fetched + bytes; fetched < end; fetched += 64) __builtin_prefetch(next + fetched, 0, 2);
#pragma clang loop unroll(full)
    for (int half = 0; half < 2; half++) {
#pragma clang loop unroll_count(2)
      for (int c = 0; c < LANES; c += 2) {
        __m512bh pairs[4];
#pragma clang loop unroll(full)
        for (int j = 0; j < p; j++)
          pairs[j] = (__m512bh)pair_of(
              column(format, blocks[j], half, c), column(format, blocks[j], half, c + 1), small);
#pragma clang loop unroll(full)
        for (int i = 0; i < m; i++) {
          int32_t pair;
          memcpy(&pair, x + i * x_row + k + half * LANES + c, sizeof pair);
#pragma clang loop unroll(full)
          for (int j = 0; j < p; j++)
            sums[i][j] = _mm512_dpbf16_ps(sums[i][j], (__m512bh)_mm512_set1_epi32(pair), pairs[j]);
        }
      }
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < m; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < p; j++) store_columns(y + i * y_stride, j, columns, (vector)sums[i][j]);
}

INLINE void few_rounded(
    antipode_format format, const antipode_weights *w, size_t first_tile, size_t tiles, const void *x, size_t rows,
    float *y, size_t y_stride) {
  size_t panel_bytes = antipode_panel_bytes(format, w->inputs), x_row = (w->inputs + BLOCK - 1) / BLOCK * BLOCK;
  size_t start = first_tile * 2 * LANES, end = start + tiles * 2 * LANES;
  if (end > w->outputs) end = w->outputs;
#define ROWS_STEP(m, p)                                                                                           \
  few_rounded_rows(                                                                                               \
      m, p, format, w->panels + start / LANES * panel_bytes, panel_bytes, x, x_row, y + start, y_stride, end - start)
#define STEP(p)                        \
  do {                                 \
    if (rows == 1) ROWS_STEP(1, p);    \
    else ROWS_STEP(2, p);              \
    start += p * LANES;                \
  } while (0)
  EACH_PANELS(4)
#undef STEP
#undef ROWS_STEP
}

typedef void (*NAME(few_rounded_product))(
    const antipode_weights *w, size_t first_tile, size_t tiles, const void *x, size_t rows, float *y, size_t y_stride);
#define FEW(function, name)                                                                                 \
  KERNEL void NAME(function##_##name)(                                                                      \
      const antipode_weights *w, size_t first_tile, size_t tiles, const void *x, size_t rows, float *y,     \
      size_t y_stride) {                                                                                    \
    few_rounded(ANTIPODE_##name, w, first_tile, tiles, x, rows, y, y_stride);                               \
  }
EACH_FORMAT(FEW, few_rounded_product)
#undef FEW
static const NAME(few_rounded_product) NAME(few_rounded_products)[] = {EACH_FORMAT(ENTRY, few_rounded_product)};
#define FEW_ROUNDED_ROWS 2

#include "rounded.inc"

typedef vector_int NAME(quad_sums);

INLINE vector_int start_sums(vector_int counts) { return counts; }
INLINE vector_int dot(vector_int sums, vector_bits quads, int32_t x) {
  return (vector_int)_mm512_dpbusd_epi32((__m512i)sums, (__m512i)quads, _mm512_set1_epi32(x));
}
INLINE vector_int end_sums(vector_int counts, vector_int sums, int16_t factor) { return sums; }

#include "quantized.inc"

void antipode_use_avx512bf16(antipode_kernels *kernels);
void antipode_use_avx512bf16(antipode_kernels *kernels) {
  kernels->name = "avx512-bf16";
  kernels->rounded_bytes = NAME(rounded_bytes);
  kernels->round_row = NAME(round_row);
  kernels->rounded_product = NAME(rounded_product);
  kernels->quantized_bytes = NAME(quantized_bytes);
  kernels->quantize_row = NAME(quantize_row);
  kernels->quantized_product = NAME(quantized_product);
  kernels->rounded_transposed_product = NAME(rounded_transposed_product);
}
#endif
