#ifndef QR_LEDGER_JSON_H
#define QR_LEDGER_JSON_H

#include "common/buffer.h"
#include "common/hash.h"

#include <jansson.h>

/* Strict reading of the small JSON files of this folder (pins, receipts): objects with exactly the keys expected, hexadecimal in
 * lower case. Every function gives false for anything else. Internal to ledger/. */

/* The object has these keys and no other. */
bool qr_json_keys(const json_t *object, const char *const *keys, size_t n);
/* A whole number in [0, most]. */
bool qr_json_uint(const json_t *value, uint64_t most, uint64_t *ret);
/* Text without zero bytes that fits. */
bool qr_json_text(const json_t *value, char *target, size_t capacity);
bool qr_json_hash(const json_t *value, struct qr_hash *ret);
/* Hexadecimal of at most `most` bytes, appended. */
bool qr_json_bytes(const json_t *value, size_t most, struct qr_buffer *out);
json_t *qr_json_of_bytes(const void *bytes, size_t size); /* a new reference */

/* Appends a text with its quotes, escaped. */
void qr_json_put_text(const char *text, struct qr_buffer *out);
/* Appends the value, compact, keys as they were set, ended by a newline; drops the reference. */
void qr_json_take(json_t *value, struct qr_buffer *out);

/* Parses text that holds one value and at most one newline after it; no key twice in an object. NULL on failure. */
json_t *qr_json_parse(const char *text, size_t size, struct qr_error *error);

#endif
