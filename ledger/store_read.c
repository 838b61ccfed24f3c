#include "ledger/store_rows.h"

#include "ledger/transaction.h"

static struct qr_span blob(sqlite3_stmt *statement, int column)
{
    const void *bytes = sqlite3_column_blob(statement, column);
    return (struct qr_span){.bytes = bytes, .size = (size_t)sqlite3_column_bytes(statement, column)};
}

/* Copies a blob of exactly this size. */
static bool copy_blob(sqlite3_stmt *statement, int column, void *target, size_t size)
{
    struct qr_span bytes = blob(statement, column);
    if (bytes.size != size || !bytes.bytes)
        return false;
    memcpy(target, bytes.bytes, size);
    return true;
}

void qr_store_read_begin(struct qr_store *store)
{
    store->viewing = sqlite3_get_autocommit(store->db) && qr_store_run(store, STORE_BEGIN_READ, NULL) == 0;
}

void qr_store_read_end(struct qr_store *store)
{
    if (store->viewing)
        (void)!qr_store_run(store, STORE_COMMIT, NULL);
    store->viewing = false;
}

int qr_store_get_fact(struct qr_store *store, const char *name, sqlite3_stmt **ret, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_GET_FACT, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    int code = qr_store_step(store, statement, error);
    if (code == 0)
        return qr_fail(error, QR_ENOT_FOUND, "the store has no fact %s", name);
    *ret = statement;
    return code < 0 ? code : 0;
}

int qr_store_genesis(struct qr_store *store, struct qr_buffer *out, struct qr_error *error)
{
    sqlite3_stmt *statement = NULL;
    int code = qr_store_get_fact(store, "genesis", &statement, error);
    if (code == QR_ENOT_FOUND)
        return qr_fail(error, QR_ENOT_FOUND, "the store has no genesis yet");
    if (code)
        return code;
    struct qr_span bytes = blob(statement, 0);
    qr_buffer_add(out, bytes.bytes, bytes.size);
    sqlite3_reset(statement);
    return 0;
}

static int read_header(sqlite3_stmt *statement, struct qr_header *ret, struct qr_error *error)
{
    struct qr_span bytes = blob(statement, 0);
    int code = qr_header_read(bytes.bytes, bytes.size, ret, error);
    sqlite3_reset(statement);
    return code ? qr_fail(error, QR_ECORRUPT, "the store holds a damaged block header") : 0;
}

int qr_store_head(struct qr_store *store, struct qr_header *ret, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_GET_HEAD, error);
    int code = statement ? qr_store_step(store, statement, error) : QR_EIO;
    if (code == 0)
        return qr_fail(error, QR_ENOT_FOUND, "the store holds no block yet");
    return code < 0 ? code : read_header(statement, ret, error);
}

/* Steps to the row of a block. */
static int find_block(struct qr_store *store, uint64_t height, sqlite3_stmt **ret, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_GET_BLOCK, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, height > INT64_MAX ? -1 : (int64_t)height);
    int code = qr_store_step(store, statement, error);
    if (code == 0)
        return qr_fail(error, QR_ENOT_FOUND, "there is no block %" PRIu64, height);
    *ret = statement;
    return code < 0 ? code : 0;
}

int qr_store_header(struct qr_store *store, uint64_t height, struct qr_header *ret, struct qr_error *error)
{
    sqlite3_stmt *statement = NULL;
    int code = find_block(store, height, &statement, error);
    return code ? code : read_header(statement, ret, error);
}

int qr_store_block(struct qr_store *store, uint64_t height, struct qr_buffer *out, struct qr_error *error)
{
    sqlite3_stmt *statement = NULL;
    int code = find_block(store, height, &statement, error);
    if (code)
        return code;
    struct qr_span header = blob(statement, 0), body = blob(statement, 1);
    qr_put_bytes(out, header.bytes, header.size);
    qr_put_raw(out, body.bytes, body.size);
    sqlite3_reset(statement);
    return 0;
}

int qr_store_note(struct qr_store *store, uint64_t height, const struct qr_hash *genesis,
                  struct qr_signed_checkpoint *ret, struct qr_error *error)
{
    struct qr_header header;
    int code = qr_store_header(store, height, &header, error);
    if (code)
        return code;
    ret->checkpoint = qr_checkpoint_of(&header, genesis);
    ret->n = 0;
    sqlite3_stmt *statement = qr_store_statement(store, STORE_GET_SIGNATURES, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, (int64_t)height);
    while ((code = qr_store_step(store, statement, error)) == 1 && ret->n < QR_NOTE_SIGNATURES_MAX) {
        struct qr_note_signature *line = &ret->signatures[ret->n];
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        if (!name || !qr_name_valid(name) || !copy_blob(statement, 1, line->key_hash, sizeof line->key_hash) ||
            !copy_blob(statement, 2, line->signature.bytes, QR_SIGNATURE_SIZE)) {
            sqlite3_reset(statement);
            return qr_fail(error, QR_ECORRUPT, "a signature over block %" PRIu64 " is damaged", height);
        }
        qr_copy_text(line->name, sizeof line->name, name);
        ret->n++;
    }
    sqlite3_reset(statement);
    return code < 0 ? code : 0;
}

