// Lays a file's rows out as panels. Nothing is rounded: scales and quants are moved, not computed.
//
// The file's block formats: ggml's `ggml-common.h`, with the order of elements of `ggml-quants.c`.
#include <string.h>

#include "panels.h"

enum { LANES = 16, BLOCK = 32 };

typedef uint8_t bytes16 __attribute__((vector_size(16), aligned(1)));
typedef uint32_t words4 __attribute__((vector_size(16), aligned(4)));
typedef uint32_t words16 __attribute__((vector_size(64), aligned(4)));

// Bytes and columns of a block in a file.
typedef struct {
  size_t bytes;
  size_t columns;
} file_block;

static file_block file_block_of(antipode_format format) {
  switch (format) {
    case ANTIPODE_F32: return (file_block){4, 1};
    case ANTIPODE_F16:
    case ANTIPODE_BF16: return (file_block){2, 1};
    case ANTIPODE_Q4_0:
    case ANTIPODE_IQ4_NL: return (file_block){18, 32};
    case ANTIPODE_Q4_1: return (file_block){20, 32};
    case ANTIPODE_Q5_0: return (file_block){22, 32};
    case ANTIPODE_Q5_1: return (file_block){24, 32};
    case ANTIPODE_Q8_0: return (file_block){34, 32};
    case ANTIPODE_Q2_K: return (file_block){84, 256};
    case ANTIPODE_Q3_K: return (file_block){110, 256};
    case ANTIPODE_Q4_K: return (file_block){144, 256};
    case ANTIPODE_Q5_K: return (file_block){176, 256};
    case ANTIPODE_Q6_K: return (file_block){210, 256};
    case ANTIPODE_IQ4_XS: return (file_block){136, 256};
  }
  return (file_block){0, 1};
}

size_t antipode_row_bytes(antipode_format format, size_t inputs) {
  file_block block = file_block_of(format);
  return inputs % block.columns ? 0 : inputs / block.columns * block.bytes;
}

size_t antipode_panel_bytes(antipode_format format, size_t inputs) {
  if (antipode_row_bytes(format, inputs) == 0) return 0;
  antipode_layout layout = antipode_layout_of(format);
  return antipode_group_offset(layout, (inputs + BLOCK - 1) / BLOCK);
}

static void nibbles(const uint8_t *restrict bytes, uint8_t *restrict q) {
  for (int j = 0; j < 16; j++) {
    q[j] = bytes[j] & 15;
    q[j + 16] = bytes[j] >> 4;
  }
}

static void fifth_bits(const uint8_t *restrict bytes, uint8_t *restrict q) {
  uint32_t bits;
  memcpy(&bits, bytes, 4);
  for (int j = 0; j < 32; j++) q[j] |= (bits >> j & 1) << 4;
}

// The quants of the 32 columns of block `b` of a row, where they are not ready (`ready_quants`).
static void quants(antipode_format format, const uint8_t *restrict row, size_t b, uint8_t *restrict q) {
  const uint8_t *block = row + b * file_block_of(format).bytes;                 // of 32 columns
  const uint8_t *super_block = row + b / 8 * file_block_of(format).bytes;  // of 256 columns
  size_t s = b % 8;
  switch (format) {
    case ANTIPODE_F32:
    case ANTIPODE_F16:
    case ANTIPODE_BF16: return;
    case ANTIPODE_Q4_0:
    case ANTIPODE_IQ4_NL:
    case ANTIPODE_Q4_1:
    case ANTIPODE_Q8_0:
    case ANTIPODE_IQ4_XS: return;
    case ANTIPODE_Q5_0:
      nibbles(block + 6, q);
      return fifth_bits(block + 2, q);
    case ANTIPODE_Q5_1:
      nibbles(block + 8, q);
      return fifth_bits(block + 4, q);
    case ANTIPODE_Q2_K:
      for (int l = 0; l < 32; l++) q[l] = super_block[16 + s / 4 * 32 + l] >> (s % 4 * 2) & 3;
      return;
    case ANTIPODE_Q3_K:
      for (int l = 0; l < 32; l++)
        q[l] = (super_block[32 + s / 4 * 32 + l] >> (s % 4 * 2) & 3) | (super_block[l] >> s & 1) << 2;
      return;
    case ANTIPODE_Q4_K:
      for (int l = 0; l < 32; l++) q[l] = super_block[16 + s / 2 * 32 + l] >> (s % 2 * 4) & 15;
      return;
    case ANTIPODE_Q5_K:
      for (int l = 0; l < 32; l++)
        q[l] = (super_block[48 + s / 2 * 32 + l] >> (s % 2 * 4) & 15) | (super_block[16 + l] >> s & 1) << 4;
      return;
    case ANTIPODE_Q6_K:
      for (int l = 0; l < 32; l++)
        q[l] = (super_block[s / 4 * 64 + s % 2 * 32 + l] >> (s % 4 / 2 * 4) & 15) |
               (super_block[128 + s / 4 * 32 + l] >> (s % 4 * 2) & 3) << 4;
      return;
  }
}

