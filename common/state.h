#ifndef QR_COMMON_STATE_H
#define QR_COMMON_STATE_H

#include "common/buffer.h"
#include "common/hash.h"

/* The replicated state: an ordered map from byte strings to byte strings, held in memory, with undo and with a
 * digest of everything in it that costs a constant for each entry changed since it was last asked for.
 *
 * Domains keep every fact that nodes must agree on as entries here, encoded by common/codec.h; the store writes
 * the changed entries with each block. Keys are ordered as memcmp orders them, a shorter key first. Nothing
 * depends on the order of insertion: equal contents give equal iteration and an equal digest.
 *
 * The digest is a sum over all entries of a 1,024-lane vector of 16-bit numbers modulo 2^16 (LtHash, Bellare and
 * Micciancio 1997; Lewi, Kim, Maykov and Weis 2019): an entry's vector is the ChaCha20 stream, nonce 0, under
 * the key SHA-256(LEB128(key size) ‖ key ‖ value), read little-endian. Removing an entry subtracts. */
struct qr_state;

enum { QR_STATE_KEY_MAX = 512, QR_STATE_VALUE_MAX = 1 << 20 };

struct qr_state *qr_state_new(void);
void qr_state_free(struct qr_state *state);

/* Key and value are copied. Sizes above the limits are a programming error and abort. */
void qr_state_put(struct qr_state *state, const void *key, size_t key_size, const void *value, size_t value_size);
void qr_state_delete(struct qr_state *state, const void *key, size_t key_size); /* nothing there is no error */

/* The value stays valid until the entry is next changed. False when there is none; ret_ is then untouched. */
bool qr_state_get(const struct qr_state *state, const void *key, size_t key_size, struct qr_span *ret_value);

/* The first entry whose key starts with prefix and comes after `after` (NULL: the first of all with it). The
 * spans stay valid until the entry changes. To walk: pass the last key back as `after`. Entries may be changed
 * or deleted while walking, as long as `after` is a copy. */
bool qr_state_next(const struct qr_state *state, const void *prefix, size_t prefix_size, const struct qr_span *after,
                   struct qr_span *ret_key, struct qr_span *ret_value);

/* A point to go back to: all later changes are undone. Marks nest; a mark ends with qr_state_flush. */
size_t qr_state_mark(const struct qr_state *state);
void qr_state_rollback(struct qr_state *state, size_t mark);

/* Calls `write` once for each key changed since the last flush whose value differs or that is gone
 * (value->bytes NULL), in key order; stops at its first non-zero return and gives it back. */
int qr_state_changes(const struct qr_state *state, int (*write)(void *context, const struct qr_span *key, const struct qr_span *value),
                     void *context);

/* Forgets the undo history: what is here is now the base. */
void qr_state_flush(struct qr_state *state);

size_t qr_state_count(const struct qr_state *state);

/* SHA-256 under the tag of QR_DOMAIN_STATE over the 2,048 bytes of the sum. */
struct qr_hash qr_state_digest(const struct qr_state *state);

#endif
