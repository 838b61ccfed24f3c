#include "node/upload.h"

#include "node/entry.h"
#include "node/keyspace.h"
#include "xai/baseline.h"
#include "xai/model.h"
#include "xai/reference.h"

struct upload {
    enum qr_object_kind kind;
    uint64_t size;
    uint64_t missing; /* chunks */
    uint64_t expiry;  /* height */
};

static struct qr_node_key upload_key(const char *prefix, const struct qr_hash *hash, const char *member)
{
    struct qr_node_key key = qr_node_key_of(prefix, hash->bytes);
    qr_node_key_add(&key, member, strlen(member));
    return key;
}

static struct qr_node_key chunk_key(const struct qr_hash *hash, const char *member, uint64_t index)
{
    struct qr_node_key key = upload_key(QR_KEY_UPLOAD_CHUNK, hash, member);
    qr_node_key_add(&key, "", 1);
    qr_node_key_add_number(&key, index);
    return key;
}

static struct qr_node_key expiry_key(uint64_t height, const struct qr_hash *hash, const char *member)
{
    struct qr_node_key key = qr_node_key(QR_KEY_UPLOAD_EXPIRY);
    qr_node_key_add_number(&key, height);
    qr_node_key_add(&key, hash->bytes, sizeof hash->bytes);
    qr_node_key_add(&key, member, strlen(member));
    return key;
}

static uint64_t chunk_count(uint64_t size)
{
    return (size + QR_CHUNK_SIZE - 1) / QR_CHUNK_SIZE;
}

static void put_upload(struct qr_state *state, const struct qr_hash *hash, const char *member,
                       const struct upload *upload)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer value = {0}, nothing = {0};
    qr_put_u8(&value, (uint8_t)upload->kind);
    qr_put_uint(&value, upload->size);
    qr_put_uint(&value, upload->missing);
    qr_put_uint(&value, upload->expiry);
    struct qr_node_key key = upload_key(QR_KEY_UPLOAD, hash, member);
    qr_node_put(state, &key, &value);
    key = expiry_key(upload->expiry, hash, member);
    qr_node_put(state, &key, &nothing);
}

static bool get_upload(const struct qr_state *state, const struct qr_hash *hash, const char *member,
                       struct upload *ret)
{
    struct qr_span value;
    struct qr_node_key key = upload_key(QR_KEY_UPLOAD, hash, member);
    if (!qr_node_get(state, &key, &value))
        return false;
    struct qr_reader in = qr_reader_of(value.bytes, value.size);
    ret->kind = (enum qr_object_kind)qr_get_u8(&in);
    ret->size = qr_get_uint(&in);
    ret->missing = qr_get_uint(&in);
    ret->expiry = qr_get_uint(&in);
    return qr_reader_end(&in, "upload", NULL) == 0;
}

static void drop_upload(struct qr_state *state, const struct qr_hash *hash, const char *member)
{
    struct upload upload;
    if (!get_upload(state, hash, member, &upload))
        return;
    for (uint64_t i = 0; i < chunk_count(upload.size); i++) {
        struct qr_node_key key = chunk_key(hash, member, i);
        qr_node_delete(state, &key);
    }
    struct qr_node_key key = expiry_key(upload.expiry, hash, member);
    qr_node_delete(state, &key);
    key = upload_key(QR_KEY_UPLOAD, hash, member);
    qr_node_delete(state, &key);
}

static size_t uploads_of(const struct qr_state *state, const char *member)
{
    struct qr_node_key prefix = qr_node_key(QR_KEY_UPLOAD);
    struct qr_span key = {0}, value;
    size_t n = 0, skip = prefix.size + QR_HASH_SIZE;
    while (qr_state_next(state, prefix.bytes, prefix.size, key.bytes ? &key : NULL, &key, &value))
        n += key.size == skip + strlen(member) && memcmp((const uint8_t *)key.bytes + skip, member, strlen(member)) == 0;
    return n;
}

static int begin_upload(const struct qr_state *state, const char *member, const struct qr_publish *publish,
                        struct upload *ret, struct qr_error *error)
{
    if (uploads_of(state, member) >= QR_UPLOADS_MAX)
        return qr_fail(error, QR_ELIMIT, "%s has %d unfinished uploads already", member, QR_UPLOADS_MAX);
    *ret = (struct upload){
        .kind = publish->object, .size = publish->size, .missing = chunk_count(publish->size)};
    return 0;
}

