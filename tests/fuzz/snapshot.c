#include "common/codec.h"
#include "ledger/merkle.h"
#include "ledger/transaction.h"
#include "node/node.h"
#include "node/restore.h"
#include "tests/fuzz/target.h"

/* Metadata and content of snapshots, by the first byte: metadata; edits of a true content, 4 bytes each, under the true
 * application hash or under that of the edited state; any bytes as content. Metadata that is accepted has one form;
 * content is accepted only unedited; and no content makes the store fail. */

static struct qr_buffer genesis, content;
static struct qr_hash app_hash;
enum { HEIGHT = 3 };

/* ---- A small ledger ---- */

static void put_features(struct qr_buffer *out)
{
    qr_put_uint(out, 1);
    qr_put_text(out, "x");
    qr_put_text(out, "");
    qr_put_raw(out, "\0\0\1\0\x12", 5); /* a number from 0 to 9, scale 1 */
}

static void put_objects(struct qr_genesis *first)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer features = {0};
    put_features(&features);
    struct qr_hash schema = qr_tagged_hash(QR_DOMAIN_SCHEMA, features.data, features.size);
    qr_put_raw(&first->model, "QRM1\3INR\2\0\0\0", 12);
    qr_put_raw(&first->model, features.data, features.size);
    qr_put_raw(&first->model, "\1\0\2", 3); /* one tree, a leaf */
    qr_put_raw(&first->baseline, "QRB1", 4);
    qr_put_hash(&first->baseline, &schema);
    qr_put_raw(&first->baseline, "\1\1\1\1", 4); /* the row 0, once */
    qr_put_raw(&first->rows, "QRR1", 4);
    qr_put_hash(&first->rows, &schema);
    qr_put_raw(&first->rows, "\1\1\1\0", 4);
    qr_put_raw(&first->rules, "\1\0", 2);
}

static void make_genesis(const struct qr_key *member, const struct qr_key *reservation)
{
    QR_CLEANUP(qr_genesis_done) struct qr_genesis first = {0};
    struct qr_error error = {0};
    qr_genesis_defaults(&first);
    qr_copy_text(first.chain_id, sizeof first.chain_id, "fuzz");
    first.time = 1000;
    qr_genesis_add_member(&first, "A", qr_key_public(member), 1);
    qr_genesis_add_operator(&first, QR_KEY_RESERVATION, "reservation", qr_key_public(reservation), "A");
    put_objects(&first);
    if (qr_genesis_write(&first, &genesis, &error) != 0) {
        fprintf(stderr, "%s\n", error.text);
        abort();
    }
}

static void put_leaf(struct qr_merkle_log *log, const char *leaf, struct qr_buffer *out)
{
    struct qr_hash hash = qr_merkle_leaf(leaf, strlen(leaf));
    qr_merkle_log_append(log, &hash);
    qr_put_text(out, leaf);
}

static void put_header_entry(struct qr_state *state, const struct qr_header *header)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer value = {0};
    qr_put_uint(&value, header->height);
    qr_put_int(&value, header->time);
    qr_put_hash(&value, &header->previous);
    qr_put_hash(&value, &header->transactions_root);
    qr_put_uint(&value, header->log_size);
    qr_put_hash(&value, &header->log_root);
    qr_state_put(state, "n/h", 3, value.data, value.size);
}

/* A block after `last` with one transaction, or none; its leaves are in the log. The last one puts its header into the
 * state. */
static void put_block(struct qr_header *last, struct qr_merkle_log *log, const struct qr_buffer *transaction,
                      struct qr_state *state, struct qr_buffer *out)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_span span = {transaction->data, transaction->size};
    struct qr_block block = {.header = *last, .n = transaction->size > 0, .transactions = &span};
    block.header.previous = qr_header_hash(last);
    block.header.height++;
    block.header.time++;
    block.header.transactions_root = qr_transactions_root(&span, block.n);
    block.header.log_size = qr_merkle_log_size(log);
    block.header.log_root = qr_merkle_log_root(log);
    if (state) {
        put_header_entry(state, &block.header);
        block.header.app_hash = qr_state_digest(state);
    }
    qr_block_write(&block, &bytes);
    qr_put_bytes(out, bytes.data, bytes.size);
    *last = block.header;
}