// The scales of a row's block or, with super-blocks, of its super-block `g`, into lane `lane` of the group's head.
static void scales(antipode_format format, const uint8_t *row, size_t g, size_t lane, uint8_t *head) {
  const uint8_t *block = row + g * file_block_of(format).bytes;
  uint8_t *scale = head + 2 * lane, *minimum = head + 32 + 2 * lane;
  switch (format) {
    case ANTIPODE_F32:
    case ANTIPODE_F16:
    case ANTIPODE_BF16: return;
    case ANTIPODE_Q4_0:
    case ANTIPODE_Q5_0:
    case ANTIPODE_Q8_0:
    case ANTIPODE_IQ4_NL: memcpy(scale, block, 2); return;
    case ANTIPODE_Q4_1:
    case ANTIPODE_Q5_1:
      memcpy(scale, block, 2);
      memcpy(minimum, block + 2, 2);
      return;
    case ANTIPODE_Q2_K:  // For 16 columns each: the scale's 4 bits, above them the minimum's.
      memcpy(scale, block + 80, 2);
      memcpy(minimum, block + 82, 2);
      for (int i = 0; i < 16; i++) head[64 + i * LANES + lane] = block[i];
      return;
    case ANTIPODE_Q3_K: {  // For 16 columns each: 6 bits, stored with 32 added.
      const uint8_t *packed = block + 96;
      memcpy(scale, block + 108, 2);
      for (int i = 0; i < 16; i++) {
        int low = i < 8 ? packed[i] & 15 : packed[i - 8] >> 4, high = packed[8 + i % 4] >> (i / 4 * 2) & 3;
        head[32 + i * LANES + lane] = (uint8_t)((low | high << 4) - 32);
      }
      return;
    }
    case ANTIPODE_Q4_K:
    case ANTIPODE_Q5_K: {  // For 32 columns each: 6 bits of scale and 6 of minimum.
      const uint8_t *packed = block + 4;
      memcpy(scale, block, 2);
      memcpy(minimum, block + 2, 2);
      for (int i = 0; i < 8; i++) {
        head[64 + i * 2 * LANES + lane] =
            i < 4 ? packed[i] & 63 : (packed[i + 4] & 15) | (packed[i - 4] >> 6) << 4;
        head[64 + (i * 2 + 1) * LANES + lane] =
            i < 4 ? packed[i + 4] & 63 : packed[i + 4] >> 4 | (packed[i] >> 6) << 4;
      }
      return;
    }
    case ANTIPODE_Q6_K:  // For 16 columns each: a signed byte.
      memcpy(scale, block + 208, 2);
      for (int i = 0; i < 16; i++) head[32 + i * LANES + lane] = block[192 + i];
      return;
    case ANTIPODE_IQ4_XS: {  // For 32 columns each: 6 bits, stored with 32 added.
      uint16_t high;
      memcpy(&high, block + 2, 2);
      memcpy(scale, block, 2);
      for (int i = 0; i < 8; i++)
        head[32 + i * LANES + lane] =
            (uint8_t)(((block[4 + i / 2] >> (i % 2 * 4) & 15) | (high >> (2 * i) & 3) << 4) - 32);
      return;
    }
  }
}

// The quants of a row's block where they stand in the file as in the panel, and nothing else belongs to them: 32 bytes,
// or 16 with columns j and j + 16 in byte j. Else NULL.
static const uint8_t *ready_quants(antipode_format format, const uint8_t *row, size_t b) {
  switch (format) {
    case ANTIPODE_Q4_0:
    case ANTIPODE_IQ4_NL: return row + b * 18 + 2;
    case ANTIPODE_Q4_1: return row + b * 20 + 4;
    case ANTIPODE_IQ4_XS: return row + b / 8 * 136 + 8 + b % 8 * 16;
    case ANTIPODE_Q8_0: return row + b * 34 + 2;
    default: return NULL;
  }
}

