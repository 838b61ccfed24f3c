#include <sys/stat.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/file.h"
#include "ledger/chain.h"
#include "ledger/merkle.h"
#include "node/node.h"
#include "wire/message.h"

/* A leader whose block is not what it should be, for a home that follows it.
 *
 *     liar HOME FOLDER LIE     with the genesis and the node's key of HOME, answers at FOLDER/run/ledgerd.sock until it is ended
 *
 * Prints the height of each signature that it is given; of the lie `flood`, which are blocks without end of a time that has not come, each with
 * a long note, how many bytes it gave. */

enum { AHEAD_MS = 3600000, HUGE_BITS = 40, FLOOD = 60 /* blocks at once */, FLOOD_NOTE = 16000 };

static struct qr_error error;

static void fail(const char *what)
{
    fprintf(stderr, "liar: %s: %s\n", what, error.text);
    exit(1);
}

/* What is told of block 1, and of the head. */
struct told {
    struct qr_header genesis, header;
    struct qr_span transaction; /* bytes NULL: the block is empty */
    struct qr_signed_checkpoint note;
    struct qr_buffer block, text; /* the note's */
    uint64_t height, size, head;
    struct qr_hash head_hash;
    bool flood;
};

/* ---- The truth ---- */

static struct qr_key *load_key(const char *home)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "keys/operators/node.key");
    struct qr_key *key = NULL;
    if (qr_key_load(path, &key, &error))
        fail(path);
    return key;
}

static struct qr_node *open_node(const char *home)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "genesis.qrg");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer genesis = {0};
    struct qr_node *node = NULL;
    if (qr_file_read(path, QR_GENESIS_FILE_MAX, &genesis, &error))
        fail(path);
    struct qr_node_setup setup = {.genesis = {genesis.data, genesis.size}};
    if (qr_node_new(&setup, &node, &error))
        fail(path);
    return node;
}

/* An empty block of this time upon the genesis, as a sequencer makes it. */
static void make_block(const char *home, int64_t time, struct told *told)
{
    struct qr_node *node = open_node(home);
    struct qr_key *key = load_key(home);
    struct qr_merkle_log *log = qr_merkle_log_new();
    const struct qr_app *app = qr_node_app(node);
    const struct qr_leaves *leaves;
    qr_node_genesis_block(node, log, &told->genesis, &leaves);
    app->commit(app->context);
    qr_merkle_log_flush(log);
    struct qr_chain_setup setup = {
        .app = app, .log = log, .head = &told->genesis, .genesis = qr_node_genesis(node), .key = key};
    struct qr_chain *chain = qr_chain_new(&setup);
    if (qr_chain_begin(chain, time, &error))
        fail("a block");
    told->header = *qr_chain_end(chain)->header;
    told->note.checkpoint = qr_checkpoint_of(&told->header, qr_node_genesis(node));
    told->note.n = 1;
    qr_checkpoint_sign(&told->note.checkpoint, key, &told->note.signatures[0]);
    qr_chain_free(chain);
    qr_merkle_log_free(log);
    qr_key_free(key);
    qr_node_free(node);
}

static void encode(struct told *told)
{
    qr_note_write(&told->note, &told->text);
    (void)qr_buffer_string(&told->text); /* ends it */

    bool filled = told->transaction.bytes != NULL;
    struct qr_block block = {.header = told->header, .n = filled, .transactions = filled ? &told->transaction : NULL};
    qr_block_write(&block, &told->block);
    told->height = told->head = 1;
    told->size = told->block.size;
    told->head_hash = qr_header_hash(&told->header);
}

/* ---- The lies ---- */

