#include "node/restore.h"

#include "ledger/store.h"
#include "ledger/transaction.h"
#include "node/node.h"
#include "node/operator.h"
#include "node/snapshot_file.h"
#include "node/witness.h"

/* Bytes of what comes from elsewhere, each above anything that an execution gives. Leaves of one block are in memory
 * together: a decision's leaf has less than 32 times the bytes that its batch took, and a block whose transactions
 * appended none may have ended some votes. */
enum {
    HEAD_MAX = 64,
    BLOCK_MAX = 2 * QR_BLOCK_BYTES_MAX,
    LEAF_MIN = 4, /* its mark */
    LEAF_MAX = 32 << 10,
    LEAF_COST = 64, /* beside its bytes */
    LEAVES_FREE = 1 << 20,
    LEAVES_FACTOR = 32,
};

/* What comes next in the content. */
enum expected { HEAD, KEY, VALUE, BLOCK, LEAF, NOTHING };

/* A key in office at some time, whose transactions carry sequence numbers. */
struct office {
    struct qr_public_key key;
    uint64_t last; /* the number used last, so far */
};

struct qr_restore {
    struct qr_snapshot snapshot; /* without the metadata */
    struct qr_hash *hashes;      /* of its chunks */
    uint32_t next;
    struct qr_hash app_hash;
    const struct qr_key *key;
    struct qr_hash genesis;
    struct qr_store *store;
    struct qr_error failed; /* once it has */
    bool done;

    struct qr_buffer pending; /* of the content: what is not taken yet */
    enum expected expected;
    uint64_t entries;       /* of the state, still to come */
    struct qr_buffer entry; /* the key of the one at hand */
    struct qr_state *state;
    struct qr_header sealed; /* of the snapshot's height, as the state says it */
    struct office *offices;  /* in the order of keys */
    size_t n_offices;

    struct qr_header last;     /* of the last whole block */
    struct qr_merkle_log *log; /* up to the leaf at hand */
    struct qr_buffer bytes;    /* of the block at hand */
    struct qr_block block;
    struct qr_operator_use *uses;
    size_t n_uses;
    struct qr_leaves leaves;
};

static int refuse(struct qr_error *error, const char *what)
{
    return qr_fail(error, QR_EINVALID, "the snapshot does not hold: %s", what);
}

/* ---- Head and state ---- */

static int take_head(struct qr_restore *restore, const struct qr_span *item, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(item->bytes, item->size);
    struct qr_hash genesis;
    const uint8_t *magic = qr_get_raw(&in, strlen(QR_SNAPSHOT_MAGIC));
    if (magic && memcmp(magic, QR_SNAPSHOT_MAGIC, strlen(QR_SNAPSHOT_MAGIC)) != 0)
        qr_reader_fail(&in, "it does not start with " QR_SNAPSHOT_MAGIC);
    qr_get_hash(&in, &genesis);
    uint64_t height = qr_get_uint(&in);
    restore->entries = qr_get_uint(&in);
    int code = qr_reader_end(&in, "its head", error);
    if (code)
        return code;
    if (!qr_hash_equal(&genesis, &restore->genesis))
        return refuse(error, "it is of another genesis than this node's");
    if (height != restore->snapshot.height)
        return refuse(error, "it is of another height");
    if (restore->entries == 0)
        return refuse(error, "it has no state");
    restore->expected = KEY;
    return 0;
}

static bool comes_after(const struct qr_span *key, const struct qr_buffer *last)
{
    size_t shared = key->size < last->size ? key->size : last->size;
    int order = shared ? memcmp(key->bytes, last->data, shared) : 0;
    return order ? order > 0 : key->size > last->size;
}

/* The first key comes after the empty one, which is none. */
static int take_key(struct qr_restore *restore, const struct qr_span *item, struct qr_error *error)
{
    if (!comes_after(item, &restore->entry))
        return refuse(error, "the entries of its state are not in order");
    qr_buffer_clear(&restore->entry);
    qr_buffer_add(&restore->entry, item->bytes, item->size);
    restore->expected = VALUE;
    return 0;
}

static void find_offices(struct qr_restore *restore)
{
    struct qr_operator_record record;
    struct qr_public_key after;
    for (bool more = qr_operator_next(restore->state, NULL, &record); more;
         more = qr_operator_next(restore->state, &after, &record)) {
        after = record.operator.key;
        restore->offices = qr_realloc(restore->offices, restore->n_offices + 1, sizeof *restore->offices);
        restore->offices[restore->n_offices++] = (struct office){.key = after};
    }
}

