#include "common/clock.h"
#include "common/file.h"
#include "ledger/chain.h"
#include "node/node.h"
#include "services/lib/client.h"

#include <sqlite3.h>

/* A peer of ledgerd that asks as a follower does, and as none may.
 *
 *     peer HOME NODE-KEY OTHER-KEY     both keys of nodes in office
 *     peer --height HOME               prints the height of the last block
 *     peer --ahead HOME SECONDS        puts an empty block from the future into the store of a ledger that is down
 *     peer --flip HOME HEIGHT          flips a bit of a block's last transaction in a store, in use or not; twice, and it is as it was
 *
 * Exit status 0 when every answer is as it must be; else it says which is not. */

enum { CALL_MS = 20000, LINES_MAX = 256, PIECES_MAX = 512 << 10 };

static struct qr_client *client;
static struct qr_error error;

static void fail(const char *what)
{
    fprintf(stderr, "peer: %s: %s\n", what, error.text);
    exit(1);
}

static Quorate__Reply *call(Quorate__Request *request, int *ret_code)
{
    Quorate__Reply *reply = NULL;
    error = (struct qr_error){.text = ""};
    *ret_code = qr_client_call(client, QR_SERVICE_LEDGER, request, CALL_MS, &reply, &error);
    return reply;
}

/* ---- Checkpoints ---- */

static int get_note(uint64_t height, struct qr_signed_checkpoint *ret)
{
    Quorate__LedgerCheckpointRequest ask = QUORATE__LEDGER_CHECKPOINT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    int code;
    ask.height = height;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_CHECKPOINT;
    request.ledger_checkpoint = &ask;
    Quorate__Reply *reply = call(&request, &code);
    if (code)
        return code;
    const char *note = reply->ledger_checkpoint->note;
    code = qr_note_read(note, strlen(note), ret, &error);
    qr_reply_free(reply);
    return code;
}

/* ---- Signatures ---- */

static unsigned cosign(Quorate__LedgerCosignature **lines, size_t n, int *ret_code, bool *ret_refused)
{
    Quorate__LedgerCosignRequest cosign = QUORATE__LEDGER_COSIGN_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    cosign.lines = lines;
    cosign.n_lines = n;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_COSIGN;
    request.ledger_cosign = &cosign;
    Quorate__Reply *reply = call(&request, ret_code);
    unsigned kept = reply ? reply->ledger_cosign->kept : 0;
    *ret_refused = reply && *reply->ledger_cosign->refused;
    qr_reply_free(reply);
    return kept;
}

static void expect_one(const char *what, const struct qr_note_signature *line, uint64_t height, size_t hash_size, bool kept)
{
    Quorate__LedgerCosignature message = QUORATE__LEDGER_COSIGNATURE__INIT, *list[] = {&message};
    int code;
    bool refused;
    message.height = height;
    message.name = (char *)(uintptr_t)line->name;
    message.key_hash = qr_wire_bytes(line->key_hash, hash_size);
    message.signature = qr_wire_bytes(line->signature.bytes, QR_SIGNATURE_SIZE);
    unsigned n = cosign(list, 1, &code, &refused);
    if (code || n != kept || refused == kept)
        fail(what);
}

static void check_counts(const struct qr_note_signature *line, uint64_t height)
{
    static const size_t counts[] = {0, LINES_MAX, LINES_MAX + 1};
    Quorate__LedgerCosignature messages[LINES_MAX + 1], *list[LINES_MAX + 1];
    bool refused;
    int code;
    for (size_t i = 0; i <= LINES_MAX; i++) {
        quorate__ledger_cosignature__init(&messages[i]);
        messages[i].height = height;
        messages[i].name = (char *)(uintptr_t)line->name;
        messages[i].key_hash = qr_wire_bytes(line->key_hash, sizeof line->key_hash);
        messages[i].signature = qr_wire_bytes(line->signature.bytes, QR_SIGNATURE_SIZE);
        list[i] = &messages[i];
    }
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        unsigned kept = cosign(list, counts[i], &code, &refused);
        bool allowed = counts[i] >= 1 && counts[i] <= LINES_MAX;
        if (allowed ? code || kept != counts[i] : code != QR_ELIMIT)
            fail("the number of signatures of one request");
    }
}

