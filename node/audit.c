#include "node/audit.h"

#include "common/file.h"
#include "node/replay.h"
#include "node/witness.h"
#include "xai/attribution.h"

/* A block as the store has it. */
struct stored {
    struct qr_buffer bytes;
    struct qr_block block;
};

static void stored_done(struct stored *stored)
{
    qr_block_done(&stored->block);
    qr_buffer_done(&stored->bytes);
    *stored = (struct stored){.block = {.n = 0}};
}

/* One audit: blocks come from a store or from an export, and go through the same re-execution. */
struct auditor {
    struct qr_workers *workers;
    struct qr_replay *replay;
    struct stored stored[2]; /* of a store's blocks the one at hand and the next, by their heights' last bit */
    void (*progress)(void *context, uint64_t height);
    void *context;
    struct qr_audit *result;
    uint64_t imported; /* up to here the store came from a snapshot, without signatures */
    bool owned;                 /* whose store it is, and from which height on it signs */
    struct qr_public_key owner;
    uint64_t since;
};

static void auditor_done(struct auditor *auditor)
{
    qr_replay_free(auditor->replay);
    stored_done(&auditor->stored[0]);
    stored_done(&auditor->stored[1]);
    qr_workers_free(auditor->workers);
}

static int start(struct auditor *auditor, const struct qr_buffer *genesis, struct qr_error *error)
{
    auditor->workers = qr_workers_new(0);
    struct qr_node_setup setup = {
        .genesis = {genesis->data, genesis->size},
        .workers = auditor->workers,
        .table_bytes = QR_EXPLAINER_DEFAULTS.table_bytes,
    };
    int code = qr_replay_new(&setup, &auditor->replay, error);
    return code ? code : qr_node_warm(qr_replay_node(auditor->replay), error);
}

static void take_result(struct auditor *auditor)
{
    struct qr_counts counts = qr_node_counts(qr_replay_node(auditor->replay));
    const struct qr_header *head = qr_replay_head(auditor->replay);
    auditor->result->height = head->height;
    auditor->result->app_hash = head->app_hash;
    auditor->result->transactions = counts.transactions;
    auditor->result->decisions = counts.decisions;
    auditor->result->orders = counts.orders;
}

/* The answer is no: whatever the cause, said with its height. */
static int refuse(struct auditor *auditor, uint64_t height, struct qr_error *error)
{
    char cause[QR_ERROR_TEXT_MAX];
    qr_copy_text(cause, sizeof cause, error->text);
    auditor->result->height = height;
    return qr_fail(error, QR_EINVALID, "height %" PRIu64 ": %s", height, cause);
}

/* The lines are of nodes that were in office at this block. */
static int check_lines(struct auditor *auditor, const struct qr_signed_checkpoint *note, bool *ret_own,
                       struct qr_error *error)
{
    const struct qr_state *state = qr_node_state(qr_replay_node(auditor->replay));
    for (unsigned i = 0; i < note->n; i++) {
        struct qr_operator_record record;
        if (!qr_witness_find(state, &note->checkpoint, &note->signatures[i], &record))
            return qr_fail(error, QR_EINVALID, "the signature of %s does not hold", note->signatures[i].name);
        *ret_own = *ret_own || memcmp(&record.operator.key, &auditor->owner, sizeof auditor->owner) == 0;
    }
    return 0;
}

static int check_note(struct auditor *auditor, const struct qr_signed_checkpoint *note, bool *ret_own,
                      struct qr_error *error)
{
    struct qr_node *node = qr_replay_node(auditor->replay);
    struct qr_checkpoint expected = qr_checkpoint_of(qr_replay_head(auditor->replay), qr_node_genesis(node));
    QR_CLEANUP(qr_buffer_done) struct qr_buffer a = {0}, b = {0};
    qr_checkpoint_text(&expected, &a);
    qr_checkpoint_text(&note->checkpoint, &b);
    if (a.size != b.size || memcmp(a.data, b.data, a.size) != 0)
        return qr_fail(error, QR_EINVALID, "the checkpoint is not the one that re-execution gives");
    *ret_own = false;
    return check_lines(auditor, note, ret_own, error);
}