/* From here on the header at the end is known for certain. */
static int check_state(struct qr_restore *restore, struct qr_error *error)
{
    struct qr_hash digest = qr_state_digest(restore->state);
    if (!qr_hash_equal(&digest, &restore->app_hash))
        return refuse(error, "its state is not the one of the application hash");
    if (qr_node_sealed(restore->state, &restore->sealed, NULL) != 0 ||
        restore->sealed.height != restore->snapshot.height)
        return refuse(error, "its height is none whose block changed anything");
    qr_copy_text(restore->sealed.chain_id, sizeof restore->sealed.chain_id, restore->last.chain_id);
    restore->sealed.app_hash = restore->app_hash;
    find_offices(restore);
    restore->expected = BLOCK;
    return 0;
}

static int take_value(struct qr_restore *restore, const struct qr_span *item, struct qr_error *error)
{
    qr_state_put(restore->state, restore->entry.data, restore->entry.size, item->bytes, item->size);
    restore->expected = KEY;
    return --restore->entries == 0 ? check_state(restore, error) : 0;
}

/* ---- Blocks and leaves ---- */

static int compare_office(const void *key, const void *office)
{
    return memcmp(key, ((const struct office *)office)->key.bytes, sizeof((const struct office *)office)->key.bytes);
}

static int take_use(struct qr_restore *restore, const struct qr_transaction *transaction, struct qr_error *error)
{
    struct office *office = restore->n_offices ? bsearch(transaction->signer.bytes, restore->offices,
                                                         restore->n_offices, sizeof *restore->offices, compare_office)
                                               : NULL;
    if (!office)
        return 0;
    if (transaction->replay != office->last + 1)
        return refuse(error, "the sequence numbers of an operator's transactions do not follow each other");
    office->last++;
    restore->uses[restore->n_uses++] =
        (struct qr_operator_use){.key = transaction->signer, .sequence = transaction->replay, .id = transaction->id};
    return 0;
}

static int take_uses(struct qr_restore *restore, struct qr_error *error)
{
    const struct qr_block *block = &restore->block;
    int code = 0;
    free(restore->uses);
    restore->uses = qr_alloc(block->n, sizeof *restore->uses);
    restore->n_uses = 0;
    for (size_t i = 0; code == 0 && i < block->n; i++) {
        struct qr_transaction transaction;
        code = qr_transaction_read(block->transactions[i].bytes, block->transactions[i].size, &transaction, error);
        if (code == 0)
            code = take_use(restore, &transaction, error);
    }
    return code;
}

static int check_header(const struct qr_restore *restore, struct qr_error *error)
{
    const struct qr_header *header = &restore->block.header, *last = &restore->last;
    struct qr_hash before = qr_header_hash(last);
    struct qr_hash root = qr_transactions_root(restore->block.transactions, restore->block.n);
    if (strcmp(header->chain_id, last->chain_id) != 0 || header->height != last->height + 1)
        return refuse(error, "the header is of another chain or height");
    if (!qr_hash_equal(&header->previous, &before))
        return refuse(error, "the block does not follow the one before: its previous hash differs");
    if (!qr_hash_equal(&header->transactions_root, &root))
        return refuse(error, "the transactions are not those that the header names");
    if (header->height < restore->sealed.height)
        return 0;
    struct qr_hash hash = qr_header_hash(header), sealed = qr_header_hash(&restore->sealed);
    return qr_hash_equal(&hash, &sealed) ? 0
                                         : refuse(error, "the history does not end in the header that the state names");
}

/* The last block brings the state, and the checkpoint that this node signs. */
static int write_block(struct qr_restore *restore, struct qr_error *error)
{
    struct qr_append append = {
        .header = &restore->block.header,
        .transactions = restore->block.transactions,
        .n = restore->block.n,
        .leaves = &restore->leaves,
        .log = restore->log,
        .uses = restore->uses,
        .n_uses = restore->n_uses,
    };
    struct qr_note_signature signature;
    if (append.header->height == restore->snapshot.height) {
        append.state = restore->state;
        if (restore->key && qr_witness_in_office(restore->state, qr_key_public(restore->key))) {
            struct qr_checkpoint checkpoint = qr_checkpoint_of(append.header, &restore->genesis);
            qr_checkpoint_sign(&checkpoint, restore->key, &signature);
            append.signatures = &signature;
            append.n_signatures = 1;
        }
    }
    return qr_store_import(restore->store, &append, error);
}