static void check_signatures(const struct qr_key *node, const struct qr_key *other, const struct qr_signed_checkpoint *head)
{
    struct qr_note_signature line, wrong;
    const struct qr_checkpoint *at = &head->checkpoint;
    struct qr_key *nobody = qr_key_generate(QR_KEY_NODE, "node");
    struct qr_checkpoint another = *at;
    qr_checkpoint_sign(at, other, &line);
    expect_one("a signature of a node in office", &line, at->height, 4, true);
    expect_one("the same again", &line, at->height, 4, true);
    expect_one("one for a block that is not there", &line, at->height + 1000000, 4, false);
    expect_one("one for another block", &line, at->height - 1, 4, false);
    expect_one("one with half a key hash", &line, at->height, 2, false);
    wrong = line;
    wrong.signature.bytes[7] ^= 1;
    expect_one("one that does not hold", &wrong, at->height, 4, false);
    wrong = line;
    qr_copy_text(wrong.name, sizeof wrong.name, qr_key_name(node));
    expect_one("one under another's name", &wrong, at->height, 4, false);
    wrong.name[0] = 0;
    expect_one("one without a name", &wrong, at->height, 4, false);
    qr_checkpoint_sign(at, nobody, &wrong);
    expect_one("one of nobody in office", &wrong, at->height, 4, false);
    another.root.bytes[0] ^= 1;
    qr_checkpoint_sign(&another, other, &wrong);
    expect_one("one over another checkpoint", &wrong, at->height, 4, false);
    check_counts(&line, at->height);
    qr_key_free(nobody);
}

/* A node's signature counts from its appointment on. */
static void check_before_office(const struct qr_key *other)
{
    struct qr_signed_checkpoint first;
    struct qr_note_signature line;
    if (get_note(1, &first))
        fail("the checkpoint of the first block");
    qr_checkpoint_sign(&first.checkpoint, other, &line);
    expect_one("one over a block before the node was appointed", &line, 1, 4, false);
}

/* ---- Consistency ---- */

static void expect_proof(const char *what, uint64_t old_size, uint64_t new_size, const struct qr_checkpoint *a,
                         const struct qr_checkpoint *b, int wanted)
{
    Quorate__LedgerConsistencyRequest ask = QUORATE__LEDGER_CONSISTENCY_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    struct qr_proof proof = {.n = 0};
    int code;
    ask.old_size = old_size;
    ask.new_size = new_size;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_CONSISTENCY;
    request.ledger_consistency = &ask;
    Quorate__Reply *reply = call(&request, &code);
    if (code != wanted)
        fail(what);
    for (; reply && proof.n < reply->ledger_consistency->n_path; proof.n++)
        if (qr_hash_from_wire(reply->ledger_consistency->path[proof.n], "a hash", &proof.path[proof.n], &error))
            fail(what);
    if (a && qr_consistency_verify(old_size, &a->root, new_size, &b->root, &proof, &error))
        fail(what);
    qr_reply_free(reply);
}

static void check_consistency(const struct qr_checkpoint *head)
{
    for (uint64_t height = 1; height < head->height; height++) {
        struct qr_signed_checkpoint note;
        if (get_note(height, &note))
            fail("a checkpoint");
        expect_proof("the log of each block is the beginning of the last", note.checkpoint.size, head->size, &note.checkpoint, head, 0);
    }
    expect_proof("from nothing", 0, head->size, NULL, NULL, 0);
    expect_proof("to itself", head->size, head->size, head, head, 0);
    expect_proof("backwards", head->size, head->size - 1, NULL, NULL, QR_ERANGE);
    expect_proof("beyond the end", head->size, head->size + 1000000, NULL, NULL, QR_ERANGE);
    expect_proof("to the largest number", 1, UINT64_MAX, NULL, NULL, QR_ERANGE);
}

/* ---- Blocks ---- */

static Quorate__Reply *get_blocks(uint64_t from, uint64_t offset, int64_t wait_ms, int *ret_code)
{
    Quorate__LedgerRawBlocksRequest ask = QUORATE__LEDGER_RAW_BLOCKS_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    ask.from = from;
    ask.offset = offset;
    ask.wait_ms = wait_ms;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_RAW_BLOCKS;
    request.ledger_raw_blocks = &ask;
    return call(&request, ret_code);
}

static void check_limits(const Quorate__LedgerRawBlocks *answer, uint64_t from)
{
    size_t bytes = 0;
    for (size_t i = 0; i < answer->n_blocks; i++) {
        const Quorate__LedgerRawBlock *block = answer->blocks[i];
        bytes += block->piece.len;
        if (block->height != from + i || block->piece.len == 0 || block->piece.len > block->size)
            fail("blocks come in order, and whole but for the first and the last");
    }
    if (bytes > PIECES_MAX || answer->n_blocks > 256)
        fail("an answer has limits");
}

static void check_blocks(uint64_t head)
{
    int code;
    Quorate__Reply *reply = get_blocks(1, 0, 0, &code);
    if (code || reply->ledger_raw_blocks->n_blocks == 0 || reply->ledger_raw_blocks->head < head)
        fail("blocks from the first on");
    check_limits(reply->ledger_raw_blocks, 1);
    uint64_t size = reply->ledger_raw_blocks->blocks[0]->size;
    qr_reply_free(reply);
    reply = get_blocks(1, size - 1, 0, &code);
    if (code || reply->ledger_raw_blocks->blocks[0]->piece.len != 1 || !*reply->ledger_raw_blocks->blocks[0]->note)
        fail("the last byte of a block");
    qr_reply_free(reply);
    reply = get_blocks(1, size, 0, &code);
    if (code != QR_ERANGE)
        fail("what is behind a block's last byte");
    reply = get_blocks(head + 1000000, 0, 1000, &code);
    if (code || reply->ledger_raw_blocks->n_blocks > 0)
        fail("blocks that are not there");
    qr_reply_free(reply);
    reply = get_blocks(UINT64_MAX, UINT64_MAX, INT64_MAX, &code);
    if (code || reply->ledger_raw_blocks->n_blocks > 0)
        fail("the largest numbers");
    qr_reply_free(reply);
}

