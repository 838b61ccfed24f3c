#include "governance/entries.h"

void qr_entry_key_add(struct qr_entry_key *key, const void *bytes, size_t size)
{
    if (size > sizeof key->bytes - key->size)
        abort(); /* names and hashes are bounded before they get here */
    memcpy(key->bytes + key->size, bytes, size);
    key->size += size;
}

struct qr_entry_key qr_entry_key(enum qr_entry entry)
{
    return (struct qr_entry_key){.bytes = {'g', '/', (uint8_t)entry, '/'}, .size = 4};
}

struct qr_entry_key qr_entry_key_text(enum qr_entry entry, const char *text)
{
    struct qr_entry_key key = qr_entry_key(entry);
    qr_entry_key_add(&key, text, strlen(text));
    return key;
}

struct qr_entry_key qr_entry_key_hash(enum qr_entry entry, const struct qr_hash *hash)
{
    struct qr_entry_key key = qr_entry_key(entry);
    qr_entry_key_add(&key, hash->bytes, sizeof hash->bytes);
    return key;
}

struct qr_entry_key qr_entry_key_number(enum qr_entry entry, uint64_t number)
{
    struct qr_entry_key key = qr_entry_key(entry);
    for (int i = 7; i >= 0; i--)
        qr_entry_key_add(&key, &(uint8_t){(uint8_t)(number >> (8 * i))}, 1);
    return key;
}

uint64_t qr_entry_number(const uint8_t bytes[8])
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return number;
}

void qr_entry_put(struct qr_state *state, const struct qr_entry_key *key, const struct qr_buffer *value)
{
    qr_state_put(state, key->bytes, key->size, value->data, value->size);
}

void qr_entry_put_hash(struct qr_state *state, const struct qr_entry_key *key, const struct qr_hash *value)
{
    qr_state_put(state, key->bytes, key->size, value->bytes, sizeof value->bytes);
}

void qr_entry_put_uint(struct qr_state *state, const struct qr_entry_key *key, uint64_t value)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_put_uint(&bytes, value);
    qr_entry_put(state, key, &bytes);
}

void qr_entry_delete(struct qr_state *state, const struct qr_entry_key *key)
{
    qr_state_delete(state, key->bytes, key->size);
}

bool qr_entry_get(const struct qr_state *state, const struct qr_entry_key *key, struct qr_span *ret_value)
{
    return qr_state_get(state, key->bytes, key->size, ret_value);
}

uint64_t qr_entry_get_uint(const struct qr_state *state, const struct qr_entry_key *key)
{
    struct qr_span value;
    if (!qr_entry_get(state, key, &value))
        return 0;
    struct qr_reader in = qr_reader_of(value.bytes, value.size);
    return qr_get_uint(&in);
}

bool qr_entry_next(const struct qr_state *state, const struct qr_entry_key *prefix, const void *after,
                   size_t after_size, struct qr_span *ret_rest, struct qr_span *ret_value)
{
    struct qr_entry_key last = *prefix;
    struct qr_span last_span, key;
    if (after_size > 0)
        qr_entry_key_add(&last, after, after_size);
    last_span = (struct qr_span){last.bytes, last.size};
    if (!qr_state_next(state, prefix->bytes, prefix->size, after_size > 0 ? &last_span : NULL, &key, ret_value))
        return false;
    *ret_rest = (struct qr_span){(const uint8_t *)key.bytes + prefix->size, key.size - prefix->size};
    return true;
}

bool qr_entry_next_name(const struct qr_state *state, const struct qr_entry_key *prefix, const char *after,
                        char *ret_name, size_t capacity, struct qr_span *ret_value)
{
    struct qr_span name, value;
    if (!qr_entry_next(state, prefix, after, after ? strlen(after) : 0, &name, &value) || name.size >= capacity)
        return false;
    memcpy(ret_name, name.bytes, name.size);
    ret_name[name.size] = 0;
    *ret_value = value;
    return true;
}

int64_t qr_get_amount(struct qr_reader *in)
{
    return (int64_t)qr_get_uint_max(in, INT64_MAX);
}
