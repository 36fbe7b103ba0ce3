// The layout of panels: 16 rows of a weight matrix side by side, a lane each. Written by pack.c, read by weights.inc.
#ifndef ANTIPODE_PANELS_H
#define ANTIPODE_PANELS_H

#include <assert.h>

#include "CKernels.h"

enum { LANES = 16, BLOCK = 32 };

// One number of each of the 16 rows.
typedef uint16_t half_lanes[LANES];  // 16-bit floats, as bits
typedef uint8_t byte_lanes[LANES];
typedef int8_t signed_byte_lanes[LANES];
typedef uint32_t word_lanes[LANES];
typedef float float_lanes[LANES];

// Blocks of 32 columns. Of four neighbouring columns, each has its bits at the same place of the four bytes of a row's word.

// Byte j of a row's 16 holds column j in its low half and column j + 16 in its high half.
typedef struct {
  word_lanes nibbles[4];
} four_bit_block;

// In `fifth`, byte i of a row's word holds the fifth bits of columns i, i + 4, i + 8 and so on, the first lowest.
typedef struct {
  word_lanes nibbles[4];
  word_lanes fifth;
} five_bit_block;

// The upper two bits, in the same order, of columns 0 to 15 and of 16 to 31.
typedef struct {
  word_lanes nibbles[4];
  word_lanes upper[2];
} six_bit_block;

typedef struct {
  word_lanes bytes[8];
} eight_bit_block;

// Two bits in the order of `upper`; the third bits in that of `fifth`.
typedef struct {
  word_lanes pairs[2];
} two_bit_block;

typedef struct {
  word_lanes pairs[2];
  word_lanes third;
} three_bit_block;

// Groups: what stands behind one head. A format without super-blocks has groups of one block.

typedef struct {
  half_lanes scale;
  four_bit_block blocks[1];
} q4_0_group;  // of IQ4_NL too

typedef struct {
  half_lanes scale, minimum;
  four_bit_block blocks[1];
} q4_1_group;

typedef struct {
  half_lanes scale;
  five_bit_block blocks[1];
} q5_0_group;

typedef struct {
  half_lanes scale, minimum;
  five_bit_block blocks[1];
} q5_1_group;

typedef struct {
  half_lanes scale;
  eight_bit_block blocks[1];
} q8_0_group;

// The scales of a block's columns: of all of them, or of 16 each.
typedef struct {
  byte_lanes scale, minimum;
} block_scales;

typedef struct {
  half_lanes scale, minimum;
  byte_lanes small[8][2];  // a scale in the low half of a byte, a minimum in the high half
  two_bit_block blocks[8];
} q2_k_group;

typedef struct {
  half_lanes scale;
  signed_byte_lanes small[8][2];
  three_bit_block blocks[8];
} q3_k_group;

typedef struct {
  half_lanes scale, minimum;
  block_scales small[8];
  four_bit_block blocks[8];
} q4_k_group;

typedef struct {
  half_lanes scale, minimum;
  block_scales small[8];
  five_bit_block blocks[8];
} q5_k_group;

typedef struct {
  half_lanes scale;
  signed_byte_lanes small[8][2];
  six_bit_block blocks[8];
} q6_k_group;

typedef struct {
  half_lanes scale;
  signed_byte_lanes small[8];
  four_bit_block blocks[8];
} iq4_xs_group;

// Numbers without scales, column by column.
typedef struct {
  float_lanes blocks[1][BLOCK];
} float_group;

typedef struct {
  half_lanes blocks[1][BLOCK];
} half_group;

// A group takes the bytes that its 16 rows take in a file. Where a file packs 6 bits of a scale, a byte holds them here.
#define TAKES(group, file_bytes, unpacked_bytes) \
  static_assert(sizeof(group) == LANES * ((file_bytes) + (unpacked_bytes)), #group " has gaps")
TAKES(float_group, 32 * 4, 0);
TAKES(half_group, 32 * 2, 0);
TAKES(q4_0_group, 18, 0);
TAKES(q4_1_group, 20, 0);
TAKES(q5_0_group, 22, 0);
TAKES(q5_1_group, 24, 0);
TAKES(q8_0_group, 34, 0);
TAKES(q2_k_group, 84, 0);
TAKES(q3_k_group, 110, 16 - 12);
TAKES(q4_k_group, 144, 16 - 12);
TAKES(q5_k_group, 176, 16 - 12);
TAKES(q6_k_group, 210, 0);
TAKES(iq4_xs_group, 136, 8 - 6);
#undef TAKES

// A format's sizes, for what walks over panels of any.
typedef struct {
  size_t group_blocks;
  size_t group_bytes;
  size_t head_bytes;
  size_t block_bytes;
} antipode_layout;

static inline __attribute__((always_inline)) antipode_layout antipode_layout_of(antipode_format format) {
#define LAYOUT(group)                                                                                 \
  (antipode_layout) {                                                                                 \
    sizeof((group){0}.blocks) / sizeof((group){0}.blocks[0]), sizeof(group), offsetof(group, blocks), \
        sizeof((group){0}.blocks[0])                                                                  \
  }
  switch (format) {
    case ANTIPODE_F32: return LAYOUT(float_group);
    case ANTIPODE_F16:
    case ANTIPODE_BF16: return LAYOUT(half_group);
    case ANTIPODE_Q4_0:
    case ANTIPODE_IQ4_NL: return LAYOUT(q4_0_group);
    case ANTIPODE_Q4_1: return LAYOUT(q4_1_group);
    case ANTIPODE_Q5_0: return LAYOUT(q5_0_group);
    case ANTIPODE_Q5_1: return LAYOUT(q5_1_group);
    case ANTIPODE_Q8_0: return LAYOUT(q8_0_group);
    case ANTIPODE_Q2_K: return LAYOUT(q2_k_group);
    case ANTIPODE_Q3_K: return LAYOUT(q3_k_group);
    case ANTIPODE_Q4_K: return LAYOUT(q4_k_group);
    case ANTIPODE_Q5_K: return LAYOUT(q5_k_group);
    case ANTIPODE_Q6_K: return LAYOUT(q6_k_group);
    case ANTIPODE_IQ4_XS: return LAYOUT(iq4_xs_group);
  }
#undef LAYOUT
  return (antipode_layout){1, 0, 0, 0};
}

// Where the group of a block begins.
static inline __attribute__((always_inline)) size_t antipode_group_offset(antipode_layout layout, size_t block) {
  return block / layout.group_blocks * layout.group_bytes;
}

// Where a block's quants begin.
static inline __attribute__((always_inline)) size_t antipode_block_offset(antipode_layout layout, size_t block) {
  return antipode_group_offset(layout, block) + layout.head_bytes + block % layout.group_blocks * layout.block_bytes;
}

#endif
