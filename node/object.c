#include "node/object.h"

#include "node/entry.h"
#include "node/keyspace.h"

const char *qr_object_kind_name(enum qr_object_kind kind)
{
    switch (kind) {
    case QR_OBJECT_MODEL:
        return "model";
    case QR_OBJECT_BASELINE:
        return "baseline";
    case QR_OBJECT_ROWS:
        return "reference";
    case QR_OBJECT_RULES:
        return "rules";
    }
    return "object";
}

static struct qr_node_key chunk_key(const struct qr_hash *hash, uint64_t index)
{
    struct qr_node_key key = qr_node_key_of(QR_KEY_CHUNK, hash->bytes);
    qr_node_key_add_number(&key, index);
    return key;
}

void qr_object_put(struct qr_state *state, const struct qr_object *object, const void *bytes)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer value = {0};
    qr_put_u8(&value, (uint8_t)object->kind);
    qr_put_uint(&value, object->size);
    qr_put_uint(&value, object->height);
    qr_put_text(&value, object->publisher);
    struct qr_node_key key = qr_node_key_of(QR_KEY_OBJECT, object->hash.bytes);
    qr_node_put(state, &key, &value);
    for (uint64_t at = 0; at < object->size; at += QR_CHUNK_SIZE) {
        uint64_t rest = object->size - at;
        key = chunk_key(&object->hash, at / QR_CHUNK_SIZE);
        qr_state_put(state, key.bytes, key.size, (const uint8_t *)bytes + at,
                     rest < QR_CHUNK_SIZE ? (size_t)rest : QR_CHUNK_SIZE);
    }
}

static int decode(const struct qr_hash *hash, const struct qr_span *value, struct qr_object *ret,
                  struct qr_error *error)
{
    struct qr_object object = {.hash = *hash};
    struct qr_reader in = qr_reader_of(value->bytes, value->size);
    uint8_t kind = qr_get_u8(&in);
    object.size = qr_get_uint(&in);
    object.height = qr_get_uint(&in);
    qr_get_text(&in, object.publisher, sizeof object.publisher);
    if (qr_reader_end(&in, "object", NULL) != 0 || kind < QR_OBJECT_MODEL || kind > QR_OBJECT_RULES)
        return qr_node_corrupt(error, "a published object");
    object.kind = (enum qr_object_kind)kind;
    *ret = object;
    return 0;
}

int qr_object_get(const struct qr_state *state, const struct qr_hash *hash, struct qr_object *ret,
                  struct qr_error *error)
{
    struct qr_span value;
    struct qr_node_key key = qr_node_key_of(QR_KEY_OBJECT, hash->bytes);
    if (qr_node_get(state, &key, &value))
        return decode(hash, &value, ret, error);
    qr_fail(error, QR_ENOT_FOUND, "nothing is published as %.12s", qr_hash_text(hash).text);
    return qr_hint(error, "publish it with `quorate model publish` or `quorate baseline publish`");
}

int qr_object_read(const struct qr_state *state, const struct qr_hash *hash, struct qr_buffer *out,
                   struct qr_error *error)
{
    struct qr_object object;
    int code = qr_object_get(state, hash, &object, error);
    size_t start = out->size;
    for (uint64_t at = 0; code == 0 && at < object.size; at += QR_CHUNK_SIZE) {
        struct qr_span value;
        struct qr_node_key key = chunk_key(hash, at / QR_CHUNK_SIZE);
        if (!qr_node_get(state, &key, &value))
            return qr_node_corrupt(error, "a published object");
        qr_buffer_add(out, value.bytes, value.size);
    }
    if (code == 0 && out->size - start != object.size)
        return qr_node_corrupt(error, "a published object");
    return code;
}
