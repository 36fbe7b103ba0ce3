// Lays a file's rows out as panels. Nothing is rounded: scales and quants are moved, not computed.
//
// The file's block formats: ggml's `ggml-common.h`, with the order of elements of `ggml-quants.c`.
#include <string.h>

#include "panels.h"

typedef uint8_t bytes16 __attribute__((vector_size(16), aligned(1)));
typedef uint32_t words4 __attribute__((vector_size(16), aligned(4)));
typedef uint32_t words16 __attribute__((vector_size(64), aligned(4)));

// Blocks as files hold them, made of bytes: they begin at any address. A `half` is a 16-bit float.
typedef uint8_t half[2];

typedef struct {
  half scale;
  uint8_t nibbles[16];
} q4_0_file;  // of IQ4_NL too

typedef struct {
  half scale, minimum;
  uint8_t nibbles[16];
} q4_1_file;

typedef struct {
  half scale;
  uint8_t fifth[4], nibbles[16];
} q5_0_file;

typedef struct {
  half scale, minimum;
  uint8_t fifth[4], nibbles[16];
} q5_1_file;

typedef struct {
  half scale;
  uint8_t bytes[32];
} q8_0_file;

typedef struct {
  uint8_t small[16];  // for 16 columns each: the scale's 4 bits, above them the minimum's
  uint8_t pairs[2][32];
  half scale, minimum;
} q2_k_file;

typedef struct {
  uint8_t third[32];
  uint8_t pairs[2][32];
  uint8_t small[12];  // for 16 columns each: 6 bits, with 32 added
  half scale;
} q3_k_file;

typedef struct {
  half scale, minimum;
  uint8_t small[12];  // for 32 columns each: 6 bits of scale and 6 of minimum
  uint8_t nibbles[4][32];
} q4_k_file;

typedef struct {
  half scale, minimum;
  uint8_t small[12];
  uint8_t fifth[32];
  uint8_t nibbles[4][32];
} q5_k_file;

typedef struct {
  uint8_t nibbles[2][2][32];
  uint8_t upper[2][32];
  uint8_t small[16];  // for 16 columns each: a signed byte
  half scale;
} q6_k_file;

typedef struct {
  half scale;
  uint8_t small_high[2], small_low[4];  // for 32 columns each: 6 bits, with 32 added
  uint8_t nibbles[8][16];
} iq4_xs_file;

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
    case ANTIPODE_IQ4_NL: return (file_block){sizeof(q4_0_file), 32};
    case ANTIPODE_Q4_1: return (file_block){sizeof(q4_1_file), 32};
    case ANTIPODE_Q5_0: return (file_block){sizeof(q5_0_file), 32};
    case ANTIPODE_Q5_1: return (file_block){sizeof(q5_1_file), 32};
    case ANTIPODE_Q8_0: return (file_block){sizeof(q8_0_file), 32};
    case ANTIPODE_Q2_K: return (file_block){sizeof(q2_k_file), 256};
    case ANTIPODE_Q3_K: return (file_block){sizeof(q3_k_file), 256};
    case ANTIPODE_Q4_K: return (file_block){sizeof(q4_k_file), 256};
    case ANTIPODE_Q5_K: return (file_block){sizeof(q5_k_file), 256};
    case ANTIPODE_Q6_K: return (file_block){sizeof(q6_k_file), 256};
    case ANTIPODE_IQ4_XS: return (file_block){sizeof(iq4_xs_file), 256};
  }
  return (file_block){0, 1};
}
static_assert(sizeof(q4_0_file) == 18 && sizeof(q4_1_file) == 20, "ggml's block sizes");
static_assert(sizeof(q5_0_file) == 22 && sizeof(q5_1_file) == 24 && sizeof(q8_0_file) == 34, "ggml's block sizes");
static_assert(sizeof(q2_k_file) == 84 && sizeof(q3_k_file) == 110 && sizeof(q4_k_file) == 144, "ggml's block sizes");
static_assert(sizeof(q5_k_file) == 176 && sizeof(q6_k_file) == 210 && sizeof(iq4_xs_file) == 136, "ggml's block sizes");