/* Blocks 1 to 3 with their leaves. */
static void put_blocks(struct qr_header *last, struct qr_merkle_log *log, const struct qr_buffer transactions[2],
                       struct qr_state *state, struct qr_buffer *out)
{
    static const struct qr_buffer none;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaves = {0};
    put_leaf(log, "QRO1 an order", &leaves);
    put_leaf(log, "QRO1 another", &leaves);
    put_block(last, log, &transactions[0], NULL, out);
    qr_buffer_add(out, leaves.data, leaves.size);
    put_block(last, log, &none, NULL, out);
    qr_buffer_clear(&leaves);
    put_leaf(log, "QRV1 a vote", &leaves);
    put_block(last, log, &transactions[1], state, out);
    qr_buffer_add(out, leaves.data, leaves.size);
}

static void put_state(const struct qr_state *state, const struct qr_hash *hash, struct qr_buffer *out)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer head = {0};
    struct qr_span key, value;
    qr_put_raw(&head, "QRS1", 4);
    qr_put_hash(&head, hash);
    qr_put_uint(&head, HEIGHT);
    qr_put_uint(&head, qr_state_count(state));
    qr_put_bytes(out, head.data, head.size);
    for (bool more = qr_state_next(state, "", 0, NULL, &key, &value); more;
         more = qr_state_next(state, "", 0, &key, &key, &value)) {
        qr_put_bytes(out, key.bytes, key.size);
        qr_put_bytes(out, value.bytes, value.size);
    }
}

static void make_content(const struct qr_buffer transactions[2])
{
    struct qr_node_setup setup = {.genesis = {genesis.data, genesis.size}};
    QR_CLEANUP(qr_node_freep) struct qr_node *node = NULL;
    QR_CLEANUP(qr_merkle_log_freep) struct qr_merkle_log *log = qr_merkle_log_new();
    QR_CLEANUP(qr_buffer_done) struct qr_buffer blocks = {0};
    struct qr_header last;
    const struct qr_leaves *leaves;
    FUZZ_CHECK(qr_node_new(&setup, &node, NULL) == 0);
    struct qr_state *state = qr_node_app(node)->state(qr_node_app(node)->context);
    qr_node_genesis_block(node, log, &last, &leaves);
    put_blocks(&last, log, transactions, state, &blocks);
    put_state(state, qr_node_genesis(node), &content);
    qr_buffer_add(&content, blocks.data, blocks.size);
    app_hash = last.app_hash;
}

static void make_ledger(void)
{
    struct qr_buffer transactions[2] = {{0}, {0}};
    qr_crypto_init();
    struct qr_key *member = qr_key_from_seed(QR_KEY_MEMBER, "A", (uint8_t[32]){1});
    struct qr_key *reservation = qr_key_from_seed(QR_KEY_RESERVATION, "reservation", (uint8_t[32]){2});
    make_genesis(member, reservation);
    qr_transaction_sign(reservation, "fuzz", 20, 1, "orders", 6, &transactions[0], NULL);
    qr_transaction_sign(member, "fuzz", 3, 100, "a ballot", 8, &transactions[1], NULL);
    make_content(transactions);
    qr_buffer_done(&transactions[0]);
    qr_buffer_done(&transactions[1]);
    qr_key_free(member);
    qr_key_free(reservation);
}

/* ---- Targets ---- */

static void metadata(const uint8_t *data, size_t size)
{
    struct qr_reader in = qr_reader_of(data, size);
    struct qr_snapshot snapshot = {.format = (uint32_t)qr_get_uint(&in), .height = qr_get_uint(&in)};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer again = {0};
    QR_CLEANUP(qr_freep) struct qr_hash *hashes = NULL;
    struct qr_error error = {0};
    snapshot.chunks = (uint32_t)qr_get_uint(&in);
    if (!in.failed && (size_t)(in.end - in.at) % QR_HASH_SIZE == 0)
        snapshot.hash =
            qr_merkle_root((const struct qr_hash *)(const void *)in.at, (size_t)(in.end - in.at) / QR_HASH_SIZE);
    qr_buffer_add(&snapshot.metadata, data, size);
    if (qr_snapshot_hashes(&snapshot, &hashes, &error) == 0) {
        qr_put_uint(&again, QR_SNAPSHOT_FORMAT);
        qr_put_uint(&again, snapshot.height);
        qr_put_uint(&again, snapshot.chunks);
        for (uint32_t i = 0; i < snapshot.chunks; i++)
            qr_put_hash(&again, &hashes[i]);
        FUZZ_CHECK(again.size == size && memcmp(again.data, data, size) == 0);
    } else {
        FUZZ_CHECK(error.text[0]);
    }
    qr_snapshot_done(&snapshot);
}