/* Ends the block at hand once its leaves are complete. */
static int end_block(struct qr_restore *restore, struct qr_error *error)
{
    const struct qr_header *header = &restore->block.header;
    if (qr_merkle_log_size(restore->log) < header->log_size) {
        restore->expected = LEAF;
        return 0;
    }
    struct qr_hash root = qr_merkle_log_root(restore->log);
    if (!qr_hash_equal(&root, &header->log_root))
        return refuse(error, "the leaves are not those that the header names");
    int code = write_block(restore, error);
    if (code)
        return code;
    qr_merkle_log_flush(restore->log);
    qr_leaves_cut(&restore->leaves, 0);
    restore->last = *header;
    restore->expected = header->height < restore->snapshot.height ? BLOCK : NOTHING;
    return 0;
}

static int take_block(struct qr_restore *restore, const struct qr_span *item, struct qr_error *error)
{
    qr_buffer_clear(&restore->bytes);
    qr_buffer_add(&restore->bytes, item->bytes, item->size);
    qr_block_done(&restore->block);
    int code = qr_block_read(restore->bytes.data, restore->bytes.size, &restore->block, error);
    if (code == 0)
        code = check_header(restore, error);
    if (code == 0)
        code = take_uses(restore, error);
    return code ? code : end_block(restore, error);
}

static int take_leaf(struct qr_restore *restore, const struct qr_span *item, struct qr_error *error)
{
    const struct qr_leaves *leaves = &restore->leaves;
    if (leaves->bytes.size + item->size + (leaves->n + 1) * LEAF_COST >
        LEAVES_FREE + LEAVES_FACTOR * restore->bytes.size)
        return refuse(error, "the block has more leaves than its transactions can have given");
    qr_leaves_add(&restore->leaves, item->bytes, item->size);
    qr_merkle_log_append(restore->log, &restore->leaves.hashes[restore->leaves.n - 1]);
    return end_block(restore, error);
}

static int take_nothing(struct qr_restore *restore, const struct qr_span *item, struct qr_error *error)
{
    (void)restore;
    (void)item;
    return refuse(error, "something follows its end");
}

/* ---- The content as it comes ---- */

static const struct {
    size_t least, most; /* bytes */
    int (*take)(struct qr_restore *restore, const struct qr_span *item, struct qr_error *error);
} items[] = {
    [HEAD] = {1, HEAD_MAX, take_head},
    [KEY] = {1, QR_STATE_KEY_MAX, take_key},
    [VALUE] = {0, QR_STATE_VALUE_MAX, take_value},
    [BLOCK] = {1, BLOCK_MAX, take_block},
    [LEAF] = {LEAF_MIN, LEAF_MAX, take_leaf},
    [NOTHING] = {0, BLOCK_MAX, take_nothing},
};

/* Whether the reader's bytes hold a whole number. */
static bool has_number(const struct qr_reader *in)
{
    size_t n = (size_t)(in->end - in->at);
    for (size_t i = 0; i < n; i++)
        if (i == 9 || !(in->at[i] & 0x80))
            return true;
    return false;
}

/* The next item: 1, or 0 when it is not there yet as a whole. */
static int next_item(struct qr_reader *in, enum expected expected, struct qr_span *ret, struct qr_error *error)
{
    struct qr_reader ahead = *in;
    if (!has_number(&ahead))
        return 0;
    size_t size = (size_t)qr_get_uint_max(&ahead, items[expected].most);
    if (ahead.failed || size < items[expected].least)
        return refuse(error, ahead.failed ? ahead.failed : "something in it is too short");
    if ((size_t)(ahead.end - ahead.at) < size)
        return 0;
    *ret = (struct qr_span){.bytes = ahead.at, .size = size};
    ahead.at += size;
    *in = ahead;
    return 1;
}

/* Takes all that is there as a whole, and keeps the rest. */
static int take_items(struct qr_restore *restore, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(restore->pending.data, restore->pending.size);
    struct qr_span item = {.size = 0};
    int code;
    while ((code = next_item(&in, restore->expected, &item, error)) == 1) {
        code = items[restore->expected].take(restore, &item, error);
        if (code)
            break;
    }
    if (code)
        return code;
    size_t rest = (size_t)(in.end - in.at);
    memmove(restore->pending.data, in.at, rest);
    restore->pending.size = rest;
    return 0;
}

static int finish(struct qr_restore *restore, struct qr_error *error)
{
    if (restore->expected != NOTHING || restore->pending.size > 0)
        return refuse(error, restore->expected != NOTHING ? "it ends too early" : "something follows its end");
    int code = restore->key ? qr_store_own(restore->store, qr_key_public(restore->key), restore->snapshot.height, error) : 0;
    if (code == 0)
        code = qr_store_import_end(restore->store, restore->snapshot.height, error);
    restore->done = code == 0;
    return code;
}

