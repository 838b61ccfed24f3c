#include "common/hash.h"

#include <sodium.h>

_Static_assert(QR_HASH_SIZE == crypto_hash_sha256_BYTES, "SHA-256");

static const char *const tags[QR_DOMAINS] = {
    [QR_DOMAIN_TRANSACTION] = "quorate/transaction/1", [QR_DOMAIN_BLOCK] = "quorate/block/1",
    [QR_DOMAIN_GENESIS] = "quorate/genesis/1",         [QR_DOMAIN_STATE] = "quorate/state/1",
    [QR_DOMAIN_COMMITMENT] = "quorate/commitment/1",   [QR_DOMAIN_RULES] = "quorate/rules/1",
    [QR_DOMAIN_REPORT] = "quorate/report/1",           [QR_DOMAIN_SCHEMA] = "quorate/schema/1",
    [QR_DOMAIN_BATCH] = "quorate/batch/1",
};

const char *qr_domain_tag(enum qr_domain domain) { return tags[domain]; }

struct qr_hash qr_sha256(const void *bytes, size_t size)
{
    struct qr_hash hash;
    crypto_hash_sha256(hash.bytes, bytes, size);
    return hash;
}

struct qr_hash qr_tagged_hash_spans(enum qr_domain domain, const struct qr_span *spans, size_t n)
{
    crypto_hash_sha256_state sha;
    uint8_t tag_size = (uint8_t)strlen(tags[domain]);
    crypto_hash_sha256_init(&sha);
    crypto_hash_sha256_update(&sha, &tag_size, 1);
    crypto_hash_sha256_update(&sha, (const uint8_t *)tags[domain], tag_size);
    for (size_t i = 0; i < n; i++)
        crypto_hash_sha256_update(&sha, spans[i].bytes, spans[i].size);
    struct qr_hash hash;
    crypto_hash_sha256_final(&sha, hash.bytes);
    return hash;
}

struct qr_hash qr_tagged_hash(enum qr_domain domain, const void *bytes, size_t size)
{
    return qr_tagged_hash_spans(domain, &(struct qr_span){bytes, size}, 1);
}

bool qr_hash_equal(const struct qr_hash *a, const struct qr_hash *b)
{
    return memcmp(a->bytes, b->bytes, QR_HASH_SIZE) == 0;
}

int qr_hash_compare(const struct qr_hash *a, const struct qr_hash *b)
{
    return memcmp(a->bytes, b->bytes, QR_HASH_SIZE);
}

bool qr_hash_is_zero(const struct qr_hash *hash) { return sodium_is_zero(hash->bytes, QR_HASH_SIZE); }

void qr_hex(const void *bytes, size_t size, char *text)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *at = bytes;
    for (size_t i = 0; i < size; i++) {
        text[2 * i] = digits[at[i] >> 4];
        text[2 * i + 1] = digits[at[i] & 15];
    }
    text[2 * size] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

int qr_hex_decode(const char *text, size_t size, void *ret_bytes)
{
    if (strlen(text) != 2 * size)
        return QR_EFORMAT;
    for (size_t i = 0; i < 2 * size; i++)
        if (hex_digit(text[i]) < 0)
            return QR_EFORMAT;
    uint8_t *bytes = ret_bytes;
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(hex_digit(text[2 * i]) << 4 | hex_digit(text[2 * i + 1]));
    return QR_OK;
}

char *qr_hash_to_hex(const struct qr_hash *hash, char text[QR_HASH_HEX + 1])
{
    qr_hex(hash->bytes, QR_HASH_SIZE, text);
    return text;
}

struct qr_hash_text qr_hash_text(const struct qr_hash *hash)
{
    struct qr_hash_text text;
    qr_hash_to_hex(hash, text.text);
    return text;
}

int qr_hash_from_hex(const char *text, const char *what, struct qr_hash *ret_hash, struct qr_error *error)
{
    if (qr_hex_decode(text, QR_HASH_SIZE, ret_hash->bytes) != QR_OK)
        return qr_fail(error, QR_EFORMAT, "%s must be 64 lower-case hexadecimal digits", what);
    return QR_OK;
}