/* Offers the bytes as one chunk. */
static void restore(const struct qr_buffer *bytes, const struct qr_hash *trusted)
{
    const struct qr_restore_setup setup = {.genesis = {genesis.data, genesis.size}, .path = ":memory:"};
    QR_CLEANUP(qr_restore_freep) struct qr_restore *restore = NULL;
    struct qr_snapshot snapshot = {.format = QR_SNAPSHOT_FORMAT, .height = HEIGHT, .chunks = 1};
    struct qr_error error = {0};
    bool done = false;
    struct qr_hash leaf = qr_merkle_leaf(bytes->data, bytes->size);
    snapshot.hash = qr_merkle_root(&leaf, 1);
    qr_put_raw(&snapshot.metadata, "\1\3\1", 3);
    qr_put_hash(&snapshot.metadata, &leaf);
    FUZZ_CHECK(qr_restore_begin(&setup, &snapshot, trusted, &restore, &error) == 0);
    int code = qr_restore_chunk(restore, 0, bytes->data, bytes->size, &done, &error);
    bool same = bytes->size == content.size && memcmp(bytes->data, content.data, content.size) == 0;
    FUZZ_CHECK(code == 0 || code == QR_EINVALID || (code == QR_EMISMATCH && bytes->size == 0));
    FUZZ_CHECK((code == 0) == same && done == same);
    FUZZ_CHECK(code == 0 || error.text[0]);
    qr_snapshot_done(&snapshot);
}

static void edit(struct qr_buffer *bytes, const uint8_t how[4])
{
    size_t at = bytes->size ? (size_t)(how[0] | how[1] << 8) % bytes->size : 0, more = how[3] % 8u + 1;
    switch (bytes->size ? how[2] % 4 : 2) {
    case 0:
        bytes->data[at] = how[3];
        break;
    case 1:
        bytes->data[at] ^= how[3];
        break;
    case 2: /* some bytes more */
        qr_buffer_reserve(bytes, more);
        memmove(bytes->data + at + more, bytes->data + at, bytes->size - at);
        memset(bytes->data + at, how[3], more);
        bytes->size += more;
        break;
    case 3: /* or fewer */
        more = more < bytes->size - at ? more : bytes->size - at;
        memmove(bytes->data + at, bytes->data + at + more, bytes->size - at - more);
        bytes->size -= more;
        break;
    }
}

/* Of the state as far as it can be read: what an attacker would have to make others trust. */
static struct qr_hash digest_of(const struct qr_buffer *bytes)
{
    struct qr_reader in = qr_reader_of(bytes->data, bytes->size);
    struct qr_state *state = qr_state_new();
    size_t size, key_size, value_size;
    const uint8_t *head = qr_get_bytes(&in, 64, &size);
    struct qr_reader inner = qr_reader_of(head, size);
    qr_get_raw(&inner, 36);
    qr_get_uint(&inner);
    for (uint64_t n = qr_get_uint(&inner); n > 0 && !in.failed; n--) {
        const uint8_t *key = qr_get_bytes(&in, QR_STATE_KEY_MAX, &key_size);
        const uint8_t *value = qr_get_bytes(&in, QR_STATE_VALUE_MAX, &value_size);
        if (!in.failed)
            qr_state_put(state, key, key_size, value, value_size);
    }
    struct qr_hash digest = qr_state_digest(state);
    qr_state_free(state);
    return digest;
}

static void edits(const uint8_t *data, size_t size, bool own_digest)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_buffer_add(&bytes, content.data, content.size);
    for (size_t i = 0; i + 4 <= size && i < 64; i += 4)
        edit(&bytes, data + i);
    struct qr_hash digest = own_digest ? digest_of(&bytes) : app_hash;
    restore(&bytes, &digest);
}

static void raw(const uint8_t *data, size_t size)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_buffer_add(&bytes, data, size);
    struct qr_hash digest = digest_of(&bytes);
    restore(&bytes, &digest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (content.size == 0)
        make_ledger();
    if (size == 0)
        return 0;
    switch (data[0] % 4) {
    case 0:
        metadata(data + 1, size - 1);
        break;
    case 1:
        edits(data + 1, size - 1, false);
        break;
    case 2:
        edits(data + 1, size - 1, true);
        break;
    case 3:
        raw(data + 1, size - 1);
        break;
    }
    return 0;
}
