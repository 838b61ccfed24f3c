#include "node/actions.h"

static const struct {
    uint64_t kind;
    const char *name;
    unsigned signers; /* a bit for each kind of key */
} actions[] = {
    {QR_ACTION_PUBLISH, "publish", 1u << QR_KEY_MEMBER},
    {QR_ACTION_PROPOSE, "propose", 1u << QR_KEY_MEMBER},
    {QR_ACTION_BALLOT, "ballot", 1u << QR_KEY_MEMBER},
    {QR_ACTION_APPOINT, "appoint", 1u << QR_KEY_MEMBER},
    {QR_ACTION_DISMISS, "dismiss", 1u << QR_KEY_MEMBER},
    {QR_ACTION_PROPOSE_VALIDATOR, "propose_validator", 1u << QR_KEY_MEMBER},
    {QR_ACTION_BATCH, "batch", 1u << QR_KEY_PRICING},
    {QR_ACTION_ORDERS, "orders", 1u << QR_KEY_RESERVATION},
    {QR_ACTION_REPORT, "report", 1u << QR_KEY_AGENT},
    {QR_ACTION_EXECUTE, "execute", 1u << QR_KEY_AGENT | 1u << QR_KEY_MEMBER},
};

enum { N_ACTIONS = sizeof actions / sizeof actions[0] };

const char *qr_action_name(uint64_t kind)
{
    for (size_t i = 0; i < N_ACTIONS; i++)
        if (actions[i].kind == kind)
            return actions[i].name;
    return NULL;
}

bool qr_action_allowed(uint64_t kind, enum qr_key_kind signer)
{
    for (size_t i = 0; i < N_ACTIONS; i++)
        if (actions[i].kind == kind)
            return actions[i].signers >> signer & 1;
    return false;
}

void qr_publish_encode(const struct qr_publish *publish, struct qr_buffer *out)
{
    qr_put_u8(out, (uint8_t)publish->object);
    qr_put_hash(out, &publish->hash);
    qr_put_uint(out, publish->size);
    qr_put_uint(out, publish->index);
    qr_put_bytes(out, publish->bytes.bytes, publish->bytes.size);
}

int qr_publish_decode(const void *bytes, size_t size, struct qr_publish *ret, struct qr_error *error)
{
    struct qr_publish publish = {.size = 0};
    struct qr_reader in = qr_reader_of(bytes, size);
    uint8_t kind = qr_get_u8(&in);
    if (kind < QR_OBJECT_MODEL || kind > QR_OBJECT_ROWS)
        qr_reader_fail(&in, "it is no kind of object that can be published");
    publish.object = (enum qr_object_kind)kind;
    qr_get_hash(&in, &publish.hash);
    publish.size = qr_get_uint_max(&in, QR_OBJECT_MAX);
    publish.index = qr_get_uint_max(&in, QR_OBJECT_MAX / QR_CHUNK_SIZE);
    publish.bytes.bytes = qr_get_bytes(&in, QR_CHUNK_SIZE, &publish.bytes.size);
    int code = qr_reader_end(&in, "the published chunk", error);
    if (code == 0)
        *ret = publish;
    return code;
}

static void get_key(struct qr_reader *in, struct qr_public_key *key)
{
    const uint8_t *bytes = qr_get_raw(in, QR_PUBLIC_KEY_SIZE);
    if (bytes)
        memcpy(key->bytes, bytes, QR_PUBLIC_KEY_SIZE);
}

void qr_appoint_encode(const struct qr_appoint *appoint, struct qr_buffer *out)
{
    qr_put_u8(out, (uint8_t)appoint->kind);
    qr_put_text(out, appoint->name);
    qr_put_raw(out, appoint->key.bytes, QR_PUBLIC_KEY_SIZE);
}

int qr_appoint_decode(const void *bytes, size_t size, struct qr_appoint *ret, struct qr_error *error)
{
    struct qr_appoint appoint = {.kind = QR_KEY_NODE};
    struct qr_reader in = qr_reader_of(bytes, size);
    uint8_t kind = qr_get_u8(&in);
    if (kind == QR_KEY_MEMBER || kind >= QR_KEY_KINDS)
        qr_reader_fail(&in, "it is no kind of operator");
    appoint.kind = (enum qr_key_kind)kind;
    qr_get_text(&in, appoint.name, sizeof appoint.name);
    if (!in.failed && !qr_name_valid(appoint.name))
        qr_reader_fail(&in, "the operator's name is not a name");
    get_key(&in, &appoint.key);
    int code = qr_reader_end(&in, "the appointment", error);
    if (code == 0)
        *ret = appoint;
    return code;
}

void qr_dismiss_encode(const struct qr_dismiss *dismiss, struct qr_buffer *out)
{
    qr_put_raw(out, dismiss->key.bytes, QR_PUBLIC_KEY_SIZE);
}

int qr_dismiss_decode(const void *bytes, size_t size, struct qr_dismiss *ret, struct qr_error *error)
{
    struct qr_dismiss dismiss = {{{0}}};
    struct qr_reader in = qr_reader_of(bytes, size);
    get_key(&in, &dismiss.key);
    int code = qr_reader_end(&in, "the dismissal", error);
    if (code == 0)
        *ret = dismiss;
    return code;
}