// Turns 16 rows of 16 bytes, `stride` apart, into 16 columns: four rounds of interleaving rows i and i + 8.
static void transpose(const uint8_t *rows, size_t stride, bytes16 square[LANES]) {
  for (int i = 0; i < LANES; i++) memcpy(&square[i], rows + i * stride, LANES);
  for (int round = 0; round < 4; round++) {
    bytes16 turned[LANES];
    for (int i = 0; i < LANES / 2; i++) {
      turned[2 * i] = __builtin_shufflevector(
          square[i], square[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      turned[2 * i + 1] = __builtin_shufflevector(
          square[i], square[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
    }
    memcpy(square, turned, sizeof turned);
  }
}

// Bits `shift` and up of the columns `first ..< first + count`, `width` of them each, as one 32-bit number a row.
static void plane(
    const bytes16 *columns, int first, int count, int shift, int width, uint8_t *destination) {
  words16 bits = {0};
  for (int j = 0; j < count; j++) {
    words16 column = __builtin_convertvector(columns[first + j], words16);
    bits |= (column >> shift & ((1u << width) - 1)) << (j % 4 * 8 + j / 4 * width);
  }
  memcpy(destination, &bits, sizeof bits);
}

static void write_block(antipode_format format, const bytes16 *columns, uint8_t *destination) {
  if (format == ANTIPODE_Q2_K || format == ANTIPODE_Q3_K) {
    plane(columns, 0, 16, 0, 2, destination);
    plane(columns, 16, 16, 0, 2, destination + 64);
    if (format == ANTIPODE_Q3_K) plane(columns, 0, 32, 2, 1, destination + 128);
    return;
  }
  for (int j = 0; j < 16; j++) {
    bytes16 pair = (columns[j] & 15) | columns[j + 16] << 4;
    for (int lane = 0; lane < LANES; lane++) destination[j / 4 * 64 + lane * 4 + j % 4] = pair[lane];
  }
  switch (format) {
    case ANTIPODE_Q5_0:
    case ANTIPODE_Q5_1:
    case ANTIPODE_Q5_K: plane(columns, 0, 32, 4, 1, destination + 256); return;
    case ANTIPODE_Q6_K:
      plane(columns, 0, 16, 4, 2, destination + 256);
      plane(columns, 16, 16, 4, 2, destination + 320);
      return;
    default: return;
  }
}

// Numbers without blocks: column k of all rows, then column k + 1.
#define PACK_PLAIN(type)                                                              \
  for (size_t lane = 0; lane < LANES; lane++) {                                       \
    if (!rows[lane]) continue;                                                        \
    for (size_t k = 0; k < inputs; k++)                                               \
      memcpy(destination + (k * LANES + lane) * sizeof(type), rows[lane] + k * sizeof(type), sizeof(type)); \
  }

// Q4_K and Q6_K, which most of today's files are made of, without going through single columns: 32 bytes of a row hold one
// block in their low halves and another in their high halves, in the order of the columns.

// Moves the 16 bytes of four rows to their places: word i of each stands beside that of the others.
static void write_words(const words4 rows[4], size_t lane, uint8_t *destination) {
  words4 a = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5), b = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
  words4 c = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7), d = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
  words4 turned[4] = {
      __builtin_shufflevector(a, b, 0, 1, 4, 5), __builtin_shufflevector(a, b, 2, 3, 6, 7),
      __builtin_shufflevector(c, d, 0, 1, 4, 5), __builtin_shufflevector(c, d, 2, 3, 6, 7)};
  for (size_t word = 0; word < 4; word++) memcpy(destination + word * 64 + lane * 4, &turned[word], 16);
}

// The blocks in the low and in the high halves of 32 bytes, `offset` bytes into each row's super-block.
static void write_halves(
    const uint8_t *const super_blocks[LANES], size_t offset, uint8_t *low_block, uint8_t *high_block) {
  for (size_t lane = 0; lane < LANES; lane += 4) {
    words4 low[4], high[4];
    for (size_t i = 0; i < 4; i++) {
      bytes16 first, second;
      memcpy(&first, super_blocks[lane + i] + offset, 16);
      memcpy(&second, super_blocks[lane + i] + offset + 16, 16);
      low[i] = (words4)((first & 15) | second << 4);
      high[i] = (words4)(first >> 4 | (second & 0xf0));
    }
    write_words(low, lane, low_block);
    write_words(high, lane, high_block);
  }
}

// Pairs of bits `shift` and up of 16 bytes, as one 32-bit number: byte i holds those of bytes i, i + 4, i + 8 and i + 12.
static uint32_t pairs(const uint8_t *bytes, int shift) {
  uint32_t words[4], result = 0;
  memcpy(words, bytes, 16);
  for (int i = 0; i < 4; i++) result |= (words[i] >> shift & 0x03030303) << 2 * i;
  return result;
}

// All of a panel of whole rows, where its format has a shorter way.
static bool pack_whole(antipode_format format, size_t inputs, const uint8_t *const rows[16], uint8_t *destination) {
  if (format != ANTIPODE_Q4_K && format != ANTIPODE_Q6_K) return false;
  antipode_layout layout = antipode_layout_of(format);
  size_t bytes = file_block_of(format).bytes;
  for (size_t g = 0; g < inputs / 256; g++) {
    const uint8_t *super_blocks[LANES];
    for (size_t lane = 0; lane < LANES; lane++) {
      super_blocks[lane] = rows[lane] + g * bytes;
      scales(format, rows[lane], g, lane, destination + antipode_group_offset(layout, 8 * g));
    }
    uint8_t *blocks[8];
    for (size_t s = 0; s < 8; s++) blocks[s] = destination + antipode_block_offset(layout, 8 * g + s);
    if (format == ANTIPODE_Q4_K) {
      for (size_t s = 0; s < 8; s += 2) write_halves(super_blocks, 16 + s * 16, blocks[s], blocks[s + 1]);
      continue;
    }
    for (size_t s = 0; s < 4; s++) {
      size_t half = s / 2, place = half * 4 + s % 2;
      write_halves(super_blocks, half * 64 + s % 2 * 32, blocks[place], blocks[place + 2]);
    }
    for (size_t s = 0; s < 8; s++)
      for (size_t lane = 0; lane < LANES; lane++)
        for (size_t i = 0; i < 2; i++) {
          uint32_t number = pairs(super_blocks[lane] + 128 + s / 4 * 32 + i * 16, s % 4 * 2);
          memcpy(blocks[s] + 256 + i * 64 + lane * 4, &number, 4);
        }
  }
  return true;
}

void antipode_pack_panel(antipode_format format, size_t inputs, const uint8_t *const rows[16], uint8_t *destination) {
  antipode_layout layout = antipode_layout_of(format);
  size_t blocks = (inputs + BLOCK - 1) / BLOCK;
  bool whole = inputs % BLOCK == 0;
  for (size_t lane = 0; lane < LANES; lane++) whole = whole && rows[lane];
  if (!whole) memset(destination, 0, antipode_panel_bytes(format, inputs));
  if (format == ANTIPODE_F32) {
    PACK_PLAIN(uint32_t)
    return;
  }
  if (format == ANTIPODE_F16 || format == ANTIPODE_BF16) {
    PACK_PLAIN(uint16_t)
    return;
  }
  if (whole && pack_whole(format, inputs, rows, destination)) return;
  uint8_t lines[LANES][BLOCK] = {0};
  for (size_t b = 0; b < blocks; b++) {
    uint8_t *head = destination + antipode_group_offset(layout, b);
    for (size_t lane = 0; lane < LANES; lane++) {
      if (!rows[lane]) continue;
      const uint8_t *ready = ready_quants(format, rows[lane], b);
      if (ready)
        for (size_t word = 0; word < layout.block / 64; word++)
          memcpy(destination + antipode_block_offset(layout, b) + word * 64 + lane * 4, ready + word * 4, 4);
      else
        quants(format, rows[lane], b, lines[lane]);
      if (b % layout.group == 0) scales(format, rows[lane], b / layout.group, lane, head);
    }
    if (ready_quants(format, destination, b)) continue;
    bytes16 columns[BLOCK];
    transpose(lines[0], BLOCK, columns);
    transpose(lines[0] + LANES, BLOCK, columns + LANES);
    write_block(format, columns, destination + antipode_block_offset(layout, b));
  }
}