int qr_store_load_state(struct qr_store *store, struct qr_state *state, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_WALK_STATE, error);
    if (!statement)
        return QR_EIO;
    int code;
    while ((code = qr_store_step(store, statement, error)) == 1) {
        struct qr_span key = blob(statement, 0), value = blob(statement, 1);
        if (key.size == 0 || key.size > QR_STATE_KEY_MAX || value.size > QR_STATE_VALUE_MAX) {
            sqlite3_reset(statement);
            return qr_fail(error, QR_ECORRUPT, "an entry of the state is damaged");
        }
        qr_state_put(state, key.bytes, key.size, value.bytes ? value.bytes : "", value.size);
    }
    qr_state_flush(state);
    return code;
}

int qr_store_leaf(struct qr_store *store, uint64_t index, struct qr_buffer *out, uint64_t *ret_height,
                  struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_GET_LEAVES, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, index > INT64_MAX ? -1 : (int64_t)index);
    int code = qr_store_step(store, statement, error);
    if (code < 0)
        return code;
    const uint8_t *leaf = NULL;
    size_t size = 0;
    if (code == 1) {
        struct qr_span row = blob(statement, 2);
        struct qr_reader in = qr_reader_of(row.bytes, row.size);
        uint64_t first = (uint64_t)sqlite3_column_int64(statement, 0);
        for (uint64_t i = first; i <= index && !in.failed; i++)
            leaf = qr_get_bytes(&in, row.size, &size);
    }
    if (!leaf) {
        sqlite3_reset(statement);
        return qr_fail(error, QR_ENOT_FOUND, "the log has no leaf %" PRIu64, index);
    }
    qr_buffer_add(out, leaf, size);
    if (ret_height)
        *ret_height = (uint64_t)sqlite3_column_int64(statement, 1);
    sqlite3_reset(statement);
    return 0;
}

int qr_store_leaf_run(struct qr_store *store, uint64_t index, struct qr_buffer *out, uint64_t *ret_next,
                      struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_GET_LEAVES, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, index > INT64_MAX ? -1 : (int64_t)index);
    int code = qr_store_step(store, statement, error);
    if (code < 0)
        return code;
    struct qr_span row = code == 1 ? blob(statement, 2) : (struct qr_span){0};
    struct qr_reader in = qr_reader_of(row.bytes, row.size);
    uint64_t next = index;
    for (size_t size; in.at != in.end; next++)
        qr_get_bytes(&in, row.size, &size);
    bool good = next > index && !in.failed && sqlite3_column_int64(statement, 0) == (int64_t)index;
    if (good)
        qr_put_raw(out, row.bytes, row.size);
    sqlite3_reset(statement);
    if (!good)
        return qr_fail(error, QR_ECORRUPT, "the row of leaves that starts with %" PRIu64 " is missing or damaged", index);
    *ret_next = next;
    return 0;
}

/* Finding by prefix. The index holds 8 bytes of each hash; what it finds is compared in full. */
static bool prefix_matches(const struct qr_hash *hash, const struct qr_hash *prefix, unsigned nibbles)
{
    size_t whole = nibbles / 2;
    if (memcmp(hash->bytes, prefix->bytes, whole) != 0)
        return false;
    return nibbles % 2 == 0 || (hash->bytes[whole] ^ prefix->bytes[whole]) < 0x10;
}

static int find_places(struct qr_store *store, const struct qr_hash *prefix, unsigned nibbles,
                       struct store_place **ret_places, size_t *ret_n, struct qr_error *error)
{
    struct qr_hash low = {{0}}, high;
    memset(high.bytes, 0xff, sizeof high.bytes);
    for (unsigned i = 0; i < nibbles && i < 2 * QR_HASH_SIZE; i++) {
        uint8_t mask = i % 2 ? 0x0f : 0xf0;
        low.bytes[i / 2] |= prefix->bytes[i / 2] & mask;
        high.bytes[i / 2] &= (uint8_t)(prefix->bytes[i / 2] | (uint8_t)~mask);
    }
    return qr_store_find_places(store, &low, &high, ret_places, ret_n, error);
}

static int leaf_hash(struct qr_store *store, int64_t place, struct qr_hash *ret, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    int code = qr_store_leaf(store, (uint64_t)place, &leaf, NULL, error);
    if (code == 0)
        *ret = qr_merkle_leaf(leaf.data, leaf.size);
    return code;
}

