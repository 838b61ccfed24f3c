#ifndef QR_TESTS_UNIT_NODE_FORGE_H
#define QR_TESTS_UNIT_NODE_FORGE_H

#include "common/codec.h"
#include "ledger/merkle.h"
#include "node/node.h"
#include "node/restore.h"
#include "tests/unit/unit.h"

/* A snapshot taken apart, so that a test can alter anything in it and put it together again with every hash as an
 * attacker would compute it. */

struct forge_bytes {
    struct qr_buffer *items;
    size_t n;
};

struct forge_block {
    struct qr_header header;
    struct forge_bytes transactions;
    struct forge_bytes leaves;
};

struct forge {
    struct qr_hash genesis;
    uint64_t height;
    struct forge_bytes keys, values;
    struct forge_block *blocks; /* of heights 1 to `height` */
    struct qr_header first;     /* of height 0 */
    struct forge_bytes first_leaves;
};

static inline void forge_insert(struct forge_bytes *list, size_t at, const void *bytes, size_t size)
{
    list->items = qr_realloc(list->items, list->n + 1, sizeof *list->items);
    memmove(list->items + at + 1, list->items + at, (list->n - at) * sizeof *list->items);
    list->items[at] = (struct qr_buffer){0};
    qr_buffer_add(&list->items[at], bytes, size);
    list->n++;
}

static inline void forge_remove(struct forge_bytes *list, size_t at)
{
    qr_buffer_done(&list->items[at]);
    list->n--;
    memmove(list->items + at, list->items + at + 1, (list->n - at) * sizeof *list->items);
}

static inline void forge_bytes_done(struct forge_bytes *list)
{
    while (list->n > 0)
        forge_remove(list, list->n - 1);
    free(list->items);
    *list = (struct forge_bytes){0};
}

static inline void forge_done(struct forge *forge)
{
    for (uint64_t i = 0; i < forge->height; i++) {
        forge_bytes_done(&forge->blocks[i].transactions);
        forge_bytes_done(&forge->blocks[i].leaves);
    }
    free(forge->blocks);
    forge_bytes_done(&forge->keys);
    forge_bytes_done(&forge->values);
    forge_bytes_done(&forge->first_leaves);
}

static inline void forge_take(struct qr_reader *in, struct forge_bytes *list)
{
    size_t size = 0;
    const uint8_t *bytes = qr_get_bytes(in, SIZE_MAX, &size);
    forge_insert(list, list->n, bytes, size);
}

static inline void forge_take_block(struct qr_reader *in, uint64_t before, struct forge_block *ret)
{
    QR_CLEANUP(qr_block_done) struct qr_block block = {.n = 0};
    struct qr_error error = {0};
    size_t size = 0;
    const uint8_t *bytes = qr_get_bytes(in, SIZE_MAX, &size);
    unit_ok(qr_block_read(bytes, size, &block, &error), error);
    ret->header = block.header;
    for (size_t i = 0; i < block.n; i++)
        forge_insert(&ret->transactions, i, block.transactions[i].bytes, block.transactions[i].size);
    for (uint64_t i = before; i < block.header.log_size; i++)
        forge_take(in, &ret->leaves);
}

/* The genesis block, as every node makes it. */
static inline void forge_first(struct forge *forge, const struct qr_buffer *genesis)
{
    QR_CLEANUP(qr_node_freep) struct qr_node *node = NULL;
    struct qr_node_setup setup = {.genesis = {genesis->data, genesis->size}};
    QR_CLEANUP(qr_merkle_log_freep) struct qr_merkle_log *log = qr_merkle_log_new();
    const struct qr_leaves *leaves;
    struct qr_error error = {0};
    unit_ok(qr_node_new(&setup, &node, &error), error);
    qr_node_genesis_block(node, log, &forge->first, &leaves);
    for (size_t i = 0; i < leaves->n; i++) {
        struct qr_span leaf = qr_leaves_get(leaves, i);
        forge_insert(&forge->first_leaves, i, leaf.bytes, leaf.size);
    }
}

static inline void forge_open(struct forge *forge, const struct qr_buffer *content, const struct qr_buffer *genesis)
{
    struct qr_reader in = qr_reader_of(content->data, content->size);
    size_t size = 0;
    *forge = (struct forge){.height = 0};
    forge_first(forge, genesis);
    const uint8_t *bytes = qr_get_bytes(&in, SIZE_MAX, &size);
    struct qr_reader head = qr_reader_of(bytes, size);
    ck_assert(memcmp(qr_get_raw(&head, 4), "QRS1", 4) == 0);
    qr_get_hash(&head, &forge->genesis);
    forge->height = qr_get_uint(&head);
    for (uint64_t n = qr_get_uint(&head); n > 0; n--) {
        forge_take(&in, &forge->keys);
        forge_take(&in, &forge->values);
    }
    forge->blocks = qr_alloc(forge->height, sizeof *forge->blocks);
    for (uint64_t i = 0; i < forge->height; i++)
        forge_take_block(&in, i ? forge->blocks[i - 1].header.log_size : forge->first.log_size, &forge->blocks[i]);
    ck_assert(!in.failed && in.at == in.end);
}

