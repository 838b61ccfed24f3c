#include "cli/submit.h"

#include "node/keyspace.h"
#include "services/lib/signed.h"

enum { EXPIRY_BLOCKS = 2000, SUBMIT_MS = 15000, PAGE_ENTRIES = 1000 };

static int submit(struct cli *cli, const struct qr_key *key, enum qr_action kind, const struct qr_buffer *payload,
                  const Quorate__LedgerHead *head, struct qr_hash *ret_id, uint64_t *ret_height, struct qr_error *error)
{
    QR_CLEANUP(qr_signed_done) struct qr_signed transaction = {0};
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    Quorate__LedgerSubmitRequest body = QUORATE__LEDGER_SUBMIT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    qr_signed_make(&transaction, key, head->chain, kind, head->height + EXPIRY_BLOCKS, payload->data, payload->size);
    body.transactions = &transaction.list;
    body.n_transactions = 1;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_SUBMIT;
    request.ledger_submit = &body;
    int rc = cli_call_within(cli, QR_SERVICE_LEDGER, &request, SUBMIT_MS, &reply, error);
    if (rc < 0)
        return rc;
    if (ret_id)
        *ret_id = transaction.id;
    *ret_height = reply->ledger_submitted->height;
    return 0;
}

int cli_submit(struct cli *cli, const struct qr_key *key, enum qr_action kind, const struct qr_buffer *payload,
               struct qr_hash *ret_id, uint64_t *ret_height, struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    Quorate__LedgerHeadRequest head = QUORATE__LEDGER_HEAD_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_HEAD;
    request.ledger_head = &head;
    int rc = cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, error);
    return rc < 0 ? rc : submit(cli, key, kind, payload, reply->ledger_head, ret_id, ret_height, error);
}

/* Adds one page of entries; `last` is the key to go on after: empty at the start, and when nothing follows. */
static int add_page(struct cli *cli, const char *prefix, struct qr_state *state, struct qr_buffer *last,
                    struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    Quorate__LedgerStateRequest page = QUORATE__LEDGER_STATE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    page.prefix = qr_wire_bytes(prefix, strlen(prefix));
    page.after = qr_wire_bytes(last->data, last->size);
    page.most = PAGE_ENTRIES;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_STATE;
    request.ledger_state = &page;
    int rc = cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, error);
    if (rc < 0)
        return rc;
    qr_buffer_clear(last);
    const Quorate__LedgerState *found = reply->ledger_state;
    for (size_t i = 0; i < found->n_entries; i++) {
        ProtobufCBinaryData key = found->entries[i]->key, value = found->entries[i]->value;
        if (key.len > QR_STATE_KEY_MAX || value.len > QR_STATE_VALUE_MAX)
            return qr_fail(error, QR_EFORMAT, "the ledger's state has an entry that is too large");
        qr_state_put(state, key.data, key.len, value.data, value.len);
        if (found->more && i + 1 == found->n_entries)
            qr_buffer_add(last, key.data, key.len);
    }
    return 0;
}

int cli_state(struct cli *cli, const char *prefix, struct qr_state **ret_state, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer last = {0};
    struct qr_state *state = qr_state_new();
    int rc;
    do
        rc = add_page(cli, prefix, state, &last, error);
    while (rc == 0 && last.size > 0);
    if (rc < 0)
        qr_state_free(state);
    else
        *ret_state = state;
    return rc;
}

static int add_piece(struct cli *cli, const struct qr_hash *hash, const char *what, struct qr_buffer *out, size_t start,
                     bool *ret_whole, struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    Quorate__LedgerObjectRequest body = QUORATE__LEDGER_OBJECT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    body.hash = qr_wire_hash(hash);
    body.offset = out->size - start;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_OBJECT;
    request.ledger_object = &body;
    int rc = cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, error);
    if (rc == QR_ENOT_FOUND)
        return qr_fail(error, QR_ENOT_FOUND, "there is no %s %.12s on the ledger", what, qr_hash_text(hash).text);
    if (rc < 0)
        return rc;
    const Quorate__LedgerObject *object = reply->ledger_object;
    if (object->offset != body.offset || object->size > QR_OBJECT_MAX || object->size < body.offset ||
        object->piece.len == 0 || object->piece.len > object->size - body.offset)
        return qr_fail(error, QR_EFORMAT, "the ledger answered with another piece of %s %.12s than was asked for", what,
                       qr_hash_text(hash).text);
    qr_buffer_add(out, object->piece.data, object->piece.len);
    *ret_whole = out->size - start == object->size;
    return 0;
}

int cli_object(struct cli *cli, const struct qr_hash *hash, const char *what, struct qr_buffer *out,
               struct qr_error *error)
{
    size_t start = out->size;
    bool whole = false;
    while (!whole) {
        int rc = add_piece(cli, hash, what, out, start, &whole, error);
        if (rc < 0)
            return rc;
    }
    struct qr_hash plain = qr_sha256(out->data + start, out->size - start);
    struct qr_hash rules = qr_tagged_hash(QR_DOMAIN_RULES, out->data + start, out->size - start);
    if (qr_hash_equal(&plain, hash) || qr_hash_equal(&rules, hash))
        return 0;
    return qr_fail(error, QR_EMISMATCH, "%s %.12s of the ledger has other content than its name says", what,
                   qr_hash_text(hash).text);
}

static int find_object(const struct qr_state *state, const struct cli_id *id, enum qr_object_kind kind,
                       struct qr_hash *ret_hash, struct qr_error *error)
{
    const char *what = qr_object_kind_name(kind);
    const size_t before = strlen(QR_KEY_OBJECT);
    struct qr_span after, key, value;
    struct qr_object object;
    size_t matches = 0;
    for (bool first = true; qr_state_next(state, QR_KEY_OBJECT, before, first ? NULL : &after, &key, &value);
         first = false, after = key) {
        struct qr_hash hash;
        if (key.size != before + sizeof hash.bytes)
            return qr_fail(error, QR_EFORMAT, "the ledger answered with an object that has no hash");
        memcpy(hash.bytes, (const uint8_t *)key.bytes + before, sizeof hash.bytes);
        int rc = qr_object_get(state, &hash, &object, error);
        if (rc < 0)
            return rc;
        if (object.kind != kind || strncmp(qr_hash_text(&hash).text, id->digits, strlen(id->digits)) != 0)
            continue;
        *ret_hash = hash;
        matches++;
    }
    if (matches > 1)
        return qr_fail(error, QR_EINPUT, "%zu %ss begin with %s: give more digits", matches, what, id->digits);
    return matches ? 0 : qr_fail(error, QR_ENOT_FOUND, "there is no %s %s on the ledger", what, id->digits);
}

int cli_object_hash(struct cli *cli, const char *text, enum qr_object_kind kind, struct qr_hash *ret_hash,
                    struct qr_error *error)
{
    struct cli_id id;
    struct qr_state *state = NULL;
    int rc = cli_id_parse(text, qr_object_kind_name(kind), &id, error);
    if (rc == 0 && id.size == QR_HASH_SIZE)
        return qr_hash_from_hex(text, qr_object_kind_name(kind), ret_hash, error);
    if (rc == 0)
        rc = cli_state(cli, QR_KEY_OBJECT, &state, error);
    if (rc < 0)
        return rc;
    rc = find_object(state, &id, kind, ret_hash, error);
    qr_state_free(state);
    return rc;
}