/* Whether the bytes are an admissible object of their kind. */
static int admit(enum qr_object_kind kind, const struct qr_buffer *bytes, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    QR_CLEANUP(qr_reference_freep) struct qr_reference *rows = NULL;
    switch (kind) {
    case QR_OBJECT_MODEL:
        return qr_model_decode(bytes->data, bytes->size, &model, error);
    case QR_OBJECT_BASELINE:
        return qr_baseline_decode(bytes->data, bytes->size, &baseline, error);
    case QR_OBJECT_ROWS:
        return qr_reference_decode(bytes->data, bytes->size, &rows, error);
    case QR_OBJECT_RULES:
        break;
    }
    return qr_fail(error, QR_EREFUSED, "pricing rules cannot be published");
}

static int complete(struct qr_state *state, const char *member, uint64_t height, const struct qr_publish *publish,
                    struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    for (uint64_t i = 0; i < chunk_count(publish->size); i++) {
        struct qr_span value;
        struct qr_node_key key = chunk_key(&publish->hash, member, i);
        if (!qr_node_get(state, &key, &value))
            return qr_node_corrupt(error, "an upload");
        qr_buffer_add(&bytes, value.bytes, value.size);
    }
    struct qr_hash hash = qr_sha256(bytes.data, bytes.size);
    if (!qr_hash_equal(&hash, &publish->hash))
        return qr_fail(error, QR_EMISMATCH, "the chunks make %.12s, not %.12s as announced", qr_hash_text(&hash).text,
                       qr_hash_text(&publish->hash).text);
    int code = admit(publish->object, &bytes, error);
    if (code)
        return code;
    drop_upload(state, &publish->hash, member);
    struct qr_object object = {.hash = hash, .kind = publish->object, .size = publish->size, .height = height};
    qr_copy_text(object.publisher, sizeof object.publisher, member);
    qr_object_put(state, &object, bytes.data);
    return 0;
}

static bool chunk_fits(const struct qr_publish *publish)
{
    uint64_t start = publish->index * QR_CHUNK_SIZE;
    if (publish->size == 0 || start >= publish->size)
        return false;
    uint64_t rest = publish->size - start;
    return publish->bytes.size == (rest < QR_CHUNK_SIZE ? rest : QR_CHUNK_SIZE);
}

int qr_upload_chunk(struct qr_state *state, const char *member, uint64_t height, const struct qr_publish *publish,
                    struct qr_error *error)
{
    struct upload upload;
    struct qr_object object;
    struct qr_span value;
    if (!chunk_fits(publish))
        return qr_fail(error, QR_EINPUT, "the chunk is not the %" PRIu64 "th of %" PRIu64 " bytes", publish->index,
                       publish->size);
    if (qr_object_get(state, &publish->hash, &object, NULL) == 0)
        return 0;
    int code = 0;
    if (!get_upload(state, &publish->hash, member, &upload))
        code = begin_upload(state, member, publish, &upload, error);
    else if (upload.kind != publish->object || upload.size != publish->size)
        code = qr_fail(error, QR_EMISMATCH, "an earlier chunk gave another kind or size");
    if (code)
        return code;
    struct qr_node_key key = chunk_key(&publish->hash, member, publish->index);
    if (!qr_node_get(state, &key, &value))
        upload.missing--;
    else if (value.size != publish->bytes.size || memcmp(value.bytes, publish->bytes.bytes, value.size) != 0)
        return qr_fail(error, QR_EMISMATCH, "this chunk was sent before with other bytes");
    qr_state_put(state, key.bytes, key.size, publish->bytes.bytes, publish->bytes.size);
    if (upload.expiry) {
        key = expiry_key(upload.expiry, &publish->hash, member);
        qr_node_delete(state, &key);
    }
    upload.expiry = height + QR_UPLOAD_BLOCKS;
    put_upload(state, &publish->hash, member, &upload);
    return upload.missing ? 0 : complete(state, member, height, publish, error);
}

void qr_upload_expire(struct qr_state *state, uint64_t height)
{
    struct qr_node_key prefix = qr_node_key(QR_KEY_UPLOAD_EXPIRY);
    struct qr_span key, value;
    while (qr_state_next(state, prefix.bytes, prefix.size, NULL, &key, &value)) {
        const uint8_t *rest = (const uint8_t *)key.bytes + prefix.size;
        size_t name_size = key.size - prefix.size - 8 - QR_HASH_SIZE;
        if (qr_node_key_number(rest) > height)
            return;
        struct qr_hash hash;
        char member[QR_MEMBER_NAME_MAX] = "";
        memcpy(hash.bytes, rest + 8, sizeof hash.bytes);
        memcpy(member, rest + 8 + QR_HASH_SIZE, name_size < sizeof member ? name_size : sizeof member - 1);
        struct qr_node_key entry = {.size = 0};
        qr_node_key_add(&entry, key.bytes, key.size);
        drop_upload(state, &hash, member);
        qr_node_delete(state, &entry);
    }
}
