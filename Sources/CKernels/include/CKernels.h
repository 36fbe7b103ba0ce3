// The C kernels of Antipode: everything that runs in an inner loop.
//
// The rule that makes results the same bytes everywhere: each output number is reduced in one fixed order, with a
// fused multiply-add at each term (of integers, at each block of 32), in a vector lane of its own. So a result depends
// neither on the number of rows or threads nor on the width of the processor's vectors.
#ifndef ANTIPODE_CKERNELS_H
#define ANTIPODE_CKERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How a weight matrix is stored. The numbers are those of GGUF's ggml_type.
typedef enum {
  ANTIPODE_F32 = 0,
  ANTIPODE_F16 = 1,
  ANTIPODE_Q4_0 = 2,
  ANTIPODE_Q4_1 = 3,
  ANTIPODE_Q5_0 = 6,
  ANTIPODE_Q5_1 = 7,
  ANTIPODE_Q8_0 = 8,
  ANTIPODE_Q2_K = 10,
  ANTIPODE_Q3_K = 11,
  ANTIPODE_Q4_K = 12,
  ANTIPODE_Q5_K = 13,
  ANTIPODE_Q6_K = 14,
  ANTIPODE_IQ4_NL = 20,
  ANTIPODE_IQ4_XS = 23,
  ANTIPODE_BF16 = 30,
} antipode_format;

// Whether a format holds integers with scales, in blocks.
static inline bool antipode_is_quantized(antipode_format format) {
  return format != ANTIPODE_F32 && format != ANTIPODE_F16 && format != ANTIPODE_BF16;
}

// Weights `[outputs, inputs]` in panels: 16 rows side by side, blocks of 32 columns, so that a vector lane holds one row.
// A panel holds `ceil(inputs / 32)` blocks; missing rows and columns are zero.
//
// A block begins with its rows' scales, then holds the quants bit by bit in planes (pack.c). In the formats with
// super-blocks of 256 columns, eight blocks stand behind one head with the scales of all of them.
typedef struct {
  antipode_format format;
  size_t outputs;
  size_t inputs;
  const uint8_t *panels;
} antipode_weights;

// Bytes that 16 rows of `inputs` columns take in a panel; 0 for a format that is not known, or whose blocks do not fit.
size_t antipode_panel_bytes(antipode_format format, size_t inputs);

// Bytes that one row of `inputs` columns takes in a file; 0 as above.
size_t antipode_row_bytes(antipode_format format, size_t inputs);

// Lays 16 rows out as a panel. The rows are as the file holds them; one that is NULL is zero.
void antipode_pack_panel(antipode_format format, size_t inputs, const uint8_t *const rows[16], uint8_t *destination);

// What one sequence and one key-value head need for attention. The `group` query heads that share the key-value head
// stand side by side in a row. Strides are in floats.
typedef struct {
  size_t head_size;   // a multiple of 16
  size_t group;       // query heads per key-value head
  size_t query_rows;  // new positions
  const float *queries;
  size_t query_stride;
  float *outputs;  // rows like the queries
  size_t output_stride;
  // Keys in panels `[ceil(count / 16), head_size, 16]`, values `[count, head_size]` with a stride.
  // A shared prefix, all of it visible, ...
  size_t prefix_count;
  const float *prefix_keys;
  const float *prefix_values;
  size_t prefix_value_stride;
  // ... and the sequence's own keys, of which query row i sees the first `own_start + i + 1`.
  size_t own_start;
  const float *own_keys;
  const float *own_values;
  size_t own_value_stride;
  // score = cap(scale · query · key) + slope · (key position − query position), with cap(x) = soft_cap tanh(x / soft_cap).
  float scale;
  float soft_cap;       // 0: none
  const float *slopes;  // `[group]`, one a query head; NULL: none
  size_t window;        // a query sees the last `window` positions, its own included; 0: all
} antipode_attention;

// The gradient of attention. Gradients to keys and values are overwritten, not added to.
typedef struct {
  antipode_attention forward;     // its outputs are neither read nor written
  const float *output_gradients;  // rows like the queries, `output_stride`
  float *query_gradients;         // rows like the queries, `query_stride`
  const float *prefix_key_rows;   // `[prefix_count, head_size]`, stride `key_stride`
  const float *own_key_rows;      // `[own_start + query_rows, head_size]`, stride `key_stride`
  size_t key_stride;
  float *prefix_key_gradients;    // `[prefix_count, head_size]`, no gaps
  float *prefix_value_gradients;  // likewise
  float *own_key_gradients;       // `[own_start + query_rows, head_size]`, stride `own_gradient_stride`
  float *own_value_gradients;     // likewise
  size_t own_gradient_stride;
} antipode_attention_gradient;