static void of_the_header(struct told *told, const char *lie)
{
    static const char rubbish[] = "no transaction";
    if (!strcmp(lie, "application"))
        told->header.app_hash.bytes[0] ^= 1;
    else if (!strcmp(lie, "log"))
        told->header.log_root.bytes[31] ^= 1;
    else if (!strcmp(lie, "root"))
        told->header.transactions_root.bytes[0] ^= 1;
    else if (!strcmp(lie, "previous"))
        told->header.previous.bytes[0] ^= 1;
    else if (!strcmp(lie, "transaction")) {
        told->transaction = (struct qr_span){.bytes = (const uint8_t *)rubbish, .size = strlen(rubbish)};
        told->header.transactions_root = qr_transactions_root(&told->transaction, 1);
    }
}

/* Of a block that holds, what no node in office says of it. */
static void of_the_signature(struct told *told, const char *home, const char *lie)
{
    struct qr_note_signature *line = &told->note.signatures[0];
    struct qr_checkpoint another = told->note.checkpoint;
    struct qr_key *node = load_key(home), *stranger = qr_key_generate(QR_KEY_NODE, qr_key_name(node));
    another.root.bytes[0] ^= 1;
    if (!strcmp(lie, "unsigned"))
        told->note.n = 0;
    else if (!strcmp(lie, "stranger"))
        qr_checkpoint_sign(&told->note.checkpoint, stranger, line);
    else if (!strcmp(lie, "another"))
        qr_checkpoint_sign(&another, node, line);
    qr_key_free(node);
    qr_key_free(stranger);
}

static void of_the_frame(struct told *told, const char *lie)
{
    if (!strcmp(lie, "head")) {
        told->head = 0;
        told->head_hash.bytes[0] ^= 1;
    } else if (!strcmp(lie, "height"))
        told->height = 2;
    else if (!strcmp(lie, "size"))
        told->size = UINT64_C(1) << HUGE_BITS;
    else if (!strcmp(lie, "long"))
        told->size--;
    else if (!strcmp(lie, "piece"))
        told->block.size = 0;
    else if (!strcmp(lie, "bytes"))
        told->block.data[0] ^= 1;
    else if (!strcmp(lie, "note"))
        memset(told->text.data, 'x', told->text.size);
}

/* ---- Answering ---- */

static void give_blocks(const struct told *told, const Quorate__Request *request, Quorate__Reply *reply)
{
    static Quorate__LedgerRawBlocks answer;
    static Quorate__LedgerRawBlock block, *list[] = {&block};
    quorate__ledger_raw_blocks__init(&answer);
    quorate__ledger_raw_block__init(&block);
    block.height = told->height;
    block.size = told->size;
    block.piece = qr_wire_bytes(told->block.data, told->block.size);
    block.note = (char *)told->text.data;
    answer.head = told->head;
    answer.head_hash = qr_wire_hash(&told->head_hash);
    answer.n_blocks = request->ledger_raw_blocks->from == 1 && told->head == 1;
    answer.blocks = list;
    reply->body_case = QUORATE__REPLY__BODY_LEDGER_RAW_BLOCKS;
    reply->ledger_raw_blocks = &answer;
}

static void give_flood(struct told *told, uint64_t from, Quorate__Reply *reply)
{
    static Quorate__LedgerRawBlocks answer;
    static Quorate__LedgerRawBlock blocks[FLOOD], *list[FLOOD];
    static struct qr_buffer bytes[FLOOD];
    static char note[FLOOD_NOTE + 1];
    static uint64_t given;
    memset(note, 'x', FLOOD_NOTE);
    quorate__ledger_raw_blocks__init(&answer);
    for (uint64_t i = 0; i < FLOOD; i++) {
        struct qr_block block = {.header = told->header};
        block.header.height = from + i;
        qr_buffer_clear(&bytes[i]);
        qr_block_write(&block, &bytes[i]);
        list[i] = &blocks[i];
        quorate__ledger_raw_block__init(list[i]);
        list[i]->height = from + i;
        list[i]->size = bytes[i].size;
        list[i]->piece = qr_wire_bytes(bytes[i].data, bytes[i].size);
        list[i]->note = note;
        given += bytes[i].size + FLOOD_NOTE;
    }
    answer.head = from + FLOOD;
    answer.head_hash = qr_wire_hash(&told->head_hash);
    answer.n_blocks = FLOOD;
    answer.blocks = list;
    reply->body_case = QUORATE__REPLY__BODY_LEDGER_RAW_BLOCKS;
    reply->ledger_raw_blocks = &answer;
    printf("gave %" PRIu64 "\n", given);
    fflush(stdout);
}