/* ---- A store ---- */

/* The node whose store it is signs each block that it made itself while it is in office. */
static bool must_sign(const struct auditor *auditor, uint64_t height)
{
    const struct qr_state *state = qr_node_state(qr_replay_node(auditor->replay));
    return auditor->owned && height >= auditor->since && height > auditor->imported &&
           qr_witness_in_office(state, &auditor->owner);
}

static int check_stored_note(struct auditor *auditor, struct qr_store *store, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    uint64_t height = qr_replay_head(auditor->replay)->height;
    bool own = false;
    int code = qr_store_note(store, height, qr_node_genesis(qr_replay_node(auditor->replay)), note, error);
    if (code == 0 && note->n > 0 && !auditor->owned)
        return qr_fail(error, QR_EINVALID, "the checkpoint is signed, but the store does not say whose it is");
    if (code == 0 && note->n == 0 && height > auditor->imported && height < auditor->since)
        return qr_fail(error, QR_EINVALID, "the checkpoint is not signed");
    if (code == 0)
        code = check_note(auditor, note, &own, error);
    if (code == 0 && !own && must_sign(auditor, height))
        return qr_fail(error, QR_EINVALID, "the checkpoint is not signed by the node whose store it is");
    return code;
}

/* QR_ENOT_FOUND is no failure: nobody signs in such a store. */
static int read_owner(struct auditor *auditor, struct qr_store *store, struct qr_error *error)
{
    struct qr_error cause = {.code = QR_OK};
    int code = qr_store_owner(store, &auditor->owner, &auditor->since, &cause);
    auditor->owned = code == 0;
    if (code == 0 || code == QR_ENOT_FOUND)
        return 0;
    *error = cause;
    return code;
}

static int read_stored(struct qr_store *store, uint64_t height, struct stored *ret, struct qr_error *error)
{
    int code = qr_store_block(store, height, &ret->bytes, error);
    return code ? code : qr_block_read(ret->bytes.data, ret->bytes.size, &ret->block, error);
}

/* The block after, so that it is worked on while the one at hand is compared; NULL at the end, and for one that cannot be read: that is found
 * in its turn. */
static const struct qr_block *read_next(struct auditor *auditor, struct qr_store *store, uint64_t height)
{
    struct stored *next = &auditor->stored[(height + 1) % 2];
    if (read_stored(store, height + 1, next, NULL) == 0)
        return &next->block;
    stored_done(next);
    return NULL;
}

static int execute(struct auditor *auditor, struct qr_store *store, uint64_t height, struct qr_error *error)
{
    struct stored *at = &auditor->stored[height % 2];
    int code = at->bytes.size == 0 ? read_stored(store, height, at, error) : 0;
    return code ? code : qr_replay_block(auditor->replay, &at->block, read_next(auditor, store, height), error);
}

static int audit_height(struct auditor *auditor, struct qr_store *store, uint64_t height,
                        struct qr_store_counts *counts, struct qr_error *error)
{
    int code = height > 0 ? execute(auditor, store, height, error) : 0; /* the genesis is executed */
    if (code == 0)
        code = qr_store_compare(store, qr_replay_append(auditor->replay), counts, error);
    if (code == 0)
        code = check_stored_note(auditor, store, error);
    if (code == 0)
        code = qr_replay_next(auditor->replay, error);
    stored_done(&auditor->stored[height % 2]);
    if (auditor->progress)
        auditor->progress(auditor->context, height);
    return code;
}

static int audit_store(struct auditor *auditor, struct qr_store *store, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer genesis = {0};
    struct qr_store_counts counts = {.blocks = 0};
    struct qr_header head;
    int code = qr_store_head(store, &head, error);
    if (code == QR_ENOT_FOUND)
        return qr_store_mark_check(store, error) ? refuse(auditor, 0, error) : code;
    if (code == 0)
        code = qr_store_imported(store, &auditor->imported, error);
    if (code == 0)
        code = read_owner(auditor, store, error);
    if (code == 0)
        code = qr_store_genesis(store, &genesis, error);
    if (code == 0)
        code = start(auditor, &genesis, error);
    if (code)
        return refuse(auditor, 0, error);
    for (uint64_t height = 0; height <= head.height; height++) {
        qr_store_read_begin(store);
        code = audit_height(auditor, store, height, &counts, error);
        qr_store_read_end(store);
        if (code)
            return refuse(auditor, height, error);
        take_result(auditor);
    }
    code = qr_store_compare_end(store, qr_replay_log(auditor->replay), qr_node_state(qr_replay_node(auditor->replay)),
                                &counts, error);
    return code ? refuse(auditor, head.height, error) : 0;
}

