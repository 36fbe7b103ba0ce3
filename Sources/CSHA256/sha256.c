#include "CSHA256.h"

#include <string.h>

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (section 4.2.2).
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate(uint32_t x, int bits) { return x >> bits | x << (32 - bits); }

void antipode_sha256_blocks_portable(uint32_t state[8], const uint8_t *blocks, size_t count) {
  for (; count > 0; count--, blocks += 64) {
    uint32_t schedule[64];
    for (int i = 0; i < 16; i++)
      schedule[i] = (uint32_t)blocks[4 * i] << 24 | (uint32_t)blocks[4 * i + 1] << 16 |
                    (uint32_t)blocks[4 * i + 2] << 8 | blocks[4 * i + 3];
    for (int i = 16; i < 64; i++) {
      uint32_t a = schedule[i - 15], b = schedule[i - 2];
      schedule[i] = schedule[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + schedule[i - 7] +
                    (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (int i = 0; i < 64; i++) {
      uint32_t first = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) +
                       round_constants[i] + schedule[i];
      uint32_t second = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + first;
      d = c, c = b, b = a, a = first + second;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
    state[4] += e, state[5] += f, state[6] += g, state[7] += h;
  }
}

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <stdatomic.h>

static _Bool find_instructions(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) || !(c & bit_SSSE3)) return 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29));
}

// Asked once: in a virtual machine the question takes longer than a thousand blocks.
static _Bool has_instructions(void) {
  enum { unknown, no, yes };
  static _Atomic unsigned char known = unknown;
  unsigned char has = atomic_load_explicit(&known, memory_order_relaxed);
  if (has == unknown) {
    has = find_instructions() ? yes : no;
    atomic_store_explicit(&known, has, memory_order_relaxed);
  }
  return has == yes;
}

// Intel's SHA extensions work on the state as (a, b, e, f) and (c, d, g, h), and on four rounds at a time.
__attribute__((target("sha,sse4.1,ssse3"))) static void blocks_sha(
    uint32_t state[8], const uint8_t *blocks, size_t count) {
  const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i dcba = _mm_loadu_si128((const __m128i *)state), hgfe = _mm_loadu_si128((const __m128i *)(state + 4));
  __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1), efgh = _mm_shuffle_epi32(hgfe, 0x1b);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8), cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
  for (; count > 0; count--, blocks += 64) {
    __m128i abef_before = abef, cdgh_before = cdgh, words[4];
    for (int i = 0; i < 4; i++)
      words[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(blocks + 16 * i)), big_endian);
#pragma clang loop unroll(full)
    for (int i = 0; i < 16; i++) {
      __m128i sum =
          _mm_add_epi32(words[i % 4], _mm_loadu_si128((const __m128i *)(round_constants + 4 * i)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
      if (i >= 12) continue;
      __m128i last = words[(i + 3) % 4];
      __m128i next = _mm_sha256msg1_epu32(words[i % 4], words[(i + 1) % 4]);
      next = _mm_add_epi32(next, _mm_alignr_epi8(last, words[(i + 2) % 4], 4));
      words[i % 4] = _mm_sha256msg2_epu32(next, last);
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }
  __m128i feba = _mm_shuffle_epi32(abef, 0x1b), dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

_Bool antipode_sha256_blocks_native(uint32_t state[8], const uint8_t *blocks, size_t count) {
  if (!has_instructions()) return 0;
  blocks_sha(state, blocks, count);
  return 1;
}

#else

_Bool antipode_sha256_blocks_native(uint32_t state[8], const uint8_t *blocks, size_t count) { return 0; }

#endif

static void add_blocks(uint32_t state[8], const uint8_t *blocks, size_t count) {
  if (count > 0 && !antipode_sha256_blocks_native(state, blocks, count))
    antipode_sha256_blocks_portable(state, blocks, count);
}

antipode_sha256 antipode_sha256_begin(void) {
  return (antipode_sha256){
      .state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void antipode_sha256_add(antipode_sha256 *hash, const void *bytes, size_t count) {
  const uint8_t *next = bytes;
  size_t kept = hash->count % 64;
  hash->count += count;
  if (kept > 0) {
    size_t taken = count < 64 - kept ? count : 64 - kept;
    if (taken > 0) memcpy(hash->rest + kept, next, taken);
    if (kept + taken < 64) return;
    add_blocks(hash->state, hash->rest, 1);
    next += taken, count -= taken;
  }
  add_blocks(hash->state, next, count / 64);
  if (count % 64 > 0) memcpy(hash->rest, next + count / 64 * 64, count % 64);
}

void antipode_sha256_end(antipode_sha256 *hash, uint8_t digest[32]) {
  // A one bit, zeros, and the length in bits, in as many blocks as that takes (section 5.1.1).
  uint8_t ending[128] = {0};
  size_t kept = hash->count % 64, size = kept < 56 ? 64 : 128;
  uint64_t bits = hash->count * 8;
  memcpy(ending, hash->rest, kept);
  ending[kept] = 0x80;
  for (int i = 0; i < 8; i++) ending[size - 1 - i] = (uint8_t)(bits >> 8 * i);
  add_blocks(hash->state, ending, size / 64);
  for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}
