#ifndef QR_NODE_ENTRY_H
#define QR_NODE_ENTRY_H

#include "common/codec.h"
#include "common/key.h"
#include "common/state.h"

/* Keys of node/'s entries in the replicated state: a prefix of keyspace.h and parts. Internal to node/. */
struct qr_node_key {
    uint8_t bytes[192];
    size_t size;
};

struct qr_node_key qr_node_key(const char *prefix);
/* With a hash or a public key, both 32 bytes, after the prefix. */
struct qr_node_key qr_node_key_of(const char *prefix, const uint8_t bytes[32]);
void qr_node_key_add(struct qr_node_key *key, const void *bytes, size_t size);
void qr_node_key_add_number(struct qr_node_key *key, uint64_t number); /* 8 bytes, most significant first */
uint64_t qr_node_key_number(const uint8_t bytes[8]);

void qr_node_put(struct qr_state *state, const struct qr_node_key *key, const struct qr_buffer *value);
void qr_node_delete(struct qr_state *state, const struct qr_node_key *key);
bool qr_node_get(const struct qr_state *state, const struct qr_node_key *key, struct qr_span *ret_value);
/* The entry after `after` (NULL: the first) of a prefix whose keys go on with a public key, in their order. */
bool qr_node_next_key(const struct qr_state *state, const char *prefix, const struct qr_public_key *after,
                      struct qr_public_key *ret_key, struct qr_span *ret_value);
/* A state that holds something else than node/ wrote. */
int qr_node_corrupt(struct qr_error *error, const char *what);

#endif