static struct qr_key *load(const char *path)
{
    struct qr_key *key = NULL;
    if (qr_key_load(path, &key, &error))
        fail(path);
    return key;
}

/* ---- What no ledger does ---- */

static int64_t number(const char *text)
{
    char *end;
    int64_t value = strtoll(text, &end, 10);
    if (*end)
        fail("a number");
    return value;
}

static void make_block_ahead(const char *home, int64_t seconds)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "ledgerd.db"), *file = qr_path_join(home, "genesis.qrg");
    QR_CLEANUP(qr_freep) char *key_path = qr_path_join(home, "keys/operators/node.key");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer genesis = {0};
    struct qr_store *store = NULL;
    struct qr_node *node = NULL;
    struct qr_merkle_log *log = NULL;
    struct qr_header head;
    struct qr_key *key = load(key_path);
    if (qr_file_read(file, QR_GENESIS_FILE_MAX, &genesis, &error) || qr_store_open(path, false, &store, &error))
        fail("the store");
    struct qr_node_setup setup = {.genesis = {genesis.data, genesis.size}};
    if (qr_node_open(&setup, store, key, &node, &log, &head, &error))
        fail("the ledger");
    struct qr_chain_setup on = {.app = qr_node_app(node), .store = store, .log = log, .head = &head,
                                .genesis = qr_node_genesis(node), .key = key};
    struct qr_chain *chain = qr_chain_new(&on);
    if (qr_chain_begin(chain, qr_clock_now() + 1000 * seconds, &error))
        fail("a block");
    qr_chain_end(chain);
    if (qr_chain_commit(chain, &error))
        fail("a commit");
    printf("%" PRIu64 "\n", qr_chain_head(chain)->height);
    qr_chain_free(chain);
    qr_merkle_log_free(log);
    qr_node_free(node);
    qr_store_close(store);
    qr_key_free(key);
}

static void flip(const char *home, int64_t height)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "ledgerd.db");
    sqlite3 *db = NULL;
    sqlite3_blob *blob = NULL;
    uint8_t last = 0;
    if (sqlite3_open(path, &db) != SQLITE_OK || sqlite3_busy_timeout(db, 10000) != SQLITE_OK ||
        sqlite3_blob_open(db, "main", "block", "transactions", height, 1, &blob) != SQLITE_OK ||
        sqlite3_blob_read(blob, &last, 1, sqlite3_blob_bytes(blob) - 1) != SQLITE_OK)
        fail(sqlite3_errmsg(db));
    last ^= 1;
    if (sqlite3_blob_write(blob, &last, 1, sqlite3_blob_bytes(blob) - 1) != SQLITE_OK || sqlite3_blob_close(blob) != SQLITE_OK)
        fail(sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* ---- All of it ---- */

static void check_all(const char *node_path, const char *other_path, const struct qr_signed_checkpoint *head)
{
    struct qr_signed_checkpoint none;
    struct qr_key *node = load(node_path), *other = load(other_path);
    if (get_note(head->checkpoint.height + 1000000, &none) != QR_ENOT_FOUND || get_note(UINT64_MAX, &none) != QR_ENOT_FOUND)
        fail("a checkpoint that is not there");
    check_signatures(node, other, head);
    check_before_office(other);
    check_consistency(&head->checkpoint);
    check_blocks(head->checkpoint.height);
    qr_key_free(node);
    qr_key_free(other);
}

int main(int argc, char **argv)
{
    struct qr_signed_checkpoint head;
    const char *mode = argc > 1 ? argv[1] : "";
    bool height_only = argc == 3 && !strcmp(mode, "--height");
    qr_crypto_init();
    if (argc != 4 && !height_only)
        fail("usage");
    if (!strcmp(mode, "--ahead"))
        return make_block_ahead(argv[2], number(argv[3])), 0;
    if (!strcmp(mode, "--flip"))
        return flip(argv[2], number(argv[3])), 0;
    if (qr_client_new(height_only ? argv[2] : argv[1], &client, &error) || get_note(0, &head))
        fail("the last checkpoint");
    if (height_only)
        printf("%" PRIu64 "\n", head.checkpoint.height);
    else
        check_all(argv[2], argv[3], &head);
    qr_client_free(client);
    return 0;
}