int qr_audit_store(struct qr_store *store, void (*progress)(void *context, uint64_t height), void *context,
                   struct qr_audit *ret, struct qr_error *error)
{
    *ret = (struct qr_audit){.height = 0};
    struct auditor auditor = {.progress = progress, .context = context, .result = ret};
    int code = audit_store(&auditor, store, error);
    auditor_done(&auditor);
    return code;
}

/* ---- An export ---- */

static const char magic[] = "QRX1";

static int audit_blocks(struct auditor *auditor, struct qr_reader *in, struct qr_error *error)
{
    for (;;) {
        uint64_t height = qr_replay_head(auditor->replay)->height + 1;
        QR_CLEANUP(qr_block_done) struct qr_block block = {.n = 0};
        size_t size = 0;
        const uint8_t *bytes = qr_get_bytes(in, INT32_MAX, &size);
        int code = qr_replay_next(auditor->replay, error);
        if (code)
            return code;
        take_result(auditor);
        if (in->failed) {
            qr_fail(error, QR_EINVALID, "the export ends before its signed head");
            return refuse(auditor, height, error);
        }
        if (size == 0)
            return 0;
        code = qr_block_read(bytes, size, &block, error);
        if (code == 0)
            code = qr_replay_block(auditor->replay, &block, NULL, error);
        if (code)
            return refuse(auditor, height, error);
        if (auditor->progress)
            auditor->progress(auditor->context, height);
    }
}

static int audit_export(struct auditor *auditor, const struct qr_buffer *file, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    struct qr_reader in = qr_reader_of(file->data, file->size);
    const uint8_t *head = qr_get_raw(&in, strlen(magic));
    if (!head || memcmp(head, magic, strlen(magic)) != 0)
        return qr_fail(error, QR_EFORMAT, "this is no export of a ledger: it does not start with QRX1");
    struct qr_buffer genesis = {.data = NULL};
    const uint8_t *bytes = qr_get_bytes(&in, QR_GENESIS_FILE_MAX, &genesis.size);
    genesis.data = (uint8_t *)(uintptr_t)bytes; /* lent, never released */
    if (in.failed) {
        qr_fail(error, QR_EINVALID, "the export ends within its genesis");
        return refuse(auditor, 0, error);
    }
    bool own; /* an export is nobody's */
    int code = start(auditor, &genesis, error);
    if (code)
        return refuse(auditor, 0, error);
    code = audit_blocks(auditor, &in, error);
    if (code)
        return code;
    size_t size = 0;
    const uint8_t *text = qr_get_bytes(&in, QR_NOTE_MAX, &size);
    code = qr_reader_end(&in, "the end of the export", error);
    if (code == 0)
        code = qr_note_read((const char *)text, size, note, error);
    if (code == 0 && note->n == 0)
        code = qr_fail(error, QR_EINVALID, "the checkpoint is not signed");
    if (code == 0)
        code = check_note(auditor, note, &own, error);
    return code ? refuse(auditor, qr_replay_head(auditor->replay)->height, error) : 0;
}

int qr_audit_file(const char *path, void (*progress)(void *context, uint64_t height), void *context,
                  struct qr_audit *ret, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer file = {0};
    *ret = (struct qr_audit){.height = 0};
    int code = qr_file_read_kind(path, magic, SIZE_MAX >> 2, &file, error);
    if (code == QR_EFORMAT)
        qr_prefix(error, "this is no export of a ledger");
    if (code)
        return code;
    struct auditor auditor = {.progress = progress, .context = context, .result = ret};
    code = audit_export(&auditor, &file, error);
    auditor_done(&auditor);
    return code;
}
