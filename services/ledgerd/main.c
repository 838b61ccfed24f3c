/* quorate-ledgerd: orders transactions into blocks, executes and keeps them, proves what stands in the log.
 *
 *     main.c       opens HOME/ledgerd.db and the state machine; routes requests
 *     submit.c     transactions to the engine, answers after the disk has them
 *     solo.c       the engine that runs alone
 *     follower.c   the engine that repeats and co-signs what another home's ledger made; forward.c: what is submitted to it
 *     cometbft.c   the engine CometBFT: what it asks, and how transactions reach it; abci.c: its connections
 *     upgrade.c    tables for an upgrade that waits for its timelock
 *     events.c     what each block is announced with
 *     blocks.c     blocks and transactions, described for people
 *     decisions.c  recorded decisions
 *     receipts.c   receipts, at once or when their block comes; the pin
 *     cosign.c     signatures of other nodes
 *     feed.c       blocks for those who execute them again
 *     facts.c      head, checkpoints, consistency, state entries, objects, mandates, sequence numbers
 *
 * One thread runs all of it; signatures and decisions are checked by workers while the loop waits for them. A run of requests is taken
 * from the socket, then one block is cut for all of them: while its sync runs, the next gather. */
#include "services/ledgerd/ledgerd.h"

#include "common/clock.h"
#include "common/file.h"
#include "xai/attribution.h"

enum { DEADLINE_CHECK_MS = 20 };

static int read_genesis(const char *home, struct qr_buffer *out, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "genesis.qrg");
    int code = qr_file_read(path, QR_GENESIS_FILE_MAX, out, error);
    return code ? qr_hint(error, "`quorate init` makes a home") : 0;
}

static int load_key(const char *home, struct qr_key **ret_key, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "keys/operators/node.key");
    int code = qr_key_load(path, ret_key, error);
    if (code == 0 && qr_key_kind(*ret_key) != QR_KEY_NODE)
        code = qr_fail(error, QR_EWRONG_KEY, "%s is not a node's key", path);
    return code;
}

int ledgerd_open(struct ledgerd *ledgerd, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer genesis = {0};
    QR_CLEANUP(qr_freep) char *path = qr_path_join(qr_daemon_home(ledgerd->daemon), "ledgerd.db");
    struct qr_header head;
    int code = read_genesis(qr_daemon_home(ledgerd->daemon), &genesis, error);
    if (code == 0)
        code = qr_store_open(path, true, &ledgerd->store, error);
    if (code)
        return code;
    struct qr_node_setup node = {
        .genesis = {genesis.data, genesis.size},
        .workers = ledgerd->workers,
        .table_bytes = qr_daemon_table_bytes(ledgerd->daemon),
    };
    code = qr_node_open(&node, ledgerd->store, ledgerd->key, &ledgerd->node, &ledgerd->log, &head, error);
    if (code == 0)
        code = qr_node_warm(ledgerd->node, error);
    if (code)
        return code;
    struct qr_chain_setup chain = {
        .app = qr_node_app(ledgerd->node),
        .store = ledgerd->store,
        .log = ledgerd->log,
        .head = &head,
        .genesis = qr_node_genesis(ledgerd->node),
        .key = ledgerd->key,
    };
    ledgerd->chain = qr_chain_new(&chain);
    qr_log(QR_LOG_INFO, "chain %s at height %" PRIu64 ", log of %" PRIu64, head.chain_id, head.height, head.log_size);
    return 0;
}

void ledgerd_close(struct ledgerd *ledgerd)
{
    qr_chain_free(ledgerd->chain);
    qr_merkle_log_free(ledgerd->log);
    qr_node_free(ledgerd->node);
    qr_store_close(ledgerd->store);
    ledgerd->chain = NULL;
    ledgerd->log = NULL;
    ledgerd->node = NULL;
    ledgerd->store = NULL;
}

static void ledgerd_free(struct ledgerd *ledgerd)
{
    ledgerd_close(ledgerd);
    qr_workers_free(ledgerd->workers);
    qr_key_free(ledgerd->key);
    free(ledgerd->cosignatures);
    free(ledgerd);
}

static void route(struct ledgerd *ledgerd, struct qr_request *request);

static void settle(void *context)
{
    struct ledgerd *ledgerd = context;
    if (!qr_chain_is_open(ledgerd->chain)) {
        for (size_t i = 0; i < ledgerd->n_deferred; i++)
            route(ledgerd, ledgerd->deferred[i]);
        ledgerd->n_deferred = 0;
    }
    ledgerd->engine->settle(ledgerd);
    if (qr_chain_is_open(ledgerd->chain))
        return;
    ledgerd_keep_cosignatures(ledgerd);
    ledgerd_serve_feed(ledgerd);
    ledgerd_serve_waits(ledgerd);
}

static int choose_engine(struct ledgerd *ledgerd, struct qr_error *error)
{
    const char *follow = qr_daemon_follow(ledgerd->daemon);
    bool cometbft = qr_node_engine(ledgerd->node) == QR_ENGINE_COMETBFT;
    if (cometbft && *follow) {
        qr_fail(error, QR_EREFUSED, "this ledger is ordered by CometBFT, whose validators nobody needs to follow");
        return qr_hint(error, "a home made with `quorate init --join HOME` takes part by itself: remove `follow`");
    }
    ledgerd->engine = cometbft ? &ledgerd_cometbft : *follow ? &ledgerd_follower : &ledgerd_solo;
    return 0;
}