// One instruction set's kernels. All sets compute the same bits.
typedef struct {
  const char *name;

  // y[rows, outputs] = x[rows, inputs] · Wᵀ, for `tiles` times 32 outputs that begin at `32 * first_tile`. Strides in
  // floats.
  void (*product)(
      const antipode_weights *w, size_t first_tile, size_t tiles, const float *x, size_t x_stride, size_t rows, float *y,
      size_t y_stride);

  // dx[rows, inputs] (+)= dy[rows, outputs] · W, for the 32 inputs that begin at `32 * tile`.
  void (*transposed_product)(
      const antipode_weights *w, size_t tile, const float *dy, size_t dy_stride, size_t rows, float *dx,
      size_t dx_stride, bool accumulate);

  // The same two with both factors rounded to bfloat16 (rounded.inc). The rows are rounded first: `round_row` turns a row of
  // `width` floats into `rounded_bytes(width)` bytes, and rows stand that far apart, or `dy_bytes`.
  size_t (*rounded_bytes)(size_t width);
  void (*round_row)(const float *x, size_t width, void *destination);
  void (*rounded_product)(
      const antipode_weights *w, size_t first_tile, size_t tiles, const void *x, size_t rows, float *y, size_t y_stride);
  void (*rounded_transposed_product)(
      const antipode_weights *w, size_t tile, const void *dy, size_t dy_bytes, size_t rows, float *dx, size_t dx_stride,
      bool accumulate);

  // The product with rows rounded to 8 bits, for quantized formats (quantized.inc): `quantize_row` turns a row of `width` floats
  // into `quantized_bytes(width)` bytes, and rows stand that far apart.
  size_t (*quantized_bytes)(size_t width);
  void (*quantize_row)(const float *x, size_t width, void *destination);
  void (*quantized_product)(
      const antipode_weights *w, size_t first_tile, size_t tiles, const void *x, size_t rows, float *y, size_t y_stride);

  // One row of the weights, as 32-bit floats.
  void (*row)(const antipode_weights *w, size_t index, float *destination);

  // Two panels of 16 rows with their columns rounded to 8-bit integers: each column becomes a block of ANTIPODE_Q8_0 as a file
  // holds it, `stride` bytes after that of the column before.
  void (*quantize_columns)(
      const antipode_format formats[2], const uint8_t *const panels[2], size_t inputs, uint8_t *destination,
      size_t stride);

  // c[m, n] (+)= a[m, k] · b[k, n], n a multiple of 16; `a` has a stride for rows and one for columns.
  void (*matrix_product)(
      size_t m, size_t n, size_t k, const float *a, size_t a_row_stride, size_t a_column_stride, const float *b,
      size_t b_stride, float *c, size_t c_stride, bool accumulate);

  // y = x / rms(x) * weight
  void (*root_mean_square_norm)(const float *x, const float *weight, size_t width, float epsilon, float *y);
  // dx += gradient of the above
  void (*root_mean_square_norm_gradient)(
      const float *x, const float *weight, size_t width, float epsilon, const float *dy, float *dx);

  // y = (x − mean) / deviation * weight + bias
  void (*layer_norm)(
      const float *x, const float *weight, const float *bias, size_t width, float epsilon, float *y);
  // dx += gradient of the above
  void (*layer_norm_gradient)(
      const float *x, const float *weight, size_t width, float epsilon, const float *dy, float *dx);

  // y = silu(gate) * up
  void (*gated_silu)(const float *gate, const float *up, size_t count, float *y);
  void (*gated_silu_gradient)(
      const float *gate, const float *up, const float *dy, size_t count, float *d_gate, float *d_up);

  // y = gelu(gate) * up, with gelu by its tanh formula
  void (*gated_gelu)(const float *gate, const float *up, size_t count, float *y);
  void (*gated_gelu_gradient)(
      const float *gate, const float *up, const float *dy, size_t count, float *d_gate, float *d_up);

  // y = gelu(x)
  void (*gelu)(const float *x, size_t count, float *y);
  void (*gelu_gradient)(const float *x, const float *dy, size_t count, float *dx);

  // x = cap tanh(x / cap)
  void (*soft_cap)(float *x, float cap, size_t count);
  // dy *= 1 − (y / cap)², y as the above gives it
  void (*soft_cap_gradient)(const float *y, float cap, size_t count, float *dy);

  // Rotates pairs (2i, 2i + 1) of one head by the angle whose cosines and sines are given; `sign` -1 turns back.
  void (*rotate)(float *head, const float *cosines, const float *sines, size_t half, float sign);

  void (*add)(float *y, const float *x, size_t count);           // y += x
  void (*scale)(float *x, float factor, size_t count);           // x *= factor
  void (*add_scaled)(float *y, const float *x, float factor, size_t count);  // y = fma(factor, x, y)

  // The largest value and the sum of exp(value - largest).
  void (*exponential_sum)(const float *x, size_t count, float *maximum, double *sum);
  // x = factor * exp(x - maximum)
  void (*scaled_exponential)(float *x, size_t count, float maximum, float factor);
  // The lowest index of the largest value.
  size_t (*argmax)(const float *x, size_t count);

  // Writes keys `[count, head_size]`, rows `stride` floats apart, as positions `start ..< start + count` of the panels that
  // attention reads.
  void (*pack_keys)(
      const float *rows, size_t stride, size_t start, size_t count, size_t head_size, float *panels);

  // Attention and its gradient, with the number of floats of scratch that each needs.
  size_t (*attention_scratch)(const antipode_attention *a);
  void (*attention)(const antipode_attention *a, float *scratch);
  // The same for several sequences with one new position each, which share prefix, shape and scoring.
  size_t (*step_attention_scratch)(const antipode_attention *list, size_t count);
  void (*step_attention)(const antipode_attention *list, size_t count, float *scratch);
  size_t (*attention_gradient_scratch)(const antipode_attention_gradient *a);
  void (*attention_gradient)(const antipode_attention_gradient *a, float *scratch);
} antipode_kernels;

// The instruction sets that this program holds and this processor runs, best first.
size_t antipode_kernel_set_count(void);
// The compiler that made the kernels, with its version.
const char *antipode_compiler(void);
// The set of that number; NULL where there is none.
const antipode_kernels *antipode_kernel_set(size_t index);

// Threads that wait for work: they spin for some microseconds, yield for some more, then sleep.
typedef struct antipode_pool antipode_pool;
antipode_pool *antipode_pool_create(size_t threads);
void antipode_pool_destroy(antipode_pool *pool);
// Runs task(context, i) for each i below count, on the pool's threads and the caller's; returns when all are done.
void antipode_pool_run(antipode_pool *pool, void (*task)(void *context, size_t index), void *context, size_t count);

#endif