static int transaction_id(struct qr_store *store, int64_t place, struct qr_hash *ret, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    QR_CLEANUP(qr_block_done) struct qr_block block = {.n = 0};
    uint64_t at = (uint64_t)(-1 - place), position = at % QR_BLOCK_TRANSACTIONS_MAX;
    struct qr_transaction transaction;
    int code = qr_store_block(store, at / QR_BLOCK_TRANSACTIONS_MAX, &bytes, error);
    if (code == 0)
        code = qr_block_read(bytes.data, bytes.size, &block, error);
    if (code == 0 && position >= block.n)
        return qr_fail(error, QR_ECORRUPT, "the index names a transaction that is not there");
    if (code == 0)
        code = qr_transaction_read(block.transactions[position].bytes, block.transactions[position].size,
                                   &transaction, error);
    if (code == 0)
        *ret = transaction.id;
    return code;
}

static int find_one(struct qr_store *store, const struct qr_hash *prefix, unsigned nibbles, bool leaf, const char *what,
                    int (*hash_at)(struct qr_store *, int64_t, struct qr_hash *, struct qr_error *),
                    int64_t *ret_place, struct qr_hash *ret_hash, struct qr_error *error)
{
    struct store_place *found = NULL;
    size_t n = 0;
    bool any = false;
    int code = find_places(store, prefix, nibbles, &found, &n, error);
    for (size_t i = 0; code == 0 && i < n; i++) {
        struct qr_hash hash;
        int64_t place = qr_store_place_number(&found[i]);
        if ((place >= 0) != leaf)
            continue;
        code = hash_at(store, place, &hash, error);
        if (code || !prefix_matches(&hash, prefix, nibbles))
            continue;
        if (any && !qr_hash_equal(&hash, ret_hash)) {
            code = qr_fail(error, QR_EINPUT, "more than one %s starts like this: give more of its id", what);
        } else if (!any) {
            *ret_place = place;
            *ret_hash = hash;
            any = true;
        }
    }
    free(found);
    if (code == 0 && !any)
        return qr_fail(error, QR_ENOT_FOUND, "no %s has this id", what);
    return code;
}

int qr_store_find_leaf(struct qr_store *store, const struct qr_hash *prefix, unsigned nibbles, uint64_t *ret_index,
                       struct qr_hash *ret_hash, struct qr_error *error)
{
    int64_t place = 0;
    struct qr_hash hash;
    int code = find_one(store, prefix, nibbles, true, "leaf of the log", leaf_hash, &place, &hash, error);
    if (code)
        return code;
    *ret_index = (uint64_t)place;
    *ret_hash = hash;
    return 0;
}

int qr_store_find_transaction(struct qr_store *store, const struct qr_hash *prefix, unsigned nibbles,
                              uint64_t *ret_height, size_t *ret_position, struct qr_error *error)
{
    int64_t place = 0;
    struct qr_hash hash;
    int code = find_one(store, prefix, nibbles, false, "transaction", transaction_id, &place, &hash, error);
    if (code)
        return code;
    *ret_height = (uint64_t)(-1 - place) / QR_BLOCK_TRANSACTIONS_MAX;
    *ret_position = (size_t)((uint64_t)(-1 - place) % QR_BLOCK_TRANSACTIONS_MAX);
    return 0;
}

int qr_store_find_use(struct qr_store *store, const struct qr_public_key *key, uint64_t sequence,
                      uint64_t *ret_height, struct qr_hash *ret_id, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_GET_USE, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_blob(statement, 1, key->bytes, sizeof key->bytes, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, (int64_t)sequence);
    int code = qr_store_step(store, statement, error);
    if (code == 0)
        return qr_fail(error, QR_ENOT_FOUND, "the key has not used sequence number %" PRIu64, sequence);
    if (code < 0)
        return code;
    *ret_height = (uint64_t)sqlite3_column_int64(statement, 0);
    bool good = copy_blob(statement, 1, ret_id->bytes, sizeof ret_id->bytes);
    sqlite3_reset(statement);
    return good ? 0 : qr_fail(error, QR_ECORRUPT, "a used sequence number's row is damaged");
}

static int read_tile(void *context, unsigned level, uint64_t index, struct qr_tile *ret_tile, struct qr_error *error)
{
    struct qr_store *store = context;
    sqlite3_stmt *statement = qr_store_statement(store, STORE_GET_TILE, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, qr_store_tile_id(level, index));
    int code = qr_store_step(store, statement, error);
    if (code < 0)
        return code;
    struct qr_span hashes = code ? blob(statement, 0) : (struct qr_span){0};
    bool good = hashes.size && hashes.size % QR_HASH_SIZE == 0 && hashes.size <= sizeof ret_tile->hashes;
    if (good) {
        *ret_tile = (struct qr_tile){.level = level, .index = index, .n = (unsigned)(hashes.size / QR_HASH_SIZE)};
        memcpy(ret_tile->hashes, hashes.bytes, hashes.size);
    }
    sqlite3_reset(statement);
    return good ? 0 : qr_fail(error, QR_ECORRUPT, "tile %u/%" PRIu64 " of the log is missing or damaged", level, index);
}

struct qr_tile_source qr_store_tiles(struct qr_store *store)
{
    return (struct qr_tile_source){.read = read_tile, .context = store};
}
