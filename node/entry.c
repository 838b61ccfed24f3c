#include "node/entry.h"

void qr_node_key_add(struct qr_node_key *key, const void *bytes, size_t size)
{
    if (key->size + size > sizeof key->bytes)
        abort();
    memcpy(key->bytes + key->size, bytes, size);
    key->size += size;
}

struct qr_node_key qr_node_key(const char *prefix)
{
    struct qr_node_key key = {.size = 0};
    qr_node_key_add(&key, prefix, strlen(prefix));
    return key;
}

struct qr_node_key qr_node_key_of(const char *prefix, const uint8_t bytes[32])
{
    struct qr_node_key key = qr_node_key(prefix);
    qr_node_key_add(&key, bytes, 32);
    return key;
}

void qr_node_key_add_number(struct qr_node_key *key, uint64_t number)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    qr_node_key_add(key, bytes, sizeof bytes);
}

uint64_t qr_node_key_number(const uint8_t bytes[8])
{
    uint64_t number = 0;
    for (unsigned i = 0; i < 8; i++)
        number = number << 8 | bytes[i];
    return number;
}

void qr_node_put(struct qr_state *state, const struct qr_node_key *key, const struct qr_buffer *value)
{
    qr_state_put(state, key->bytes, key->size, qr_buffer_string(value), value->size);
}

void qr_node_delete(struct qr_state *state, const struct qr_node_key *key)
{
    qr_state_delete(state, key->bytes, key->size);
}

bool qr_node_get(const struct qr_state *state, const struct qr_node_key *key, struct qr_span *ret_value)
{
    return qr_state_get(state, key->bytes, key->size, ret_value);
}

bool qr_node_next_key(const struct qr_state *state, const char *prefix, const struct qr_public_key *after,
                      struct qr_public_key *ret_key, struct qr_span *ret_value)
{
    struct qr_node_key start = qr_node_key(prefix);
    struct qr_node_key last = after ? qr_node_key_of(prefix, after->bytes) : start;
    struct qr_span from = {.bytes = last.bytes, .size = last.size}, key, value;
    if (!qr_state_next(state, start.bytes, start.size, after ? &from : NULL, &key, &value) ||
        key.size != start.size + sizeof ret_key->bytes)
        return false;
    memcpy(ret_key->bytes, (const uint8_t *)key.bytes + start.size, sizeof ret_key->bytes);
    *ret_value = value;
    return true;
}

int qr_node_corrupt(struct qr_error *error, const char *what)
{
    return qr_fail(error, QR_ECORRUPT, "%s in the replicated state is damaged", what);
}