size_t antipode_row_bytes(antipode_format format, size_t inputs) {
  file_block block = file_block_of(format);
  return inputs % block.columns ? 0 : inputs / block.columns * block.bytes;
}

size_t antipode_panel_bytes(antipode_format format, size_t inputs) {
  if (antipode_row_bytes(format, inputs) == 0) return 0;
  antipode_layout layout = antipode_layout_of(format);
  return antipode_group_offset(layout, (inputs + BLOCK - 1) / BLOCK);
}

static void add_fifth_bits(const uint8_t *restrict fifth, uint8_t *restrict q) {
  uint32_t bits;
  memcpy(&bits, fifth, 4);
  for (int j = 0; j < 32; j++) q[j] |= (bits >> j & 1) << 4;
}

static void write_nibbles(const uint8_t *restrict nibbles, uint8_t *restrict q) {
  for (int j = 0; j < 16; j++) {
    q[j] = nibbles[j] & 15;
    q[j + 16] = nibbles[j] >> 4;
  }
}

// The quants of the 32 columns of block `b` of a row, where they are not ready (`ready_quants`).
static void quants(antipode_format format, const uint8_t *restrict row, size_t b, uint8_t *restrict q) {
  size_t s = b % 8;  // the block's number in its super-block
  switch (format) {
    case ANTIPODE_F32:
    case ANTIPODE_F16:
    case ANTIPODE_BF16:
    case ANTIPODE_Q4_0:
    case ANTIPODE_IQ4_NL:
    case ANTIPODE_Q4_1:
    case ANTIPODE_Q8_0:
    case ANTIPODE_IQ4_XS: return;
    case ANTIPODE_Q5_0: {
      const q5_0_file *block = (const q5_0_file *)row + b;
      write_nibbles(block->nibbles, q);
      return add_fifth_bits(block->fifth, q);
    }
    case ANTIPODE_Q5_1: {
      const q5_1_file *block = (const q5_1_file *)row + b;
      write_nibbles(block->nibbles, q);
      return add_fifth_bits(block->fifth, q);
    }
    case ANTIPODE_Q2_K: {
      const q2_k_file *block = (const q2_k_file *)row + b / 8;
      for (int l = 0; l < 32; l++) q[l] = block->pairs[s / 4][l] >> (s % 4 * 2) & 3;
      return;
    }
    case ANTIPODE_Q3_K: {
      const q3_k_file *block = (const q3_k_file *)row + b / 8;
      for (int l = 0; l < 32; l++)
        q[l] = (block->pairs[s / 4][l] >> (s % 4 * 2) & 3) | (block->third[l] >> s & 1) << 2;
      return;
    }
    case ANTIPODE_Q4_K: {
      const q4_k_file *block = (const q4_k_file *)row + b / 8;
      for (int l = 0; l < 32; l++) q[l] = block->nibbles[s / 2][l] >> (s % 2 * 4) & 15;
      return;
    }
    case ANTIPODE_Q5_K: {
      const q5_k_file *block = (const q5_k_file *)row + b / 8;
      for (int l = 0; l < 32; l++)
        q[l] = (block->nibbles[s / 2][l] >> (s % 2 * 4) & 15) | (block->fifth[l] >> s & 1) << 4;
      return;
    }
    case ANTIPODE_Q6_K: {
      const q6_k_file *block = (const q6_k_file *)row + b / 8;
      for (int l = 0; l < 32; l++)
        q[l] = (block->nibbles[s / 4][s % 2][l] >> (s % 4 / 2 * 4) & 15) | (block->upper[s / 4][l] >> (s % 4 * 2) & 3) << 4;
      return;
    }
  }
}

