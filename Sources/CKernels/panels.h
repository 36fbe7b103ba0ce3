// The layout of panels: where a block's parts stand. Written by pack.c, read by weights.inc.
#ifndef ANTIPODE_PANELS_H
#define ANTIPODE_PANELS_H

#include "CKernels.h"

// The parts of a panel's blocks, in bytes. All parts hold 16 rows side by side.
typedef struct {
  size_t group;  // blocks of 32 columns behind one head: 8 in the formats with super-blocks, 1 in the others
  size_t head;   // bytes of a group's head: the rows' 16-bit scales (and minima), then, with super-blocks, 32 or 16 bytes
                 // of small scales for each block
  size_t block;  // bytes of a block's quants
} antipode_layout;

static inline __attribute__((always_inline)) antipode_layout antipode_layout_of(antipode_format format) {
  switch (format) {
    case ANTIPODE_F32: return (antipode_layout){1, 0, 32 * 16 * 4};
    case ANTIPODE_F16:
    case ANTIPODE_BF16: return (antipode_layout){1, 0, 32 * 16 * 2};
    // Nibbles: byte j of a row's 16 holds column j in its low half and column j + 16 in its high half. Four bytes of a row,
    // a 32-bit number, stand beside those of the other rows.
    case ANTIPODE_Q4_0:
    case ANTIPODE_IQ4_NL: return (antipode_layout){1, 32, 256};
    case ANTIPODE_Q4_1: return (antipode_layout){1, 64, 256};
    // Nibbles, then a row's fifth bits as a 32-bit number: byte i holds those of columns i, i + 4, i + 8 and so on, the
    // first lowest. So those of four neighbouring columns stand at the same place of four bytes.
    case ANTIPODE_Q5_0: return (antipode_layout){1, 32, 256 + 64};
    case ANTIPODE_Q5_1: return (antipode_layout){1, 64, 256 + 64};
    // A byte a column; four of a row stand beside those of the other rows.
    case ANTIPODE_Q8_0: return (antipode_layout){1, 32, 512};
    // Pairs of bits as two 32-bit numbers a row, of columns 0 to 15 and 16 to 31, laid out as fifth bits are.
    case ANTIPODE_Q2_K: return (antipode_layout){8, 64 + 8 * 32, 128};
    // Pairs of bits, then the third bits.
    case ANTIPODE_Q3_K: return (antipode_layout){8, 32 + 8 * 32, 128 + 64};
    case ANTIPODE_Q4_K: return (antipode_layout){8, 64 + 8 * 32, 256};
    case ANTIPODE_Q5_K: return (antipode_layout){8, 64 + 8 * 32, 256 + 64};
    // Nibbles, then pairs of bits.
    case ANTIPODE_Q6_K: return (antipode_layout){8, 32 + 8 * 32, 256 + 128};
    case ANTIPODE_IQ4_XS: return (antipode_layout){8, 32 + 8 * 16, 256};
  }
  return (antipode_layout){1, 0, 0};
}

// Where the group of a block begins.
static inline __attribute__((always_inline)) size_t antipode_group_offset(antipode_layout layout, size_t block) {
  return block / layout.group * (layout.head + layout.group * layout.block);
}

// Where a block's quants begin.
static inline __attribute__((always_inline)) size_t antipode_block_offset(antipode_layout layout, size_t block) {
  return antipode_group_offset(layout, block) + layout.head + block % layout.group * layout.block;
}

#endif
