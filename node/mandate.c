#include "node/mandate.h"

#include "ledger/merkle.h"
#include "node/entry.h"
#include "node/keyspace.h"

static const char magic[4] = {'Q', 'R', 'A', '1'};

void qr_activation_encode(const struct qr_activation *activation, struct qr_buffer *out)
{
    qr_put_raw(out, magic, sizeof magic);
    qr_put_hash(out, &activation->model);
    qr_put_hash(out, &activation->baseline);
    qr_put_hash(out, &activation->rules);
    qr_put_uint(out, activation->rules_version);
    qr_put_hash(out, &activation->proposal);
    qr_put_uint(out, activation->height);
}

int qr_activation_decode(const void *bytes, size_t size, struct qr_activation *ret, struct qr_error *error)
{
    struct qr_activation activation = {.height = 0};
    struct qr_reader in = qr_reader_of(bytes, size);
    const uint8_t *start = qr_get_raw(&in, sizeof magic);
    if (start && memcmp(start, magic, sizeof magic) != 0)
        qr_reader_fail(&in, "it does not start with QRA1");
    qr_get_hash(&in, &activation.model);
    qr_get_hash(&in, &activation.baseline);
    qr_get_hash(&in, &activation.rules);
    activation.rules_version = qr_get_uint(&in);
    qr_get_hash(&in, &activation.proposal);
    activation.height = qr_get_uint(&in);
    int code = qr_reader_end(&in, "the activation leaf", error);
    if (code == 0)
        *ret = activation;
    return code;
}

struct qr_hash qr_activation_mandate(const struct qr_activation *activation)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    qr_activation_encode(activation, &leaf);
    return qr_merkle_leaf(leaf.data, leaf.size);
}

static void put(struct qr_state *state, const struct qr_mandate *mandate)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0}, value = {0};
    qr_activation_encode(&mandate->activation, &leaf);
    qr_put_bytes(&value, leaf.data, leaf.size);
    qr_put_uint(&value, mandate->ended);
    qr_put_u8(&value, mandate->revoked);
    struct qr_node_key key = qr_node_key_of(QR_KEY_MANDATE, mandate->id.bytes);
    qr_node_put(state, &key, &value);
}

int qr_mandate_get(const struct qr_state *state, const struct qr_hash *id, struct qr_mandate *ret,
                   struct qr_error *error)
{
    struct qr_span value;
    struct qr_node_key key = qr_node_key_of(QR_KEY_MANDATE, id->bytes);
    if (!qr_node_get(state, &key, &value))
        return qr_fail(error, QR_ENOT_FOUND, "there is no mandate %.12s", qr_hash_text(id).text);
    struct qr_mandate mandate = {.id = *id};
    struct qr_reader in = qr_reader_of(value.bytes, value.size);
    size_t size;
    const uint8_t *leaf = qr_get_bytes(&in, QR_ACTIVATION_LEAF_MAX * 2, &size);
    mandate.ended = qr_get_uint(&in);
    mandate.revoked = qr_get_u8(&in);
    if (qr_reader_end(&in, "mandate", NULL) != 0 || qr_activation_decode(leaf, size, &mandate.activation, NULL) != 0)
        return qr_node_corrupt(error, "a mandate");
    *ret = mandate;
    return 0;
}

int qr_mandate_active(const struct qr_state *state, struct qr_mandate *ret, struct qr_error *error)
{
    struct qr_span value;
    struct qr_hash id;
    if (!qr_state_get(state, QR_KEY_ACTIVE, strlen(QR_KEY_ACTIVE), &value) || value.size != sizeof id.bytes)
        return qr_node_corrupt(error, "the active mandate");
    memcpy(id.bytes, value.bytes, sizeof id.bytes);
    return qr_mandate_get(state, &id, ret, error);
}

void qr_mandate_activate(struct qr_state *state, const struct qr_activation *activation)
{
    struct qr_mandate last;
    if (qr_mandate_active(state, &last, NULL) == 0) {
        last.ended = activation->height;
        put(state, &last);
    }
    struct qr_mandate mandate = {
        .id = qr_activation_mandate(activation), .activation = *activation, .ended = UINT64_MAX};
    put(state, &mandate);
    qr_state_put(state, QR_KEY_ACTIVE, strlen(QR_KEY_ACTIVE), mandate.id.bytes, sizeof mandate.id.bytes);
}