// The scales of a row's block or, with super-blocks, of its super-block `g`, into lane `lane` of the head of a group.
static void scales(antipode_format format, const uint8_t *row, size_t g, size_t lane, void *destination) {
// The block in the file as `block`, and the group as `group`, with the row's 16-bit scale copied.
#define OPEN(file_type, group_type)                    \
  const file_type *block = (const file_type *)row + g; \
  group_type *group = destination;                     \
  memcpy(&group->scale[lane], block->scale, sizeof(half))
#define COPY_MINIMUM() memcpy(&group->minimum[lane], block->minimum, sizeof(half))
  switch (format) {
    case ANTIPODE_F32:
    case ANTIPODE_F16:
    case ANTIPODE_BF16: return;
    case ANTIPODE_Q4_0:
    case ANTIPODE_IQ4_NL: {
      OPEN(q4_0_file, q4_0_group);
      return;
    }
    case ANTIPODE_Q4_1: {
      OPEN(q4_1_file, q4_1_group);
      COPY_MINIMUM();
      return;
    }
    case ANTIPODE_Q5_0: {
      OPEN(q5_0_file, q5_0_group);
      return;
    }
    case ANTIPODE_Q5_1: {
      OPEN(q5_1_file, q5_1_group);
      COPY_MINIMUM();
      return;
    }
    case ANTIPODE_Q8_0: {
      OPEN(q8_0_file, q8_0_group);
      return;
    }
    case ANTIPODE_Q2_K: {
      OPEN(q2_k_file, q2_k_group);
      COPY_MINIMUM();
      for (int i = 0; i < 16; i++) group->small[i / 2][i % 2][lane] = block->small[i];
      return;
    }
    case ANTIPODE_Q3_K: {
      OPEN(q3_k_file, q3_k_group);
      const uint8_t *packed = block->small;
      for (int i = 0; i < 16; i++) {
        int low = i < 8 ? packed[i] & 15 : packed[i - 8] >> 4, high = packed[8 + i % 4] >> (i / 4 * 2) & 3;
        group->small[i / 2][i % 2][lane] = (int8_t)((low | high << 4) - 32);
      }
      return;
    }
#define SIX_BITS_OF_SCALE_AND_MINIMUM()                                                                  \
  do {                                                                                                   \
    const uint8_t *packed = block->small;                                                                \
    for (int i = 0; i < 8; i++) {                                                                        \
      group->small[i].scale[lane] = i < 4 ? packed[i] & 63 : (packed[i + 4] & 15) | (packed[i - 4] >> 6) << 4; \
      group->small[i].minimum[lane] = i < 4 ? packed[i + 4] & 63 : packed[i + 4] >> 4 | (packed[i] >> 6) << 4; \
    }                                                                                                    \
  } while (0)
    case ANTIPODE_Q4_K: {
      OPEN(q4_k_file, q4_k_group);
      COPY_MINIMUM();
      SIX_BITS_OF_SCALE_AND_MINIMUM();
      return;
    }
    case ANTIPODE_Q5_K: {
      OPEN(q5_k_file, q5_k_group);
      COPY_MINIMUM();
      SIX_BITS_OF_SCALE_AND_MINIMUM();
      return;
    }
#undef SIX_BITS_OF_SCALE_AND_MINIMUM
    case ANTIPODE_Q6_K: {
      OPEN(q6_k_file, q6_k_group);
      for (int i = 0; i < 16; i++) group->small[i / 2][i % 2][lane] = (int8_t)block->small[i];
      return;
    }
    case ANTIPODE_IQ4_XS: {
      OPEN(iq4_xs_file, iq4_xs_group);
      uint16_t high;
      memcpy(&high, block->small_high, 2);
      for (int i = 0; i < 8; i++)
        group->small[i][lane] =
            (int8_t)(((block->small_low[i / 2] >> (i % 2 * 4) & 15) | (high >> (2 * i) & 3) << 4) - 32);
      return;
    }
  }
#undef COPY_MINIMUM
#undef OPEN
}

