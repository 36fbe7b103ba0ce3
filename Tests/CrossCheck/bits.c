// Prints a hash of what every kernel gives on random inputs, a line for each instruction set of the processor it runs on.
// `make neon` runs it here and, compiled for ARM, in an emulator: all lines must be the same.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CKernels.h"

static uint64_t state, hash;

// Numbers between -1 and 1, the same everywhere (xorshift64).
static float number(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (float)((int64_t)(state >> 40) - (1 << 23)) * 0x1p-23f;
}

static float *numbers(size_t count) {
  float *values = malloc(count * sizeof(float));
  for (size_t i = 0; i < count; i++) values[i] = number();
  return values;
}

static void add(const void *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) hash = (hash ^ ((const uint8_t *)bytes)[i]) * 1099511628211u;
}

enum { INPUTS = 768, OUTPUTS = 100, ROWS = 15 };

// Random rows of a format as a file holds them, as panels. Every scale is a small number.
static uint8_t *panels(antipode_format format) {
  size_t row_bytes = antipode_row_bytes(format, INPUTS), panel_bytes = antipode_panel_bytes(format, INPUTS);
  size_t count = (OUTPUTS + 15) / 16;
  uint8_t *rows = malloc(count * 16 * row_bytes), *result = aligned_alloc(64, count * panel_bytes);
  for (size_t i = 0; i < count * 16 * row_bytes; i++) {
    // Bits 14 and 13 of a 16-bit scale, or 30 and 29 of a float, are cleared where they could stand: nothing is infinite.
    number();
    rows[i] = (uint8_t)(state >> 32) & 0x9f;
  }
  for (size_t p = 0; p < count; p++) {
    const uint8_t *sixteen[16];
    for (size_t i = 0; i < 16; i++) sixteen[i] = p * 16 + i < OUTPUTS ? rows + (p * 16 + i) * row_bytes : NULL;
    antipode_pack_panel(format, INPUTS, sixteen, result + p * panel_bytes);
  }
  free(rows);
  return result;
}

static void products(const antipode_kernels *k, antipode_format format) {
  antipode_weights w = {format, OUTPUTS, INPUTS, panels(format)};
  float *x = numbers(ROWS * INPUTS), *dy = numbers(ROWS * OUTPUTS), *y = calloc(ROWS * OUTPUTS, 4);
  float *dx = calloc(ROWS * INPUTS, 4);
  for (size_t rows = 1; rows <= ROWS; rows += rows < 5 ? 1 : 5) {
    k->product(&w, 0, (OUTPUTS + 31) / 32, x, INPUTS, rows, y, OUTPUTS);
    add(y, rows * OUTPUTS * 4);
    for (size_t tile = 0; tile < INPUTS / 32; tile++) k->transposed_product(&w, tile, dy, OUTPUTS, rows, dx, INPUTS, false);
    add(dx, rows * INPUTS * 4);
    size_t x_bytes = k->rounded_bytes(INPUTS), dy_bytes = k->rounded_bytes(OUTPUTS);
    char *rounded = malloc(rows * (x_bytes + dy_bytes));
    for (size_t r = 0; r < rows; r++) k->round_row(x + r * INPUTS, INPUTS, rounded + r * x_bytes);
    k->rounded_product(&w, 0, (OUTPUTS + 31) / 32, rounded, rows, y, OUTPUTS);
    add(y, rows * OUTPUTS * 4);
    for (size_t r = 0; r < rows; r++) k->round_row(dy + r * OUTPUTS, OUTPUTS, rounded + r * dy_bytes);
    for (size_t tile = 0; tile < INPUTS / 32; tile++)
      k->rounded_transposed_product(&w, tile, rounded, dy_bytes, rows, dx, INPUTS, false);
    add(dx, rows * INPUTS * 4);
    free(rounded);
    if (!antipode_is_quantized(format)) continue;
    size_t row_bytes = k->quantized_bytes(INPUTS);
    char *quantized = malloc(rows * row_bytes);
    for (size_t r = 0; r < rows; r++) k->quantize_row(x + r * INPUTS, INPUTS, quantized + r * row_bytes);
    k->quantized_product(&w, 0, (OUTPUTS + 31) / 32, quantized, rows, y, OUTPUTS);
    add(y, rows * OUTPUTS * 4);
    free(quantized);
    antipode_format formats[2] = {format, format};
    const uint8_t *two[2] = {w.panels, w.panels + antipode_panel_bytes(format, INPUTS)};
    uint8_t *blocks = malloc(INPUTS * 34);
    k->quantize_columns(formats, two, INPUTS, blocks, 34);
    add(blocks, INPUTS * 34);
    free(blocks);
  }
  k->row(&w, OUTPUTS - 1, dx);
  add(dx, INPUTS * 4);
  free((void *)w.panels), free(x), free(dy), free(y), free(dx);
}

