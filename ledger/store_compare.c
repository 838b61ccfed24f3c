#include "ledger/store_rows.h"

/* Audit of rows: the same walk as store_append.c, reading where it writes. */
struct comparer {
    struct qr_store *store;
    const struct qr_append *append;
    struct qr_store_counts *counts;
    struct qr_error *error;
};

static int differs(const struct comparer *comparer, const char *what)
{
    return qr_fail(comparer->error, QR_ECORRUPT, "%s is not what re-execution gives", what);
}

static bool same_blob(sqlite3_stmt *statement, int column, const void *bytes, size_t size)
{
    if (sqlite3_column_type(statement, column) != SQLITE_BLOB)
        return false;
    const void *found = sqlite3_column_blob(statement, column);
    return (size_t)sqlite3_column_bytes(statement, column) == size && (size == 0 || memcmp(found, bytes, size) == 0);
}

/* Steps to the row that the bound statement selects; QR_ECORRUPT when there is none. */
static int step_to(const struct comparer *comparer, sqlite3_stmt *statement, const char *what)
{
    int code = qr_store_step(comparer->store, statement, comparer->error);
    if (code == 0)
        return qr_fail(comparer->error, QR_ECORRUPT, "%s is missing", what);
    return code < 0 ? code : 0;
}

static int compare_genesis(const struct comparer *comparer)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer genesis = {0};
    const struct qr_span *expected = comparer->append->genesis;
    int code = qr_store_genesis(comparer->store, &genesis, comparer->error);
    if (code == 0 && (genesis.size != expected->size || memcmp(genesis.data, expected->bytes, genesis.size) != 0))
        return differs(comparer, "the stored genesis");
    return code;
}

static int compare_block(const struct comparer *comparer)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer found = {0}, expected = {0};
    struct qr_block block = {.header = *comparer->append->header, .n = comparer->append->n};
    block.transactions = qr_memdup(comparer->append->transactions, block.n * sizeof *block.transactions);
    qr_block_write(&block, &expected);
    qr_block_done(&block);
    int code = qr_store_block(comparer->store, comparer->append->header->height, &found, comparer->error);
    if (code == 0 && (found.size != expected.size || memcmp(found.data, expected.data, found.size) != 0))
        return differs(comparer, "the block");
    return code;
}

/* The index is compared as a whole, at the end: what it should hold is summed up. */
static int sum_places(const struct comparer *comparer)
{
    struct store_place *places = NULL;
    size_t n = 0;
    int code = qr_store_places_of(comparer->append, &places, &n, comparer->error);
    for (size_t i = 0; i < n; i++)
        qr_store_sum_place(&comparer->counts->places, &places[i]);
    free(places);
    return code;
}

static int compare_leaf_row(void *context, uint64_t first, const struct qr_buffer *bytes)
{
    const struct comparer *comparer = context;
    sqlite3_stmt *statement = qr_store_statement(comparer->store, STORE_GET_LEAVES, comparer->error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, (int64_t)first);
    int code = step_to(comparer, statement, "a row of leaves");
    if (code)
        return code;
    bool same = sqlite3_column_int64(statement, 0) == (int64_t)first &&
                sqlite3_column_int64(statement, 1) == (int64_t)comparer->append->header->height &&
                same_blob(statement, 2, bytes->data, bytes->size);
    sqlite3_reset(statement);
    comparer->counts->leaf_rows++;
    return same ? 0 : differs(comparer, "a row of leaves");
}

static int compare_tile(void *context, const struct qr_tile *tile)
{
    const struct comparer *comparer = context;
    if (tile->n < QR_TILE_WIDTH)
        return 0; /* it went on growing: compared when complete, or at the end */
    sqlite3_stmt *statement = qr_store_statement(comparer->store, STORE_GET_TILE, comparer->error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, qr_store_tile_id(tile->level, tile->index));
    int code = step_to(comparer, statement, "a tile of the log");
    if (code)
        return code;
    bool same = same_blob(statement, 0, tile->hashes, tile->n * sizeof tile->hashes[0]);
    sqlite3_reset(statement);
    return same ? 0 : differs(comparer, "a tile of the log");
}

static int compare_leaves(struct comparer *comparer)
{
    const struct qr_leaves *leaves = comparer->append->leaves;
    uint64_t first = comparer->append->header->log_size - leaves->n;
    int code = qr_store_leaf_rows(leaves, first, compare_leaf_row, comparer);
    return code ? code : qr_merkle_log_changes(comparer->append->log, compare_tile, comparer);
}

static int compare_use(const struct comparer *comparer, const struct qr_operator_use *use)
{
    uint64_t height;
    struct qr_hash id;
    int code = qr_store_find_use(comparer->store, &use->key, use->sequence, &height, &id, comparer->error);
    if (code == 0 && (height != comparer->append->header->height || !qr_hash_equal(&id, &use->id)))
        return differs(comparer, "a used sequence number (table use)");
    return code == QR_ENOT_FOUND ? differs(comparer, "a used sequence number (table use)") : code;
}

int qr_store_compare(struct qr_store *store, const struct qr_append *append, struct qr_store_counts *counts,
                     struct qr_error *error)
{
    struct comparer comparer = {.store = store, .append = append, .counts = counts, .error = error};
    int code = append->genesis ? compare_genesis(&comparer) : 0;
    if (code == 0)
        code = compare_block(&comparer);
    if (code == 0)
        code = sum_places(&comparer);
    if (code == 0)
        code = compare_leaves(&comparer);
    for (size_t i = 0; code == 0 && i < append->n_uses; i++)
        code = compare_use(&comparer, &append->uses[i]);
    counts->blocks++;
    counts->transactions += append->n;
    counts->leaves += append->leaves->n;
    counts->uses += append->n_uses;
    return code;
}

