#include "ledger/store_rows.h"

/* Writing a block. Each row's bytes are bound where they lie; they outlive the step. */
struct writer {
    struct qr_store *store;
    const struct qr_append *append;
    struct qr_error *error;
};

int qr_store_put_fact(struct qr_store *store, const char *name, const void *bytes, size_t size, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_PUT_FACT, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(statement, 2, bytes, size, SQLITE_STATIC);
    return qr_store_step(store, statement, error);
}

static int put_block(const struct writer *writer)
{
    const struct qr_append *append = writer->append;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer header = {0}, body = {0};
    qr_header_write(append->header, &header);
    qr_put_uint(&body, append->n);
    for (size_t i = 0; i < append->n; i++)
        qr_put_bytes(&body, append->transactions[i].bytes, append->transactions[i].size);
    sqlite3_stmt *statement = qr_store_statement(writer->store, STORE_PUT_BLOCK, writer->error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, (int64_t)append->header->height);
    sqlite3_bind_blob64(statement, 2, header.data, header.size, SQLITE_STATIC);
    sqlite3_bind_blob64(statement, 3, body.data, body.size, SQLITE_STATIC);
    return qr_store_step(writer->store, statement, writer->error);
}

static int put_leaf_row(void *context, uint64_t first, const struct qr_buffer *bytes)
{
    const struct writer *writer = context;
    sqlite3_stmt *statement = qr_store_statement(writer->store, STORE_PUT_LEAVES, writer->error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, (int64_t)first);
    sqlite3_bind_int64(statement, 2, (int64_t)writer->append->header->height);
    sqlite3_bind_blob64(statement, 3, bytes->data, bytes->size, SQLITE_STATIC);
    return qr_store_step(writer->store, statement, writer->error);
}

static int put_leaves(struct writer *writer)
{
    const struct qr_leaves *leaves = writer->append->leaves;
    return qr_store_leaf_rows(leaves, writer->append->header->log_size - leaves->n, put_leaf_row, writer);
}

static int put_places(const struct writer *writer)
{
    struct store_place *places = NULL;
    size_t n = 0;
    int code = qr_store_places_of(writer->append, &places, &n, writer->error);
    if (code == 0)
        code = qr_store_put_places(writer->store, places, n, writer->error);
    free(places);
    return code;
}

static int put_tile(void *context, const struct qr_tile *tile)
{
    const struct writer *writer = context;
    sqlite3_stmt *statement = qr_store_statement(writer->store, STORE_PUT_TILE, writer->error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, qr_store_tile_id(tile->level, tile->index));
    sqlite3_bind_blob64(statement, 2, tile->hashes, tile->n * sizeof tile->hashes[0], SQLITE_STATIC);
    return qr_store_step(writer->store, statement, writer->error);
}

static int put_state(void *context, const struct qr_span *key, const struct qr_span *value)
{
    const struct writer *writer = context;
    sqlite3_stmt *statement =
        qr_store_statement(writer->store, value->bytes ? STORE_PUT_STATE : STORE_DELETE_STATE, writer->error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_blob64(statement, 1, key->bytes, key->size, SQLITE_STATIC);
    if (value->bytes)
        sqlite3_bind_blob64(statement, 2, value->bytes, value->size, SQLITE_STATIC);
    return qr_store_step(writer->store, statement, writer->error);
}

static int put_use(const struct writer *writer, const struct qr_operator_use *use)
{
    sqlite3_stmt *statement = qr_store_statement(writer->store, STORE_PUT_USE, writer->error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_blob(statement, 1, use->key.bytes, sizeof use->key.bytes, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, (int64_t)use->sequence);
    sqlite3_bind_int64(statement, 3, (int64_t)writer->append->header->height);
    sqlite3_bind_blob(statement, 4, use->id.bytes, sizeof use->id.bytes, SQLITE_STATIC);
    return qr_store_step(writer->store, statement, writer->error);
}

int qr_store_put_signature(struct qr_store *store, uint64_t height, const struct qr_note_signature *signature,
                           struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_PUT_SIGNATURE, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, (int64_t)height);
    sqlite3_bind_text(statement, 2, signature->name, -1, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 3, signature->key_hash, sizeof signature->key_hash, SQLITE_STATIC);
    sqlite3_bind_blob(statement, 4, signature->signature.bytes, QR_SIGNATURE_SIZE, SQLITE_STATIC);
    return qr_store_step(store, statement, error);
}

int qr_store_put_rows(struct qr_store *store, const struct qr_append *append, struct qr_error *error)
{
    struct writer writer = {.store = store, .append = append, .error = error};
    int code = 0;
    if (append->genesis)
        code = qr_store_put_fact(store, "genesis", append->genesis->bytes, append->genesis->size, error);
    if (code == 0)
        code = put_block(&writer);
    if (code == 0)
        code = put_leaves(&writer);
    if (code == 0)
        code = put_places(&writer);
    if (code == 0)
        code = qr_merkle_log_changes(append->log, put_tile, &writer);
    if (code == 0 && append->state)
        code = qr_state_changes(append->state, put_state, &writer);
    for (size_t i = 0; code == 0 && i < append->n_uses; i++)
        code = put_use(&writer, &append->uses[i]);
    for (size_t i = 0; code == 0 && i < append->n_signatures; i++)
        code = qr_store_put_signature(store, append->header->height, &append->signatures[i], error);
    return code;
}

int qr_store_run(struct qr_store *store, enum store_statement which, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, which, error);
    return statement ? qr_store_step(store, statement, error) : QR_EIO;
}

int qr_store_give_up(struct qr_store *store, const struct qr_error *cause, struct qr_error *error)
{
    qr_store_run(store, STORE_ROLLBACK, NULL);
    store->grouped = false;
    store->failed = cause->code;
    if (error)
        *error = *cause;
    return cause->code;
}

int qr_store_append(struct qr_store *store, const struct qr_append *append, struct qr_error *error)
{
    struct qr_error cause = {.code = QR_EIO};
    int code = store->grouped ? 0 : qr_store_run(store, STORE_BEGIN, &cause);
    if (code == 0)
        code = qr_store_put_rows(store, append, &cause);
    if (code == 0 && !store->grouped)
        code = qr_store_run(store, STORE_COMMIT, &cause);
    if (code == 0)
        code = store->grouped ? 0 : qr_store_mark_put(store, append->header, &cause);
    store->last = *append->header;
    return code ? qr_store_give_up(store, &cause, error) : 0;
}

int qr_store_group_begin(struct qr_store *store, struct qr_error *error)
{
    int code = qr_store_run(store, STORE_BEGIN, error);
    store->grouped = code == 0;
    return code;
}

int qr_store_group_end(struct qr_store *store, struct qr_error *error)
{
    struct qr_error cause = {.code = QR_EIO};
    int code = qr_store_run(store, STORE_COMMIT, &cause);
    if (code == 0 && store->last.height > 0)
        code = qr_store_mark_put(store, &store->last, &cause);
    store->grouped = false;
    return code ? qr_store_give_up(store, &cause, error) : 0;
}