static void rows(const antipode_kernels *k) {
  float *x = numbers(INPUTS), *w = numbers(INPUTS), *b = numbers(INPUTS), *dy = numbers(INPUTS), y[INPUTS], z[INPUTS];
  float maximum;
  double sum;
  k->root_mean_square_norm(x, w, INPUTS, 1e-5f, y), add(y, sizeof y);
  k->root_mean_square_norm_gradient(x, w, INPUTS, 1e-5f, dy, y), add(y, sizeof y);
  k->layer_norm(x, w, b, INPUTS, 1e-5f, y), add(y, sizeof y);
  k->layer_norm_gradient(x, w, INPUTS, 1e-5f, dy, y), add(y, sizeof y);
  k->gated_silu(x, w, INPUTS, y), add(y, sizeof y);
  k->gated_silu_gradient(x, w, dy, INPUTS, y, z), add(y, sizeof y), add(z, sizeof z);
  k->gated_gelu(x, w, INPUTS, y), add(y, sizeof y);
  k->gelu(x, INPUTS, y), add(y, sizeof y);
  k->soft_cap(y, 2, INPUTS), add(y, sizeof y);
  k->exponential_sum(x, INPUTS, &maximum, &sum), add(&maximum, sizeof maximum), add(&sum, sizeof sum);
  k->scaled_exponential(y, INPUTS, maximum, 0.5f), add(y, sizeof y);
  free(x), free(w), free(b), free(dy);
}

static void attention(const antipode_kernels *k) {
  enum { HEAD = 64, GROUP = 3, PREFIX = 21, OWN = 80 };
  float *queries = numbers(OWN * GROUP * HEAD), *keys = numbers((PREFIX + OWN) * HEAD);
  float *values = numbers((PREFIX + OWN) * HEAD), *outputs = calloc(OWN * GROUP * HEAD, 4);
  float *prefix_panels = calloc(32 * HEAD, 4), *own_panels = calloc(OWN * HEAD, 4);
  k->pack_keys(keys, HEAD, 0, PREFIX, HEAD, prefix_panels);
  k->pack_keys(keys + PREFIX * HEAD, HEAD, 0, OWN, HEAD, own_panels);
  antipode_attention a = {
      .head_size = HEAD, .group = GROUP, .query_rows = OWN, .queries = queries, .query_stride = GROUP * HEAD,
      .outputs = outputs, .output_stride = GROUP * HEAD, .prefix_count = PREFIX, .prefix_keys = prefix_panels,
      .prefix_values = values, .prefix_value_stride = HEAD, .own_keys = own_panels,
      .own_values = values + PREFIX * HEAD, .own_value_stride = HEAD, .scale = 0.125f};
  float *scratch = malloc(k->attention_scratch(&a) * 4);
  k->attention(&a, scratch), add(outputs, OWN * GROUP * HEAD * 4);
  free(scratch);
  antipode_attention list[2] = {a, a};
  for (int i = 0; i < 2; i++) {
    list[i].query_rows = 1, list[i].own_start = (size_t)(OWN - 1 - 20 * i);
    list[i].outputs = outputs + i * GROUP * HEAD;
  }
  scratch = malloc(k->step_attention_scratch(list, 2) * 4);
  k->step_attention(list, 2, scratch), add(outputs, 2 * GROUP * HEAD * 4);
  free(scratch), free(queries), free(keys), free(values), free(outputs), free(prefix_panels), free(own_panels);
}

int main(void) {
  for (size_t set = 0; set < antipode_kernel_set_count(); set++) {
    const antipode_kernels *k = antipode_kernel_set(set);
    state = 88172645463325252u, hash = 14695981039346656037u;
    for (int format = 0; format <= ANTIPODE_BF16; format++)
      if (antipode_panel_bytes((antipode_format)format, INPUTS) > 0) products(k, (antipode_format)format);
    rows(k);
    attention(k);
    printf("%016llx %s\n", (unsigned long long)hash, k->name);
  }
}