/* What a decoder says of the content is a word about the snapshot, like ours; it is told where. */
static int say_where(const struct qr_restore *restore, struct qr_error *error)
{
    if (error->code == QR_EFORMAT || error->code == QR_ELIMIT)
        error->code = QR_EINVALID;
    if (error->code == QR_EINVALID && (restore->expected == BLOCK || restore->expected == LEAF))
        qr_prefix(error, "block %" PRIu64, restore->last.height + 1);
    return error->code;
}

static int check_chunk(const struct qr_restore *restore, uint32_t index, const void *bytes, size_t size,
                       struct qr_error *error)
{
    bool last = index + 1 == restore->snapshot.chunks;
    if (restore->done)
        return qr_fail(error, QR_EINPUT, "the snapshot was restored: no chunk comes any more");
    if (index != restore->next)
        return qr_fail(error, QR_EINPUT, "chunk %" PRIu32 " comes next, not %" PRIu32, restore->next, index);
    if (size == 0 || size > QR_SNAPSHOT_CHUNK_SIZE || (!last && size != QR_SNAPSHOT_CHUNK_SIZE))
        return qr_fail(error, QR_EMISMATCH, "chunk %" PRIu32 " has %zu bytes", index, size);
    struct qr_hash hash = qr_merkle_leaf(bytes, size);
    if (!qr_hash_equal(&hash, &restore->hashes[index]))
        return qr_fail(error, QR_EMISMATCH, "chunk %" PRIu32 " is not the one that the metadata names", index);
    return 0;
}

int qr_restore_chunk(struct qr_restore *restore, uint32_t index, const void *bytes, size_t size, bool *ret_done,
                     struct qr_error *error)
{
    struct qr_error cause = restore->failed;
    int code = cause.code ? cause.code : check_chunk(restore, index, bytes, size, &cause);
    if (code == 0) {
        qr_buffer_add(&restore->pending, bytes, size);
        restore->next++;
        code = take_items(restore, &cause);
        if (code == 0 && restore->next == restore->snapshot.chunks)
            code = finish(restore, &cause);
        if (code) {
            code = say_where(restore, &cause);
            restore->failed = cause;
            qr_store_import_abort(restore->store);
        }
    }
    if (code == 0)
        *ret_done = restore->done;
    else if (error)
        *error = cause;
    return code;
}

uint32_t qr_restore_next(const struct qr_restore *restore)
{
    return restore->next;
}

/* ---- Beginning and end ---- */

/* The genesis block, as this node makes it. */
static int write_genesis(struct qr_restore *restore, const struct qr_span *genesis, struct qr_error *error)
{
    QR_CLEANUP(qr_node_freep) struct qr_node *node = NULL;
    const struct qr_node_setup setup = {.genesis = *genesis};
    int code = qr_node_new(&setup, &node, error);
    if (code)
        return code;
    struct qr_append append = {.header = &restore->last, .log = restore->log, .genesis = genesis};
    restore->genesis = *qr_node_genesis(node);
    qr_node_genesis_block(node, restore->log, &restore->last, &append.leaves);
    code = qr_store_import(restore->store, &append, error);
    qr_merkle_log_flush(restore->log);
    return code;
}

int qr_restore_begin(const struct qr_restore_setup *setup, const struct qr_snapshot *snapshot,
                     const struct qr_hash *app_hash, struct qr_restore **ret_restore, struct qr_error *error)
{
    QR_CLEANUP(qr_restore_freep) struct qr_restore *restore = qr_alloc(1, sizeof *restore);
    int code = qr_snapshot_hashes(snapshot, &restore->hashes, error);
    if (code)
        return code;
    restore->snapshot = *snapshot;
    restore->snapshot.metadata = (struct qr_buffer){0};
    restore->app_hash = *app_hash;
    restore->key = setup->key;
    restore->state = qr_state_new();
    restore->log = qr_merkle_log_new();
    code = qr_store_open(setup->path, true, &restore->store, error);
    if (code == 0)
        code = qr_store_import_begin(restore->store, error);
    if (code == 0)
        code = write_genesis(restore, &setup->genesis, error);
    if (code)
        return code;
    *ret_restore = restore;
    restore = NULL;
    return 0;
}

void qr_restore_free(struct qr_restore *restore)
{
    if (!restore)
        return;
    if (restore->store)
        qr_store_import_abort(restore->store);
    qr_store_close(restore->store);
    free(restore->hashes);
    qr_buffer_done(&restore->pending);
    qr_buffer_done(&restore->entry);
    qr_state_free(restore->state);
    free(restore->offices);
    qr_merkle_log_free(restore->log);
    qr_buffer_done(&restore->bytes);
    qr_block_done(&restore->block);
    free(restore->uses);
    qr_leaves_done(&restore->leaves);
    free(restore);
}

void qr_restore_freep(struct qr_restore **restore)
{
    qr_restore_free(*restore);
}