static inline void forge_spans(const struct forge_block *block, struct qr_span *ret_spans)
{
    for (size_t i = 0; i < block->transactions.n; i++)
        ret_spans[i] = (struct qr_span){block->transactions.items[i].data, block->transactions.items[i].size};
}

static inline void forge_grow(struct qr_merkle_log *log, const struct forge_bytes *leaves)
{
    for (size_t i = 0; i < leaves->n; i++) {
        struct qr_hash hash = qr_merkle_leaf(leaves->items[i].data, leaves->items[i].size);
        qr_merkle_log_append(log, &hash);
    }
}

/* Computes again what follows from the transactions and leaves: roots, log sizes, and the chain of headers. */
static inline void forge_rehash(struct forge *forge)
{
    QR_CLEANUP(qr_merkle_log_freep) struct qr_merkle_log *log = qr_merkle_log_new();
    const struct qr_header *before = &forge->first;
    forge_grow(log, &forge->first_leaves);
    for (uint64_t i = 0; i < forge->height; i++) {
        struct forge_block *block = &forge->blocks[i];
        QR_CLEANUP(qr_freep) struct qr_span *spans = qr_alloc(block->transactions.n, sizeof *spans);
        forge_spans(block, spans);
        forge_grow(log, &block->leaves);
        block->header.height = i + 1;
        block->header.previous = qr_header_hash(before);
        block->header.transactions_root = qr_transactions_root(spans, block->transactions.n);
        block->header.log_size = qr_merkle_log_size(log);
        block->header.log_root = qr_merkle_log_root(log);
        before = &block->header;
    }
}

static inline size_t forge_find(const struct forge *forge, const char *key)
{
    for (size_t i = 0; i < forge->keys.n; i++)
        if (forge->keys.items[i].size == strlen(key) && memcmp(forge->keys.items[i].data, key, strlen(key)) == 0)
            return i;
    ck_abort_msg("the state has no entry %s", key);
}

/* Has the state name the last header, as the last block would have. */
static inline void forge_reseal(struct forge *forge)
{
    const struct qr_header *head = &forge->blocks[forge->height - 1].header;
    struct qr_buffer *value = &forge->values.items[forge_find(forge, "n/h")];
    qr_buffer_clear(value);
    qr_put_uint(value, head->height);
    qr_put_int(value, head->time);
    qr_put_hash(value, &head->previous);
    qr_put_hash(value, &head->transactions_root);
    qr_put_uint(value, head->log_size);
    qr_put_hash(value, &head->log_root);
}

static inline struct qr_hash forge_digest(const struct forge *forge)
{
    struct qr_state *state = qr_state_new();
    for (size_t i = 0; i < forge->keys.n; i++)
        qr_state_put(state, forge->keys.items[i].data, forge->keys.items[i].size, forge->values.items[i].data,
                     forge->values.items[i].size);
    struct qr_hash digest = qr_state_digest(state);
    qr_state_free(state);
    return digest;
}

static inline void forge_content(const struct forge *forge, struct qr_buffer *out)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer head = {0};
    qr_put_raw(&head, "QRS1", 4);
    qr_put_hash(&head, &forge->genesis);
    qr_put_uint(&head, forge->height);
    qr_put_uint(&head, forge->keys.n);
    qr_put_bytes(out, head.data, head.size);
    for (size_t i = 0; i < forge->keys.n; i++) {
        qr_put_bytes(out, forge->keys.items[i].data, forge->keys.items[i].size);
        qr_put_bytes(out, forge->values.items[i].data, forge->values.items[i].size);
    }
    for (uint64_t i = 0; i < forge->height; i++) {
        const struct forge_block *from = &forge->blocks[i];
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        struct qr_block block = {.header = from->header, .n = from->transactions.n};
        block.transactions = qr_alloc(block.n, sizeof *block.transactions);
        forge_spans(from, block.transactions);
        qr_block_write(&block, &bytes);
        qr_block_done(&block);
        qr_put_bytes(out, bytes.data, bytes.size);
        for (size_t j = 0; j < from->leaves.n; j++)
            qr_put_bytes(out, from->leaves.items[j].data, from->leaves.items[j].size);
    }
}

/* The offer of a content: its chunks are the content cut. */
static inline void forge_offer(const struct qr_buffer *content, uint64_t height, struct qr_snapshot *ret)
{
    size_t n = (content->size + QR_SNAPSHOT_CHUNK_SIZE - 1) / QR_SNAPSHOT_CHUNK_SIZE;
    QR_CLEANUP(qr_freep) struct qr_hash *hashes = qr_alloc(n, sizeof *hashes);
    *ret = (struct qr_snapshot){.height = height, .format = QR_SNAPSHOT_FORMAT, .chunks = (uint32_t)n};
    qr_put_uint(&ret->metadata, QR_SNAPSHOT_FORMAT);
    qr_put_uint(&ret->metadata, height);
    qr_put_uint(&ret->metadata, n);
    for (size_t i = 0; i < n; i++) {
        size_t at = i * QR_SNAPSHOT_CHUNK_SIZE, left = content->size - at;
        hashes[i] = qr_merkle_leaf(content->data + at, left < QR_SNAPSHOT_CHUNK_SIZE ? left : QR_SNAPSHOT_CHUNK_SIZE);
        qr_put_hash(&ret->metadata, &hashes[i]);
    }
    ret->hash = qr_merkle_root(hashes, n);
}

#endif