static int start(struct qr_daemon *daemon, void **ret_context, struct qr_error *error)
{
    struct ledgerd *ledgerd = qr_alloc(1, sizeof *ledgerd);
    ledgerd->daemon = daemon;
    ledgerd->workers = qr_workers_new(0);
    int code = load_key(qr_daemon_home(daemon), &ledgerd->key, error);
    if (code == 0)
        code = ledgerd_open(ledgerd, error);
    if (code) {
        ledgerd_free(ledgerd);
        return code;
    }
    code = choose_engine(ledgerd, error);
    if (code) {
        ledgerd_free(ledgerd);
        return code;
    }
    code = ledgerd->engine->start(ledgerd, error);
    if (code) {
        ledgerd->engine->stop(ledgerd);
        ledgerd_free(ledgerd);
        return code;
    }
    ledgerd->blocks = qr_daemon_metric(daemon, "quorate_ledgerd_blocks_total", "Blocks made since the start.");
    ledgerd->transactions =
        qr_daemon_metric(daemon, "quorate_ledgerd_transactions_total", "Transactions put into blocks since the start.");
    ledgerd->refused = qr_daemon_metric(daemon, "quorate_ledgerd_refused_total", "Transactions refused since the start.");
    ledgerd->decisions =
        qr_daemon_metric(daemon, "quorate_ledgerd_decisions_total", "Decisions recorded since the start.");
    ledgerd->cosigned = qr_daemon_metric(daemon, "quorate_ledgerd_cosignatures_total",
                                         "Signatures of other nodes taken note of since the start.");
    ledgerd_prepare_upgrade(ledgerd);
    qr_daemon_every(daemon, DEADLINE_CHECK_MS, settle, ledgerd);
    *ret_context = ledgerd;
    return 0;
}

static void stop(void *context)
{
    struct ledgerd *ledgerd = context;
    ledgerd->ending = true;
    ledgerd->engine->stop(ledgerd);
    for (size_t i = 0; i < ledgerd->n_deferred; i++)
        qr_request_drop(ledgerd->deferred[i]);
    free(ledgerd->deferred);
    ledgerd_drop_waits(ledgerd);
    ledgerd_drop_feed(ledgerd);
    ledgerd_free(ledgerd);
}

static void route(struct ledgerd *ledgerd, struct qr_request *request)
{
    static const struct {
        Quorate__Request__BodyCase body;
        void (*run)(struct ledgerd *ledgerd, struct qr_request *request);
    } routes[] = {
        {QUORATE__REQUEST__BODY_LEDGER_HEAD, ledgerd_head},
        {QUORATE__REQUEST__BODY_LEDGER_SUBMIT, ledgerd_submit},
        {QUORATE__REQUEST__BODY_LEDGER_BLOCK, ledgerd_block},
        {QUORATE__REQUEST__BODY_LEDGER_BLOCKS, ledgerd_blocks},
        {QUORATE__REQUEST__BODY_LEDGER_TRANSACTION, ledgerd_transaction},
        {QUORATE__REQUEST__BODY_LEDGER_DECISION, ledgerd_decision},
        {QUORATE__REQUEST__BODY_LEDGER_DECISIONS, ledgerd_decisions},
        {QUORATE__REQUEST__BODY_LEDGER_RECEIPT, ledgerd_receipt},
        {QUORATE__REQUEST__BODY_LEDGER_PIN, ledgerd_pin},
        {QUORATE__REQUEST__BODY_LEDGER_STATE, ledgerd_state},
        {QUORATE__REQUEST__BODY_LEDGER_OBJECT, ledgerd_object},
        {QUORATE__REQUEST__BODY_LEDGER_MANDATE, ledgerd_mandate},
        {QUORATE__REQUEST__BODY_LEDGER_SEQUENCE, ledgerd_sequence},
        {QUORATE__REQUEST__BODY_LEDGER_RAW_BLOCKS, ledgerd_raw_blocks},
        {QUORATE__REQUEST__BODY_LEDGER_COSIGN, ledgerd_take_cosignatures},
        {QUORATE__REQUEST__BODY_LEDGER_CHECKPOINT, ledgerd_checkpoint},
        {QUORATE__REQUEST__BODY_LEDGER_CONSISTENCY, ledgerd_consistency},
    };
    Quorate__Request__BodyCase body = qr_request_message(request)->body_case;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++)
        if (routes[i].body == body) {
            routes[i].run(ledgerd, request);
            return;
        }
    struct qr_error error;
    qr_fail(&error, QR_EUNSUPPORTED, "ledgerd does not answer %s", qr_request_word(body));
    qr_request_refuse(request, &error);
}

/* What is asked between the execution of a block and its commit waits for the commit: nobody sees a state that no block has. */
static void request(void *context, struct qr_request *request)
{
    struct ledgerd *ledgerd = context;
    if (!qr_chain_is_open(ledgerd->chain)) {
        route(ledgerd, request);
        return;
    }
    if (ledgerd->n_deferred == ledgerd->room_deferred) {
        ledgerd->room_deferred = 2 * ledgerd->room_deferred + 16;
        ledgerd->deferred = qr_realloc(ledgerd->deferred, ledgerd->room_deferred, sizeof(struct qr_request *));
    }
    ledgerd->deferred[ledgerd->n_deferred++] = request;
}

int main(int argc, char **argv)
{
    static const struct qr_role role = {
        .service = QR_SERVICE_LEDGER,
        .follows = true,
        .summary = "orders transactions into blocks, executes and keeps them, and proves what stands in the log",
        .start = start,
        .request = request,
        .settle = settle,
        .stop = stop,
    };
    return qr_daemon_main(&role, argc, argv);
}
