#include <jansson.h>
#include <sodium.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/buffer.h"
#include "common/codec.h"
#include "wire/abci.h"
#include "wire/message.h"

/* Speaks ABCI to quorate-ledgerd as CometBFT does, or as it never would.
 *
 *     abci play SOCKET GENESIS.json BLOCKS     handshake, then BLOCKS empty blocks; prints height and application hash
 *     abci open SOCKET GENESIS.json            executes a block, says "open", and never commits it
 *     abci attack SOCKET GENESIS.json SEED N   every abuse of the socket; after each a proper question must be answered */

typedef Quorate__Abci__AbciRequest Request;
typedef Quorate__Abci__AbciResponse Response;

enum { WAIT_SECONDS = 20, BLOCK_MS = 1000 };

static const char *socket_path;
static json_t *genesis;
static uint64_t seed;

static void fail(const char *what)
{
    fprintf(stderr, "abci: %s\n", what);
    exit(1);
}

static uint64_t next_random(void) /* SplitMix64 */
{
    uint64_t z = seed += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

static int dial(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval wait = {.tv_sec = WAIT_SECONDS};
    qr_copy_text(address.sun_path, sizeof address.sun_path, socket_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        fail("nobody answers at the socket");
    return fd;
}

/* False when the peer closed, or does not read. */
static bool send_all(int fd, const void *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t n = send(fd, (const uint8_t *)bytes + at, size - at, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

static void add_request(struct qr_buffer *out, Quorate__Abci__AbciRequest__ValueCase value, void *body)
{
    Request request = QUORATE__ABCI__ABCI_REQUEST__INIT;
    request.value_case = value;
    request.flush = body;
    size_t size = quorate__abci__abci_request__get_packed_size(&request);
    qr_put_uint(out, size);
    qr_buffer_reserve(out, size);
    out->size += quorate__abci__abci_request__pack(&request, out->data + out->size);
}

/* The next response; NULL at the end of the stream. Fails when nothing comes in time, and for what is no response. */
static Response *receive(int fd, struct qr_buffer *in)
{
    for (;;) {
        size_t start, size;
        struct qr_error error;
        int code = qr_abci_frame(in->data, in->size, &start, &size, &error);
        if (code == 0) {
            Response *response =
                qr_message_decode(&quorate__abci__abci_response__descriptor, in->data + start, size, QR_ABCI_DECODED_MAX);
            if (!response || response->value_case == 0)
                fail("what came is no response");
            memmove(in->data, in->data + start + size, in->size - start - size);
            in->size -= start + size;
            return response;
        }
        if (code != QR_PENDING)
            fail("what came is no frame");
        qr_buffer_reserve(in, 65536);
        ssize_t n = recv(fd, in->data + in->size, 65536, 0);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return NULL;
        if (n < 0)
            fail("no answer in time");
        in->size += (size_t)n;
    }
}

/* Asks and expects an answer of this kind. */
static Response *ask(int fd, Quorate__Abci__AbciRequest__ValueCase value, void *body,
                     Quorate__Abci__AbciResponse__ValueCase expected)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer out = {0}, in = {0};
    add_request(&out, value, body);
    if (!send_all(fd, out.data, out.size))
        fail("a request cannot be sent");
    Response *response = receive(fd, &in);
    if (response && response->value_case == QUORATE__ABCI__ABCI_RESPONSE__VALUE_EXCEPTION)
        fail(response->exception->error);
    if (!response || response->value_case != expected || in.size > 0)
        fail("the answer is not of the question");
    return response;
}

#define ASK(fd, body, name) \
    ask(fd, QUORATE__ABCI__ABCI_REQUEST__VALUE_##name, body, QUORATE__ABCI__ABCI_RESPONSE__VALUE_##name)

static int64_t height_now(int fd)
{
    Quorate__Abci__RequestInfo info = QUORATE__ABCI__REQUEST_INFO__INIT;
    Response *response = ASK(fd, &info, INFO);
    int64_t height = response->info->last_block_height;
    qr_message_free(response);
    return height;
}

/* ---- As CometBFT does ---- */

static void init_chain(int fd)
{
    enum { VALIDATORS_MAX = 16 };
    static uint8_t keys[VALIDATORS_MAX][32];
    Quorate__Abci__RequestInitChain init = QUORATE__ABCI__REQUEST_INIT_CHAIN__INIT;
    Quorate__Abci__ValidatorUpdate updates[VALIDATORS_MAX], *list[VALIDATORS_MAX];
    Quorate__Abci__PublicKey public_keys[VALIDATORS_MAX];
    json_t *validators = json_object_get(genesis, "validators"), *validator;
    size_t i, size;
    json_array_foreach(validators, i, validator)
    {
        const char *key = json_string_value(json_object_get(json_object_get(validator, "pub_key"), "value"));
        if (i == VALIDATORS_MAX || !key ||
            sodium_base642bin(keys[i], 32, key, strlen(key), NULL, &size, NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
            fail("genesis.json has a validator without a key");
        quorate__abci__validator_update__init(&updates[i]);
        quorate__abci__public_key__init(&public_keys[i]);
        public_keys[i].ed25519 = qr_wire_bytes(keys[i], 32);
        updates[i].pub_key = &public_keys[i];
        updates[i].power = strtoll(json_string_value(json_object_get(validator, "power")), NULL, 10);
        list[i] = &updates[i];
    }
    QR_CLEANUP(qr_freep) char *app_state = json_dumps(json_object_get(genesis, "app_state"), JSON_COMPACT);
    init.chain_id = (char *)(uintptr_t)json_string_value(json_object_get(genesis, "chain_id"));
    init.n_validators = json_array_size(validators);
    init.validators = list;
    init.app_state_bytes = qr_wire_bytes(app_state, strlen(app_state));
    init.initial_height = 1;
    qr_message_free(ASK(fd, &init, INIT_CHAIN));
}

static int64_t handshake(int fd)
{
    Quorate__Abci__RequestEcho echo = QUORATE__ABCI__REQUEST_ECHO__INIT;
    Quorate__Abci__RequestFlush flush = QUORATE__ABCI__REQUEST_FLUSH__INIT;
    echo.message = (char *)(uintptr_t) "hello";
    Response *response = ASK(fd, &echo, ECHO);
    if (strcmp(response->echo->message, "hello") != 0)
        fail("an echo is not what was said");
    qr_message_free(response);
    qr_message_free(ASK(fd, &flush, FLUSH));
    int64_t height = height_now(fd);
    if (height == 0)
        init_chain(fd);
    return height;
}

static void print_hash(const ProtobufCBinaryData *hash)
{
    for (size_t i = 0; i < hash->len; i++)
        printf("%02x", hash->data[i]);
    printf("\n");
}

static void execute(int fd, int64_t height, bool print)
{
    Quorate__Abci__Timestamp time = QUORATE__ABCI__TIMESTAMP__INIT;
    Quorate__Abci__RequestPrepareProposal prepare = QUORATE__ABCI__REQUEST_PREPARE_PROPOSAL__INIT;
    Quorate__Abci__RequestProcessProposal process = QUORATE__ABCI__REQUEST_PROCESS_PROPOSAL__INIT;
    Quorate__Abci__RequestExtendVote extend = QUORATE__ABCI__REQUEST_EXTEND_VOTE__INIT;
    Quorate__Abci__RequestVerifyVoteExtension verify = QUORATE__ABCI__REQUEST_VERIFY_VOTE_EXTENSION__INIT;
    Quorate__Abci__RequestFinalizeBlock finalize = QUORATE__ABCI__REQUEST_FINALIZE_BLOCK__INIT;
    time.seconds = 2000000000 + height;
    prepare.time = process.time = finalize.time = &time;
    prepare.height = process.height = extend.height = verify.height = finalize.height = height;
    qr_message_free(ASK(fd, &prepare, PREPARE_PROPOSAL));
    Response *response = ASK(fd, &process, PROCESS_PROPOSAL);
    if (response->process_proposal->status != QUORATE__ABCI__STATUS__ACCEPT)
        fail("an empty proposal is rejected");
    qr_message_free(response);
    Response *extended = ASK(fd, &extend, EXTEND_VOTE);
    verify.vote_extension = extended->extend_vote->vote_extension;
    if (verify.vote_extension.len == 0)
        fail("a node does not sign the checkpoint before");
    response = ASK(fd, &verify, VERIFY_VOTE_EXTENSION);
    if (response->verify_vote_extension->status != QUORATE__ABCI__STATUS__ACCEPT)
        fail("a node's own vote extension is rejected");
    qr_message_free(response);
    qr_message_free(extended);
    response = ASK(fd, &finalize, FINALIZE_BLOCK);
    if (print)
        print_hash(&response->finalize_block->app_hash);
    qr_message_free(response);
}

static void play(long blocks)
{
    int fd = dial();
    int64_t height = handshake(fd);
    for (long i = 0; i < blocks; i++) {
        Quorate__Abci__RequestCommit commit = QUORATE__ABCI__REQUEST_COMMIT__INIT;
        execute(fd, ++height, false);
        qr_message_free(ASK(fd, &commit, COMMIT));
    }
    Quorate__Abci__RequestInfo info = QUORATE__ABCI__REQUEST_INFO__INIT;
    Response *response = ASK(fd, &info, INFO);
    printf("%" PRId64 " ", response->info->last_block_height);
    print_hash(&response->info->last_block_app_hash);
    qr_message_free(response);
    close(fd);
}

static void open_block(void)
{
    int fd = dial();
    execute(fd, handshake(fd) + 1, true);
    fflush(stdout);
    char byte;
    (void)!recv(fd, &byte, 1, 0); /* until ledgerd is gone, or forever */
}

/* ---- As it never would ---- */

/* Whatever was sent: answers come until the stream ends or an Echo comes back; then a proper peer is served. */
static void drain(int fd)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer in = {0};
    shutdown(fd, SHUT_WR);
    for (Response *response; (response = receive(fd, &in));)
        qr_message_free(response);
    close(fd);
    int proper = dial();
    (void)height_now(proper);
    close(proper);
}

static void send_and_drain(const void *bytes, size_t size)
{
    int fd = dial();
    (void)send_all(fd, bytes, size);
    drain(fd);
}

static void lengths(void)
{
    static const struct qr_span prefixes[] = {
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10}, /* 2^64 - 1 */
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10}, /* more than 64 bits */
        {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 12}, /* without an end */
        {"\xff\xff\xff\xff\x0f", 5},                      /* 2^32 - 1 */
        {"\x81\x80\x80\x10", 4},                          /* one more than is allowed */
        {"\x80\x80\x80\x10", 4},                          /* all that is allowed, and nothing of it */
        {"\x00", 1},                                      /* an empty request */
        {"\x80\x00", 2},                                  /* the same, longer */
        {"\x05\x0a", 2},                                  /* the start of a request */
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        send_and_drain(prefixes[i].bytes, prefixes[i].size);
}

/* A large message that is nearly as long as is allowed, one that is too deep for its memory, and unknown values. */
static void sizes(void)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer out = {0};
    size_t body = QR_ABCI_FRAME_MAX - 16;
    qr_put_uint(&out, body + 10);
    qr_put_uint(&out, 8 << 3 | 2); /* CheckTx, its length, and tx in it */
    qr_put_uint(&out, body + 5);
    qr_put_uint(&out, 1 << 3 | 2);
    qr_put_uint(&out, body);
    qr_buffer_reserve(&out, body);
    memset(out.data + out.size, 7, body);
    out.size += body;
    send_and_drain(out.data, out.size);

    out.size = 0;
    qr_put_uint(&out, 1 << 20);
    for (size_t i = 0; i < (1 << 20); i += 2)
        qr_put_raw(&out, (const uint8_t[]){0xa2, 0x01}, 2); /* FinalizeBlock's mark over and over */
    send_and_drain(out.data, out.size);
    for (unsigned number = 1; number < 200; number += number < 30 ? 1 : 13) {
        out.size = 0;
        struct qr_buffer inner = {0};
        qr_put_uint(&inner, number << 3 | 2);
        qr_put_uint(&inner, 0);
        qr_put_uint(&out, inner.size);
        qr_put_raw(&out, inner.data, inner.size);
        qr_buffer_done(&inner);
        send_and_drain(out.data, out.size);
    }
}

/* One byte at a time, and many requests in one piece: each answered, in order. */
static void pieces(void)
{
    enum { REQUESTS = 1000 };
    QR_CLEANUP(qr_buffer_done) struct qr_buffer out = {0}, in = {0};
    for (int i = 0; i < REQUESTS; i++) {
        char text[16];
        Quorate__Abci__RequestEcho echo = QUORATE__ABCI__REQUEST_ECHO__INIT;
        snprintf(text, sizeof text, "%d", i);
        echo.message = text;
        add_request(&out, QUORATE__ABCI__ABCI_REQUEST__VALUE_ECHO, &echo);
    }
    for (int split = 0; split < 2; split++) {
        int fd = dial();
        if (!split && !send_all(fd, out.data, out.size))
            fail("many requests at once are not taken");
        for (size_t i = 0; split && i < out.size; i++)
            if (!send_all(fd, out.data + i, 1))
                fail("single bytes are not taken");
        for (int i = 0; i < REQUESTS; i++) {
            Response *response = receive(fd, &in);
            if (!response || response->value_case != QUORATE__ABCI__ABCI_RESPONSE__VALUE_ECHO ||
                atoi(response->echo->message) != i)
                fail("answers are not in the order of questions");
            qr_message_free(response);
        }
        close(fd);
    }
}

/* A peer that asks and does not read, many peers at once, and peers that leave in the middle. */
static void crowds(void)
{
    enum { PEERS = 64, MEGABYTE = 1 << 20, UNREAD = 200 };
    QR_CLEANUP(qr_buffer_done) struct qr_buffer out = {0};
    QR_CLEANUP(qr_freep) char *text = qr_alloc(1, MEGABYTE + 1);
    Quorate__Abci__RequestEcho echo = QUORATE__ABCI__REQUEST_ECHO__INIT;
    memset(text, 'x', MEGABYTE);
    echo.message = text;
    add_request(&out, QUORATE__ABCI__ABCI_REQUEST__VALUE_ECHO, &echo);
    int fd = dial(), sent = 0;
    while (sent < UNREAD && send_all(fd, out.data, out.size))
        sent++;
    close(fd);
    if (sent == UNREAD)
        fail("a peer that does not read is never cut off");
    int peers[PEERS];
    for (int i = 0; i < PEERS; i++) {
        peers[i] = dial();
        (void)send_all(peers[i], out.data, (size_t)i);
    }
    for (int i = 0; i < PEERS; i++)
        close(peers[i]);
    for (int i = 0; i < WAIT_SECONDS * 100; i++) { /* their places become free as ledgerd notices */
        QR_CLEANUP(qr_buffer_done) struct qr_buffer in = {0};
        Quorate__Abci__RequestFlush flush = QUORATE__ABCI__REQUEST_FLUSH__INIT;
        out.size = 0;
        add_request(&out, QUORATE__ABCI__ABCI_REQUEST__VALUE_FLUSH, &flush);
        fd = dial();
        Response *response = send_all(fd, out.data, out.size) ? receive(fd, &in) : NULL;
        close(fd);
        if (response) {
            qr_message_free(response);
            return;
        }
        usleep(10000);
    }
    fail("no peer is served after a crowd");
}

/* Proper requests of every kind in any order, mutated or not. */
static void mutations(long n)
{
    static char text[] = "text";
    Quorate__Abci__Timestamp time = QUORATE__ABCI__TIMESTAMP__INIT;
    Quorate__Abci__Snapshot snapshot = QUORATE__ABCI__SNAPSHOT__INIT;
    Quorate__Abci__RequestInitChain init = QUORATE__ABCI__REQUEST_INIT_CHAIN__INIT;
    Quorate__Abci__RequestQuery query = QUORATE__ABCI__REQUEST_QUERY__INIT;
    Quorate__Abci__RequestCheckTx check = QUORATE__ABCI__REQUEST_CHECK_TX__INIT;
    Quorate__Abci__RequestListSnapshots list = QUORATE__ABCI__REQUEST_LIST_SNAPSHOTS__INIT;
    Quorate__Abci__RequestOfferSnapshot offer = QUORATE__ABCI__REQUEST_OFFER_SNAPSHOT__INIT;
    Quorate__Abci__RequestLoadSnapshotChunk load = QUORATE__ABCI__REQUEST_LOAD_SNAPSHOT_CHUNK__INIT;
    Quorate__Abci__RequestApplySnapshotChunk apply = QUORATE__ABCI__REQUEST_APPLY_SNAPSHOT_CHUNK__INIT;
    Quorate__Abci__RequestPrepareProposal prepare = QUORATE__ABCI__REQUEST_PREPARE_PROPOSAL__INIT;
    Quorate__Abci__RequestProcessProposal process = QUORATE__ABCI__REQUEST_PROCESS_PROPOSAL__INIT;
    Quorate__Abci__RequestExtendVote extend = QUORATE__ABCI__REQUEST_EXTEND_VOTE__INIT;
    Quorate__Abci__RequestVerifyVoteExtension verify = QUORATE__ABCI__REQUEST_VERIFY_VOTE_EXTENSION__INIT;
    Quorate__Abci__RequestFinalizeBlock finalize = QUORATE__ABCI__REQUEST_FINALIZE_BLOCK__INIT;
    Quorate__Abci__RequestCommit commit = QUORATE__ABCI__REQUEST_COMMIT__INIT;
    ProtobufCBinaryData bytes = {.data = (uint8_t *)text, .len = 4}, txs[] = {bytes, bytes};
    time.seconds = 1;
    init.chain_id = query.path = text;
    check.tx = offer.app_hash = apply.chunk = verify.vote_extension = query.data = snapshot.hash = snapshot.metadata = bytes;
    snapshot.height = load.height = 5;
    snapshot.chunks = snapshot.format = load.format = 1;
    offer.snapshot = &snapshot;
    prepare.time = process.time = finalize.time = init.time = &time;
    prepare.n_txs = process.n_txs = finalize.n_txs = 2;
    prepare.txs = process.txs = finalize.txs = txs;
    prepare.max_tx_bytes = 1000;
    finalize.height = 1000000; /* never the next: the ledger stays as it is */
    const struct {
        Quorate__Abci__AbciRequest__ValueCase value;
        void *body;
    } kinds[] = {
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_INIT_CHAIN, &init},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_QUERY, &query},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_CHECK_TX, &check},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_LIST_SNAPSHOTS, &list},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_OFFER_SNAPSHOT, &offer},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_LOAD_SNAPSHOT_CHUNK, &load},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_APPLY_SNAPSHOT_CHUNK, &apply},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_PREPARE_PROPOSAL, &prepare},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_PROCESS_PROPOSAL, &process},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_EXTEND_VOTE, &extend},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_VERIFY_VOTE_EXTENSION, &verify},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_FINALIZE_BLOCK, &finalize},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_COMMIT, &commit},
    };
    for (long i = 0; i < n; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer out = {0};
        for (uint64_t k = next_random() % 6; k > 0; k--) {
            size_t kind = next_random() % (sizeof kinds / sizeof kinds[0]);
            add_request(&out, kinds[kind].value, kinds[kind].body);
        }
        if (i % 3 == 0)
            for (int k = 0; k < 64; k++)
                qr_buffer_byte(&out, (uint8_t)next_random());
        if (i % 2 == 0 && out.size > 0)
            for (uint64_t k = 1 + next_random() % 3; k > 0; k--)
                out.data[next_random() % out.size] ^= (uint8_t)(1 << next_random() % 8);
        if (out.size > 0)
            send_and_drain(out.data, next_random() % 4 ? out.size : next_random() % out.size);
    }
}

static void attack(long n)
{
    lengths();
    sizes();
    pieces();
    crowds();
    mutations(n);
}

int main(int argc, char **argv)
{
    if (argc < 4 || sodium_init() < 0)
        fail("usage: abci play|open|attack SOCKET GENESIS.json ...");
    socket_path = argv[2];
    genesis = json_load_file(argv[3], 0, NULL);
    if (!genesis)
        fail("genesis.json cannot be read");
    if (strcmp(argv[1], "play") == 0 && argc == 5)
        play(strtol(argv[4], NULL, 10));
    else if (strcmp(argv[1], "open") == 0)
        open_block();
    else if (strcmp(argv[1], "attack") == 0 && argc == 6) {
        seed = strtoull(argv[4], NULL, 10);
        attack(strtol(argv[5], NULL, 10));
    } else
        fail("usage");
    json_decref(genesis);
    return 0;
}