// The quants of a row's block where they stand in the file as in the panel, and nothing else belongs to them: 32 bytes,
// or 16 with columns j and j + 16 in byte j. Else NULL.
static const uint8_t *ready_quants(antipode_format format, const uint8_t *row, size_t b) {
  switch (format) {
    case ANTIPODE_Q4_0:
    case ANTIPODE_IQ4_NL: return ((const q4_0_file *)row)[b].nibbles;
    case ANTIPODE_Q4_1: return ((const q4_1_file *)row)[b].nibbles;
    case ANTIPODE_IQ4_XS: return ((const iq4_xs_file *)row)[b / 8].nibbles[b % 8];
    case ANTIPODE_Q8_0: return ((const q8_0_file *)row)[b].bytes;
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
static void write_plane(const bytes16 *columns, int first, int count, int shift, int width, word_lanes plane) {
  words16 bits = {0};
  for (int j = 0; j < count; j++) {
    words16 column = __builtin_convertvector(columns[first + j], words16);
    bits |= (column >> shift & ((1u << width) - 1)) << (j % 4 * 8 + j / 4 * width);
  }
  memcpy(plane, &bits, sizeof bits);
}

static void write_low_bits(const bytes16 *columns, word_lanes nibbles[4]) {
  uint8_t *destination = (uint8_t *)nibbles;
  for (int j = 0; j < 16; j++) {
    bytes16 pair = (columns[j] & 15) | columns[j + 16] << 4;
    for (int lane = 0; lane < LANES; lane++) destination[j / 4 * 64 + lane * 4 + j % 4] = pair[lane];
  }
}

// Writes the quants of 32 columns of 16 rows as a block of a format whose quants are not ready.
static void write_block(antipode_format format, const bytes16 *columns, void *destination) {
  switch (format) {
    case ANTIPODE_Q2_K: {
      two_bit_block *block = destination;
      for (int half = 0; half < 2; half++) write_plane(columns, half * 16, 16, 0, 2, block->pairs[half]);
      return;
    }
    case ANTIPODE_Q3_K: {
      three_bit_block *block = destination;
      for (int half = 0; half < 2; half++) write_plane(columns, half * 16, 16, 0, 2, block->pairs[half]);
      return write_plane(columns, 0, 32, 2, 1, block->third);
    }
    case ANTIPODE_Q5_0:
    case ANTIPODE_Q5_1:
    case ANTIPODE_Q5_K: {
      five_bit_block *block = destination;
      write_low_bits(columns, block->nibbles);
      return write_plane(columns, 0, 32, 4, 1, block->fifth);
    }
    case ANTIPODE_Q6_K: {
      six_bit_block *block = destination;
      write_low_bits(columns, block->nibbles);
      for (int half = 0; half < 2; half++) write_plane(columns, half * 16, 16, 4, 2, block->upper[half]);
      return;
    }
    default: return write_low_bits(columns, ((four_bit_block *)destination)->nibbles);
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
static void write_words(const words4 rows[4], size_t lane, word_lanes nibbles[4]) {
  words4 a = __builtin_shufflevector(rows[0], rows[1], 0, 4, 1, 5), b = __builtin_shufflevector(rows[2], rows[3], 0, 4, 1, 5);
  words4 c = __builtin_shufflevector(rows[0], rows[1], 2, 6, 3, 7), d = __builtin_shufflevector(rows[2], rows[3], 2, 6, 3, 7);
  words4 turned[4] = {
      __builtin_shufflevector(a, b, 0, 1, 4, 5), __builtin_shufflevector(a, b, 2, 3, 6, 7),
      __builtin_shufflevector(c, d, 0, 1, 4, 5), __builtin_shufflevector(c, d, 2, 3, 6, 7)};
  for (size_t word = 0; word < 4; word++) memcpy(&nibbles[word][lane], &turned[word], 16);
}

// The blocks in the low and in the high halves of 32 bytes of each row.
static void write_halves(const uint8_t *const bytes[LANES], word_lanes low_nibbles[4], word_lanes high_nibbles[4]) {
  for (size_t lane = 0; lane < LANES; lane += 4) {
    words4 low[4], high[4];
    for (size_t i = 0; i < 4; i++) {
      bytes16 first, second;
      memcpy(&first, bytes[lane + i], 16);
      memcpy(&second, bytes[lane + i] + 16, 16);
      low[i] = (words4)((first & 15) | second << 4);
      high[i] = (words4)(first >> 4 | (second & 0xf0));
    }
    write_words(low, lane, low_nibbles);
    write_words(high, lane, high_nibbles);
  }
}

// Pairs of bits `shift` and up of 16 bytes, as one 32-bit number: byte i holds those of bytes i, i + 4, i + 8 and i + 12.
static uint32_t pairs(const uint8_t *bytes, int shift) {
  uint32_t words[4], result = 0;
  memcpy(words, bytes, 16);
  for (int i = 0; i < 4; i++) result |= (words[i] >> shift & 0x03030303) << 2 * i;
  return result;
}

static void pack_q4_k(const uint8_t *const rows[16], size_t g, q4_k_group *group) {
  for (size_t s = 0; s < 8; s += 2) {
    const uint8_t *bytes[LANES];
    for (size_t lane = 0; lane < LANES; lane++) bytes[lane] = ((const q4_k_file *)rows[lane])[g].nibbles[s / 2];
    write_halves(bytes, group->blocks[s].nibbles, group->blocks[s + 1].nibbles);
  }
}

static void pack_q6_k(const uint8_t *const rows[16], size_t g, q6_k_group *group) {
  for (size_t half = 0; half < 2; half++)
    for (size_t line = 0; line < 2; line++) {
      six_bit_block *low = &group->blocks[half * 4 + line], *high = low + 2;
      const uint8_t *bytes[LANES];
      for (size_t lane = 0; lane < LANES; lane++) bytes[lane] = ((const q6_k_file *)rows[lane])[g].nibbles[half][line];
      write_halves(bytes, low->nibbles, high->nibbles);
    }
  for (size_t s = 0; s < 8; s++)
    for (size_t lane = 0; lane < LANES; lane++)
      for (size_t half = 0; half < 2; half++)
        group->blocks[s].upper[half][lane] =
            pairs(((const q6_k_file *)rows[lane])[g].upper[s / 4] + half * 16, s % 4 * 2);
}

// All of a panel of whole rows, where its format has a shorter way.
static bool pack_whole(antipode_format format, size_t inputs, const uint8_t *const rows[16], uint8_t *destination) {
  if (format != ANTIPODE_Q4_K && format != ANTIPODE_Q6_K) return false;
  antipode_layout layout = antipode_layout_of(format);
  for (size_t g = 0; g < inputs / 256; g++) {
    void *group = destination + g * layout.group_bytes;
    for (size_t lane = 0; lane < LANES; lane++) scales(format, rows[lane], g, lane, group);
    if (format == ANTIPODE_Q4_K)
      pack_q4_k(rows, g, group);
    else
      pack_q6_k(rows, g, group);
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
        for (size_t word = 0; word < layout.block_bytes / sizeof(word_lanes); word++)
          memcpy(destination + antipode_block_offset(layout, b) + word * sizeof(word_lanes) + lane * 4, ready + word * 4, 4);
      else
        quants(format, rows[lane], b, lines[lane]);
      if (b % layout.group_blocks == 0) scales(format, rows[lane], b / layout.group_blocks, lane, head);
    }
    if (ready_quants(format, destination, b)) continue;
    bytes16 columns[BLOCK];
    transpose(lines[0], BLOCK, columns);
    transpose(lines[0] + LANES, BLOCK, columns + LANES);
    write_block(format, columns, destination + antipode_block_offset(layout, b));
  }
}
