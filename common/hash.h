#ifndef QR_COMMON_HASH_H
#define QR_COMMON_HASH_H

#include "common/error.h"

/* SHA-256 and hexadecimal. */

enum { QR_HASH_SIZE = 32, QR_HASH_HEX = 64 };

struct qr_hash {
    uint8_t bytes[QR_HASH_SIZE];
};

/* What a hash or a signature is for. Each has its own tag, put before the content, so that bytes made for one
 * purpose never pass for another. The tags are listed in hash.c and in docs/PROTOCOL.md. */
enum qr_domain {
    QR_DOMAIN_TRANSACTION, /* transaction id, and what a signer signs */
    QR_DOMAIN_BLOCK,       /* a block's header */
    QR_DOMAIN_GENESIS,
    QR_DOMAIN_STATE,      /* application hash */
    QR_DOMAIN_COMMITMENT, /* passenger data with its salt */
    QR_DOMAIN_RULES,      /* pricing rules and governance tracks */
    QR_DOMAIN_REPORT,     /* impact report */
    QR_DOMAIN_SCHEMA,     /* feature schema */
    QR_DOMAIN_BATCH,      /* journal of decisions */
    QR_DOMAINS
};

struct qr_span {
    const void *bytes;
    size_t size;
};

struct qr_hash qr_sha256(const void *bytes, size_t size);

/* SHA-256(length byte of tag ‖ tag ‖ content). */
struct qr_hash qr_tagged_hash(enum qr_domain domain, const void *bytes, size_t size);
struct qr_hash qr_tagged_hash_spans(enum qr_domain domain, const struct qr_span *spans, size_t n);
const char *qr_domain_tag(enum qr_domain domain);

bool qr_hash_equal(const struct qr_hash *a, const struct qr_hash *b);
int qr_hash_compare(const struct qr_hash *a, const struct qr_hash *b); /* as memcmp */
bool qr_hash_is_zero(const struct qr_hash *hash);

/* Lower-case hexadecimal, zero-terminated: text holds QR_HASH_HEX + 1. Returns text. */
char *qr_hash_to_hex(const struct qr_hash *hash, char text[QR_HASH_HEX + 1]);
struct qr_hash_text { char text[QR_HASH_HEX + 1]; };
struct qr_hash_text qr_hash_text(const struct qr_hash *hash); /* for printf: qr_hash_text(&h).text */

/* Exactly 64 lower-case hexadecimal digits; anything else is QR_EFORMAT naming `what`. */
QR_MUST_USE int qr_hash_from_hex(const char *text, const char *what, struct qr_hash *ret_hash, struct qr_error *error);

void qr_hex(const void *bytes, size_t size, char *text); /* text holds 2 * size + 1 */
/* Lower-case hexadecimal of exactly `size` bytes. */
QR_MUST_USE int qr_hex_decode(const char *text, size_t size, void *ret_bytes);

#endif
