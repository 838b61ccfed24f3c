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

int qr_node_corrupt(struct qr_error *error, const char *what)
{
    return qr_fail(error, QR_ECORRUPT, "%s in the replicated state is damaged", what);
}