static void take_signatures(const Quorate__LedgerCosignRequest *request, Quorate__Reply *reply)
{
    static Quorate__LedgerCosigned answer;
    quorate__ledger_cosigned__init(&answer);
    for (size_t i = 0; i < request->n_lines; i++)
        printf("signed %" PRIu64 "\n", request->lines[i]->height);
    fflush(stdout);
    answer.kept = (uint32_t)request->n_lines;
    reply->body_case = QUORATE__REPLY__BODY_LEDGER_COSIGN;
    reply->ledger_cosign = &answer;
}

static void refuse(Quorate__Reply *reply)
{
    static Quorate__Error answer;
    quorate__error__init(&answer);
    answer.code = (char *)(uintptr_t)qr_code_word(QR_ENOT_FOUND);
    answer.text = (char *)(uintptr_t) "there is none";
    reply->body_case = QUORATE__REPLY__BODY_ERROR;
    reply->error = &answer;
}

/* A follower that has all waits for block 2 and is not answered. */
static bool answer(struct told *told, const Quorate__Request *request, Quorate__Reply *reply)
{
    if (told->flood && request->body_case == QUORATE__REQUEST__BODY_LEDGER_RAW_BLOCKS) {
        give_flood(told, request->ledger_raw_blocks->from, reply);
    } else if (request->body_case == QUORATE__REQUEST__BODY_LEDGER_RAW_BLOCKS) {
        if (request->ledger_raw_blocks->from > 1)
            return false;
        give_blocks(told, request, reply);
    } else if (request->body_case == QUORATE__REQUEST__BODY_LEDGER_COSIGN) {
        take_signatures(request->ledger_cosign, reply);
    } else {
        refuse(reply);
    }
    reply->id = request->id;
    return true;
}

static void serve_one(struct told *told, void *socket)
{
    static uint8_t frame[QR_FRAME_MAX];
    uint8_t peer[256];
    int peer_size = zmq_recv(socket, peer, sizeof peer, 0), size = zmq_recv(socket, frame, sizeof frame, 0);
    Quorate__Request *request = peer_size > 0 && size > 0 ? qr_request_decode(frame, (size_t)size) : NULL;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    if (request && answer(told, request, &reply)) {
        size_t packed = quorate__reply__pack(&reply, frame);
        zmq_send(socket, peer, (size_t)peer_size, ZMQ_SNDMORE);
        zmq_send(socket, frame, packed, 0);
    }
    qr_request_message_free(request);
}

static void make_folders(const char *folder)
{
    QR_CLEANUP(qr_freep) char *run = qr_path_join(folder, "run");
    if (mkdir(folder, 0700) || mkdir(run, 0700))
        fail(folder);
}

int main(int argc, char **argv)
{
    static struct told told;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer endpoint = {0};
    qr_crypto_init();
    if (argc != 4)
        fail("liar HOME FOLDER LIE");
    told.flood = !strcmp(argv[3], "flood");
    make_block(argv[1], qr_clock_now() + (told.flood || !strcmp(argv[3], "ahead") ? AHEAD_MS : 0), &told);
    of_the_header(&told, argv[3]);
    of_the_signature(&told, argv[1], argv[3]);
    encode(&told);
    of_the_frame(&told, argv[3]);
    make_folders(argv[2]);
    qr_buffer_text(&endpoint, "ipc://%s/run/ledgerd.sock", argv[2]);
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_ROUTER);
    if (zmq_bind(socket, qr_buffer_string(&endpoint)))
        fail(qr_buffer_string(&endpoint));
    for (;;)
        serve_one(&told, socket);
}
