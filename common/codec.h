#ifndef QR_COMMON_CODEC_H
#define QR_COMMON_CODEC_H

#include "common/buffer.h"
#include "common/error.h"
#include "common/hash.h"

/* The one canonical encoding: everything that is hashed or signed is written by it. Fields stand in fixed order
 * without tags; unsigned numbers are minimal LEB128, signed ones zigzag LEB128, bytes and UTF-8 text are
 * length-prefixed, hashes and other fixed sizes are raw. There are no optional fields, and a reader refuses
 * trailing bytes, so what decodes re-encodes to the same bytes. */

/* Writing cannot fail. */
void qr_put_u8(struct qr_buffer *out, uint8_t value);
void qr_put_uint(struct qr_buffer *out, uint64_t value);
void qr_put_int(struct qr_buffer *out, int64_t value);
void qr_put_raw(struct qr_buffer *out, const void *bytes, size_t size);
void qr_put_bytes(struct qr_buffer *out, const void *bytes, size_t size);
void qr_put_text(struct qr_buffer *out, const char *text);
void qr_put_hash(struct qr_buffer *out, const struct qr_hash *hash);

/* A reader over untrusted bytes with a sticky error: after the first failure every read gives zero, so a
 * whole message is read straight through and qr_reader_end is checked once. It does not own the bytes. */
struct qr_reader {
    const uint8_t *at;
    const uint8_t *end;
    const char *failed; /* NULL, or what is wrong, a static string */
};

struct qr_reader qr_reader_of(const void *bytes, size_t size);
uint8_t qr_get_u8(struct qr_reader *in);
uint64_t qr_get_uint(struct qr_reader *in);                    /* refuses non-minimal forms */
uint64_t qr_get_uint_max(struct qr_reader *in, uint64_t most); /* fails above most */
int64_t qr_get_int(struct qr_reader *in);
const uint8_t *qr_get_raw(struct qr_reader *in, size_t size); /* points into the bytes; NULL once failed */
const uint8_t *qr_get_bytes(struct qr_reader *in, size_t most, size_t *ret_size); /* likewise */
void qr_get_text(struct qr_reader *in, char *target, size_t capacity); /* UTF-8 without NUL that fits; else fails */
void qr_get_hash(struct qr_reader *in, struct qr_hash *ret_hash);
void qr_reader_fail(struct qr_reader *in, const char *reason); /* a static string; the first reason stays */

/* A count of items that take at least item_size bytes each: fails when the rest could not hold them, so that a
 * lying count cannot ask for memory. */
size_t qr_get_count(struct qr_reader *in, size_t most, size_t item_size);

/* The one check: 0 when everything was read and nothing failed or is left over, else QR_EFORMAT naming `what`. */
QR_MUST_USE int qr_reader_end(const struct qr_reader *in, const char *what, struct qr_error *error);

/* The size of the valid UTF-8 sequence that the bytes start with, 1 to 4; 0 where there is none. */
size_t qr_utf8_sequence(const void *bytes, size_t size);
bool qr_utf8_valid(const void *bytes, size_t size);

#endif
