#include "ledger/receipt.h"

#include "ledger/json.h"

void qr_receipt_done(struct qr_receipt *receipt)
{
    qr_buffer_done(&receipt->decision.leaf);
    qr_buffer_done(&receipt->activation.leaf);
    *receipt = (struct qr_receipt){0};
}

static void put_hex(struct qr_buffer *out, const void *bytes, size_t size)
{
    qr_buffer_reserve(out, 2 * size + 1);
    qr_hex(bytes, size, (char *)out->data + out->size);
    out->size += 2 * size;
}

static void put_entry(struct qr_buffer *out, const char *name, const struct qr_receipt_entry *entry)
{
    qr_buffer_text(out, "\"%s\":{\"leaf\":\"", name);
    put_hex(out, entry->leaf.data, entry->leaf.size);
    qr_buffer_text(out, "\",\"index\":%" PRIu64 ",\"path\":[", entry->index);
    for (unsigned i = 0; i < entry->proof.n; i++) {
        qr_buffer_text(out, i ? ",\"" : "\"");
        put_hex(out, entry->proof.path[i].bytes, QR_HASH_SIZE);
        qr_buffer_byte(out, '"');
    }
    qr_buffer_text(out, "]},");
}

void qr_receipt_write(const struct qr_receipt *receipt, struct qr_buffer *out)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer note = {0};
    qr_note_write(&receipt->note, &note);
    qr_buffer_text(out, "{\"version\":1,");
    put_entry(out, "decision", &receipt->decision);
    put_entry(out, "activation", &receipt->activation);
    qr_buffer_text(out, "\"checkpoint\":");
    qr_json_put_text(qr_buffer_string(&note), out);
    qr_buffer_text(out, "}\n");
}

static bool read_entry(const json_t *value, struct qr_receipt_entry *entry)
{
    static const char *const keys[] = {"leaf", "index", "path"};
    const json_t *path = json_object_get(value, "path");
    if (!qr_json_keys(value, keys, 3) ||
        !qr_json_bytes(json_object_get(value, "leaf"), QR_RECEIPT_LEAF_MAX, &entry->leaf) ||
        !qr_json_uint(json_object_get(value, "index"), INT64_MAX, &entry->index) || !json_is_array(path) ||
        json_array_size(path) > QR_PROOF_MAX)
        return false;
    for (size_t i = 0; i < json_array_size(path); i++)
        if (!qr_json_hash(json_array_get(path, i), &entry->proof.path[entry->proof.n++]))
            return false;
    return true;
}

static int read_receipt(const json_t *root, struct qr_receipt *receipt, struct qr_error *error)
{
    static const char *const keys[] = {"version", "decision", "activation", "checkpoint"};
    uint64_t version = 0;
    const json_t *note = json_object_get(root, "checkpoint");
    if (!qr_json_keys(root, keys, 4))
        return qr_fail(error, QR_EINVALID, "a receipt has version, decision, activation and checkpoint, and no more");
    if (!qr_json_uint(json_object_get(root, "version"), 1, &version) || version != 1)
        return qr_fail(error, QR_EINVALID, "this version of the receipt is not known");
    if (!read_entry(json_object_get(root, "decision"), &receipt->decision))
        return qr_fail(error, QR_EINVALID, "its decision is not {leaf, index, path}");
    if (!read_entry(json_object_get(root, "activation"), &receipt->activation))
        return qr_fail(error, QR_EINVALID, "its activation is not {leaf, index, path}");
    if (!json_is_string(note) ||
        qr_note_read(json_string_value(note), json_string_length(note), &receipt->note, error) != 0)
        return qr_fail(error, QR_EINVALID, "its checkpoint is not a signed note in its one canonical form");
    return 0;
}

/* A damaged receipt is still a receipt: it speaks of a decision and a checkpoint. */
static bool looks_like_receipt(const char *text, size_t size)
{
    return memmem(text, size, "\"checkpoint\"", 12) && memmem(text, size, "\"decision\"", 10);
}

int qr_receipt_read(const char *text, size_t size, struct qr_receipt *ret, struct qr_error *error)
{
    *ret = (struct qr_receipt){0};
    if (size > QR_RECEIPT_FILE_MAX)
        return qr_fail(error, QR_EFORMAT, "not a receipt: more than %d bytes", QR_RECEIPT_FILE_MAX);
    struct qr_error problem;
    json_t *root = qr_json_parse(text, size, &problem);
    if (!root && looks_like_receipt(text, size))
        return qr_fail(error, QR_EINVALID, "a damaged receipt: %s", problem.text);
    if (!root)
        return qr_fail(error, QR_EFORMAT, "not a receipt: %s", problem.text);
    int code = json_object_get(root, "checkpoint") || json_object_get(root, "decision")
                   ? read_receipt(root, ret, error)
                   : qr_fail(error, QR_EFORMAT, "not a receipt: it has neither a decision nor a checkpoint");
    json_decref(root);
    return code;
}