static int compare_border(const struct comparer *comparer, const struct qr_merkle_log *log)
{
    for (unsigned level = 0; level < QR_TILE_LEVELS; level++) {
        struct qr_tile tile;
        const struct qr_tile *border = qr_merkle_log_border(log, level);
        if (border->n == 0)
            continue;
        struct qr_tile_source source = qr_store_tiles(comparer->store);
        int code = source.read(source.context, level, border->index, &tile, comparer->error);
        if (code)
            return code;
        if (tile.n != border->n || memcmp(tile.hashes, border->hashes, tile.n * sizeof tile.hashes[0]) != 0)
            return differs(comparer, "a tile of the log");
    }
    return 0;
}

static int compare_state(const struct comparer *comparer, const struct qr_state *state)
{
    sqlite3_stmt *statement = qr_store_statement(comparer->store, STORE_WALK_STATE, comparer->error);
    if (!statement)
        return QR_EIO;
    struct qr_span key = {0}, value = {0};
    size_t n = 0;
    int code;
    while ((code = qr_store_step(comparer->store, statement, comparer->error)) == 1) {
        bool more = qr_state_next(state, "", 0, n ? &key : NULL, &key, &value);
        if (!more || !same_blob(statement, 0, key.bytes, key.size) ||
            !same_blob(statement, 1, value.bytes, value.size)) {
            sqlite3_reset(statement);
            return differs(comparer, "an entry of the state");
        }
        n++;
    }
    if (code == 0 && n != qr_state_count(state))
        return qr_fail(comparer->error, QR_ECORRUPT, "an entry of the state is missing");
    return code;
}

static int compare_places(const struct comparer *comparer)
{
    struct qr_store_sum found;
    int code = qr_store_sum_places(comparer->store, &found, comparer->error);
    if (code == 0 && memcmp(&found, &comparer->counts->places, sizeof found) != 0)
        return differs(comparer, "the index of hashes (tables place and bucket)");
    return code;
}

static uint64_t tile_count(uint64_t leaves)
{
    uint64_t tiles = 0;
    for (uint64_t count = leaves; count; count >>= QR_TILE_BITS)
        tiles += (count + QR_TILE_WIDTH - 1) / QR_TILE_WIDTH;
    return tiles;
}

static int compare_counts(const struct comparer *comparer)
{
    const struct qr_store_counts *counts = comparer->counts;
    uint64_t imported;
    int code = qr_store_imported(comparer->store, &imported, comparer->error);
    if (code == 0 && imported >= counts->blocks)
        code = qr_fail(comparer->error, QR_ECORRUPT, "the fact `imported` names a height that the ledger has not reached");
    if (code)
        return code;
    struct qr_public_key owner;
    uint64_t since;
    code = qr_store_owner(comparer->store, &owner, &since, comparer->error);
    if (code && code != QR_ENOT_FOUND)
        return code;
    const struct {
        const char *table;
        uint64_t rows;
    } expected[] = {
        {"fact", UINT64_C(1) + (imported > 0) + (code == 0)},
        {"block", counts->blocks},
        {"leaf", counts->leaf_rows},
        {"tile", tile_count(counts->leaves)},
        {"use", counts->uses},
        {"signature", 0},
    };
    sqlite3_stmt *statement = qr_store_statement(comparer->store, STORE_COUNTS, comparer->error);
    code = statement ? step_to(comparer, statement, "a table") : QR_EIO;
    if (code)
        return code;
    for (size_t i = 0; code == 0 && i < sizeof expected / sizeof expected[0]; i++)
        if ((uint64_t)sqlite3_column_int64(statement, (int)i) != expected[i].rows)
            code = qr_fail(comparer->error, QR_ECORRUPT, "table %s has rows that nothing accounts for, or too few",
                           expected[i].table);
    sqlite3_reset(statement);
    return code;
}

/* What no row shows: how SQLite finds them. */
static int compare_structure(const struct comparer *comparer)
{
    sqlite3_stmt *statement = qr_store_statement(comparer->store, STORE_INTEGRITY, comparer->error);
    int code = statement ? step_to(comparer, statement, "the integrity check's answer") : QR_EIO;
    if (code)
        return code;
    const char *answer = (const char *)sqlite3_column_text(statement, 0);
    if (!answer || strcmp(answer, "ok") != 0)
        code = qr_fail(comparer->error, QR_ECORRUPT, "the database is damaged: %s", answer ? answer : "it cannot be read");
    sqlite3_reset(statement);
    return code;
}

int qr_store_compare_end(struct qr_store *store, const struct qr_merkle_log *log, const struct qr_state *state,
                         const struct qr_store_counts *counts, struct qr_error *error)
{
    struct qr_store_counts copy = *counts;
    struct comparer comparer = {.store = store, .counts = &copy, .error = error};
    int code = qr_store_mark_check(store, error);
    if (code == 0)
        code = compare_border(&comparer, log);
    if (code == 0)
        code = compare_state(&comparer, state);
    if (code == 0)
        code = compare_places(&comparer);
    if (code == 0)
        code = compare_counts(&comparer);
    return code ? code : compare_structure(&comparer);
}
