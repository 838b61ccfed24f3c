#include "common/codec.h"

void qr_put_u8(struct qr_buffer *out, uint8_t value) { qr_buffer_byte(out, value); }

void qr_put_uint(struct qr_buffer *out, uint64_t value)
{
    uint8_t bytes[10];
    size_t size = 0;
    do {
        bytes[size] = (uint8_t)(value & 0x7f);
        value >>= 7;
        if (value)
            bytes[size] |= 0x80;
        size++;
    } while (value);
    qr_buffer_add(out, bytes, size);
}

void qr_put_int(struct qr_buffer *out, int64_t value)
{
    qr_put_uint(out, ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0));
}

void qr_put_raw(struct qr_buffer *out, const void *bytes, size_t size) { qr_buffer_add(out, bytes, size); }

void qr_put_bytes(struct qr_buffer *out, const void *bytes, size_t size)
{
    qr_put_uint(out, size);
    qr_buffer_add(out, bytes, size);
}

void qr_put_text(struct qr_buffer *out, const char *text) { qr_put_bytes(out, text, strlen(text)); }

void qr_put_hash(struct qr_buffer *out, const struct qr_hash *hash) { qr_buffer_add(out, hash->bytes, QR_HASH_SIZE); }

struct qr_reader qr_reader_of(const void *bytes, size_t size)
{
    static const uint8_t nothing;
    const uint8_t *at = bytes ? bytes : &nothing;
    return (struct qr_reader){.at = at, .end = at + (bytes ? size : 0)};
}

void qr_reader_fail(struct qr_reader *in, const char *reason)
{
    if (!in->failed)
        in->failed = reason;
    in->at = in->end;
}

const uint8_t *qr_get_raw(struct qr_reader *in, size_t size)
{
    if (in->failed || (size_t)(in->end - in->at) < size) {
        qr_reader_fail(in, "it ends too early");
        return NULL;
    }
    const uint8_t *bytes = in->at;
    in->at += size;
    return bytes;
}

uint8_t qr_get_u8(struct qr_reader *in)
{
    const uint8_t *byte = qr_get_raw(in, 1);
    return byte ? *byte : 0;
}

uint64_t qr_get_uint(struct qr_reader *in)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        const uint8_t *byte = qr_get_raw(in, 1);
        if (!byte)
            return 0;
        if (shift == 63 && *byte > 1)
            break;
        value |= (uint64_t)(*byte & 0x7f) << shift;
        if (!(*byte & 0x80)) {
            if (*byte == 0 && shift > 0)
                break;
            return value;
        }
    }
    qr_reader_fail(in, "a number is not in its shortest form");
    return 0;
}

uint64_t qr_get_uint_max(struct qr_reader *in, uint64_t most)
{
    uint64_t value = qr_get_uint(in);
    if (value > most) {
        qr_reader_fail(in, "a number is above its limit");
        return 0;
    }
    return value;
}

int64_t qr_get_int(struct qr_reader *in)
{
    uint64_t coded = qr_get_uint(in);
    return (int64_t)(coded >> 1) ^ -(int64_t)(coded & 1);
}

size_t qr_get_count(struct qr_reader *in, size_t most, size_t item_size)
{
    uint64_t count = qr_get_uint_max(in, most);
    if (item_size > 0 && count > (size_t)(in->end - in->at) / item_size) {
        qr_reader_fail(in, "a count is larger than what follows");
        return 0;
    }
    return (size_t)count;
}

const uint8_t *qr_get_bytes(struct qr_reader *in, size_t most, size_t *ret_size)
{
    size_t size = (size_t)qr_get_uint_max(in, most);
    const uint8_t *bytes = qr_get_raw(in, size);
    *ret_size = bytes ? size : 0;
    return bytes;
}

void qr_get_text(struct qr_reader *in, char *target, size_t capacity)
{
    size_t size;
    target[0] = '\0';
    const uint8_t *bytes = qr_get_bytes(in, capacity - 1, &size);
    if (!bytes)
        return;
    if (memchr(bytes, 0, size) || !qr_utf8_valid(bytes, size)) {
        qr_reader_fail(in, "a text is not UTF-8");
        return;
    }
    memcpy(target, bytes, size);
    target[size] = '\0';
}

void qr_get_hash(struct qr_reader *in, struct qr_hash *ret_hash)
{
    const uint8_t *bytes = qr_get_raw(in, QR_HASH_SIZE);
    if (bytes)
        memcpy(ret_hash->bytes, bytes, QR_HASH_SIZE);
    else
        *ret_hash = (struct qr_hash){0};
}

int qr_reader_end(const struct qr_reader *in, const char *what, struct qr_error *error)
{
    if (in->failed)
        return qr_fail(error, QR_EFORMAT, "%s is malformed: %s", what, in->failed);
    if (in->at != in->end)
        return qr_fail(error, QR_EFORMAT, "%s is malformed: %zu bytes follow its end", what, (size_t)(in->end - in->at));
    return QR_OK;
}

/* The length of the sequence that starts with this byte, and the least code point it may carry. */
static size_t sequence_size(uint8_t first, uint32_t *ret_bits, uint32_t *ret_least)
{
    if (first < 0x80)
        return *ret_bits = first, *ret_least = 0, 1;
    if ((first & 0xe0) == 0xc0)
        return *ret_bits = first & 0x1f, *ret_least = 0x80, 2;
    if ((first & 0xf0) == 0xe0)
        return *ret_bits = first & 0x0f, *ret_least = 0x800, 3;
    if ((first & 0xf8) == 0xf0)
        return *ret_bits = first & 0x07, *ret_least = 0x10000, 4;
    return 0;
}

size_t qr_utf8_sequence(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint32_t point, least;
    size_t length = size > 0 ? sequence_size(at[0], &point, &least) : 0;
    if (length == 0 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (at[i] & 0x3f);
    }
    return point < least || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff) ? 0 : length;
}

bool qr_utf8_valid(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    for (size_t i = 0, length; i < size; i += length)
        if ((length = qr_utf8_sequence(at + i, size - i)) == 0)
            return false;
    return true;
}
