#include "services/governd/fetch.h"

#include "node/object.h"

enum { CALL_MS = 5000 };

struct fetch {
    struct governd *governd;
    struct qr_hash hash;
    struct qr_buffer bytes;
    fetch_done *done;
    void *context;
};

static void next_piece(struct fetch *fetch);

static void finish(struct fetch *fetch, const struct qr_error *error)
{
    fetch->done(fetch->context, error ? NULL : &fetch->bytes, error);
    qr_buffer_done(&fetch->bytes);
    free(fetch);
}

static bool named_by(const struct qr_buffer *bytes, const struct qr_hash *hash)
{
    struct qr_hash plain = qr_sha256(bytes->data, bytes->size);
    struct qr_hash rules = qr_tagged_hash(QR_DOMAIN_RULES, bytes->data, bytes->size);
    return qr_hash_equal(&plain, hash) || qr_hash_equal(&rules, hash);
}

static int take_piece(struct fetch *fetch, const Quorate__LedgerObject *object, struct qr_error *error)
{
    bool fits = object->offset == fetch->bytes.size && object->size <= QR_OBJECT_MAX && object->piece.len > 0 &&
                object->piece.len <= object->size - fetch->bytes.size;
    if (!fits)
        return qr_fail(error, QR_EFORMAT, "the ledger answered with another piece of object %.12s than was asked for",
                       qr_hash_text(&fetch->hash).text);
    qr_buffer_add(&fetch->bytes, object->piece.data, object->piece.len);
    if (fetch->bytes.size == object->size && !named_by(&fetch->bytes, &fetch->hash))
        return qr_fail(error, QR_EMISMATCH, "object %.12s of the ledger has other content than its name says",
                       qr_hash_text(&fetch->hash).text);
    return 0;
}

static void piece_read(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct fetch *fetch = context;
    struct qr_error bad;
    if (error) {
        finish(fetch, error);
        return;
    }
    uint64_t size = reply->ledger_object->size;
    int rc = take_piece(fetch, reply->ledger_object, &bad);
    qr_reply_free(reply);
    if (rc < 0)
        finish(fetch, &bad);
    else if (fetch->bytes.size == size)
        finish(fetch, NULL);
    else
        next_piece(fetch);
}

static void next_piece(struct fetch *fetch)
{
    Quorate__LedgerObjectRequest object = QUORATE__LEDGER_OBJECT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    struct qr_error error;
    object.hash = qr_wire_hash(&fetch->hash);
    object.offset = fetch->bytes.size;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_OBJECT;
    request.ledger_object = &object;
    if (qr_client_send(fetch->governd->client, QR_SERVICE_LEDGER, &request, CALL_MS, piece_read, fetch, &error) < 0)
        finish(fetch, &error);
}

void fetch_object(struct governd *governd, const struct qr_hash *hash, fetch_done *done, void *context)
{
    struct fetch *fetch = qr_alloc(1, sizeof *fetch);
    *fetch = (struct fetch){.governd = governd, .hash = *hash, .done = done, .context = context};
    next_piece(fetch);
}
