// SHA-256 (FIPS 180-4), which names models, data, stages and artifacts.
#ifndef ANTIPODE_SHA256_H
#define ANTIPODE_SHA256_H

#include <stddef.h>
#include <stdint.h>

// A hash of what has come so far.
typedef struct {
  uint32_t state[8];
  // Bytes in all, and those of them that do not fill a block yet.
  uint64_t count;
  uint8_t rest[64];
} antipode_sha256;

antipode_sha256 antipode_sha256_begin(void);
void antipode_sha256_add(antipode_sha256 *hash, const void *bytes, size_t count);
// Ends the message; the hash is used up.
void antipode_sha256_end(antipode_sha256 *hash, uint8_t digest[32]);

// The two ways to add whole blocks, for tests and for the rate: with the processor's instructions for it, or without.
void antipode_sha256_blocks_portable(uint32_t state[8], const uint8_t *blocks, size_t count);
// False where the processor has none; nothing is done then.
_Bool antipode_sha256_blocks_native(uint32_t state[8], const uint8_t *blocks, size_t count);

#endif
