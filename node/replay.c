#include "node/replay.h"

#include "ledger/merkle.h"

/* A block whose transactions are prepared. */
struct work {
    const struct qr_replay *replay;
    const struct qr_block *block; /* NULL: none */
    struct qr_transaction *transactions;
    struct qr_prepared **prepared;
    struct qr_error *errors;
};

struct qr_replay {
    struct qr_node *node;
    const struct qr_app *app;
    struct qr_workers *workers;
    struct qr_workers *alone; /* when none were lent: the calling thread */
    struct qr_merkle_log *log;
    struct qr_chain *chain;
    bool owner; /* of node, log and chain */
    struct qr_span genesis;
    struct qr_append genesis_append;
    const struct qr_append *append; /* of the block at hand */
    struct work works[2];           /* in turn: the block at hand, the next */
    unsigned hand;
    bool working; /* workers are at one of the two */
};

struct qr_replay *qr_replay_on(struct qr_node *node, struct qr_chain *chain, struct qr_merkle_log *log,
                               struct qr_workers *workers)
{
    struct qr_replay *replay = qr_alloc(1, sizeof *replay);
    replay->node = node;
    replay->app = qr_node_app(node);
    replay->workers = workers ? workers : (replay->alone = qr_workers_new(1));
    replay->log = log;
    replay->chain = chain;
    return replay;
}

int qr_replay_new(const struct qr_node_setup *setup, struct qr_replay **ret_replay, struct qr_error *error)
{
    struct qr_node *node = NULL;
    struct qr_header head;
    int code = qr_node_new(setup, &node, error);
    if (code)
        return code;
    struct qr_replay *replay = qr_replay_on(node, NULL, qr_merkle_log_new(), setup->workers);
    replay->owner = true;
    replay->genesis = setup->genesis;
    replay->genesis_append = (struct qr_append){.log = replay->log, .state = qr_node_state(node), .genesis = &replay->genesis};
    qr_node_genesis_block(node, replay->log, &head, &replay->genesis_append.leaves);
    struct qr_chain_setup chain = {
        .app = replay->app, .log = replay->log, .head = &head, .genesis = qr_node_genesis(node)};
    replay->chain = qr_chain_new(&chain);
    replay->genesis_append.header = qr_chain_head(replay->chain);
    replay->append = &replay->genesis_append;
    *ret_replay = replay;
    return 0;
}

static void prepare_one(void *context, size_t i)
{
    struct work *work = context;
    const struct qr_app *app = work->replay->app;
    (void)!app->prepare(app->context, &work->transactions[i], &work->prepared[i], &work->errors[i]);
}

static void await(struct qr_replay *replay)
{
    if (replay->working)
        qr_workers_finish(replay->workers);
    replay->working = false;
}

static void drop(struct qr_replay *replay, struct work *work)
{
    for (size_t i = 0; work->block && i < work->block->n; i++)
        if (work->prepared[i])
            replay->app->forget(replay->app->context, work->prepared[i]);
    free(work->transactions);
    free(work->prepared);
    free(work->errors);
    *work = (struct work){.block = NULL};
}

/* Workers prepare the block's transactions from here on; nothing else is being prepared. */
static int start_work(struct qr_replay *replay, struct work *work, const struct qr_block *block, struct qr_error *error)
{
    *work = (struct work){.replay = replay,
                          .transactions = qr_alloc(block->n, sizeof *work->transactions),
                          .prepared = qr_alloc(block->n, sizeof *work->prepared),
                          .errors = qr_alloc(block->n, sizeof *work->errors)};
    for (size_t i = 0; i < block->n; i++) {
        int code =
            qr_transaction_read(block->transactions[i].bytes, block->transactions[i].size, &work->transactions[i], error);
        if (code) {
            drop(replay, work);
            return code;
        }
    }
    work->block = block;
    qr_workers_start(replay->workers, block->n, prepare_one, work);
    replay->working = true;
    return 0;
}

/* Has the block prepared, whether that was begun ahead or not. */
static int take_work(struct qr_replay *replay, const struct qr_block *block, struct qr_error *error)
{
    replay->hand = !replay->hand;
    struct work *work = &replay->works[replay->hand];
    if (work->block == block)
        return 0;
    await(replay);
    drop(replay, work);
    return start_work(replay, work, block, error);
}

void qr_replay_free(struct qr_replay *replay)
{
    if (!replay)
        return;
    await(replay);
    drop(replay, &replay->works[0]);
    drop(replay, &replay->works[1]);
    qr_workers_free(replay->alone);
    if (replay->owner) {
        qr_chain_free(replay->chain);
        qr_merkle_log_free(replay->log);
        qr_node_free(replay->node);
    }
    free(replay);
}

void qr_replay_freep(struct qr_replay **replay)
{
    qr_replay_free(*replay);
}

const struct qr_append *qr_replay_append(const struct qr_replay *replay)
{
    return replay->append;
}

struct qr_node *qr_replay_node(struct qr_replay *replay)
{
    return replay->node;
}

const struct qr_merkle_log *qr_replay_log(const struct qr_replay *replay)
{
    return replay->log;
}

const struct qr_header *qr_replay_head(const struct qr_replay *replay)
{
    return qr_chain_is_open(replay->chain) ? replay->append->header : qr_chain_head(replay->chain);
}

int qr_replay_next(struct qr_replay *replay, struct qr_error *error)
{
    if (qr_chain_is_open(replay->chain))
        return qr_chain_commit(replay->chain, error);
    replay->app->commit(replay->app->context); /* the genesis, which no chain opens */
    qr_merkle_log_flush(replay->log);
    return 0;
}

static int apply_all(struct qr_replay *replay, const struct qr_block *block, struct qr_error *error)
{
    struct work *work = &replay->works[replay->hand];
    for (size_t i = 0; i < block->n; i++) {
        struct qr_error *cause = &work->errors[i];
        qr_workers_wait(replay->workers, i);
        if (cause->code == QR_OK)
            (void)!qr_chain_apply(replay->chain, &work->transactions[i], &block->transactions[i], work->prepared[i], cause);
        if (cause->code != QR_OK)
            return qr_fail(error, QR_EINVALID, "transaction %zu of the block is not valid: %s", i, cause->text);
    }
    return 0;
}

static int compare_headers(const struct qr_header *expected, const struct qr_header *found, struct qr_error *error)
{
    if (strcmp(expected->chain_id, found->chain_id) != 0 || expected->height != found->height)
        return qr_fail(error, QR_EINVALID, "the header is of another chain or height");
    if (!qr_hash_equal(&expected->previous, &found->previous))
        return qr_fail(error, QR_EINVALID, "the block does not follow the one before: its previous hash differs");
    if (!qr_hash_equal(&expected->transactions_root, &found->transactions_root))
        return qr_fail(error, QR_EINVALID, "the transactions are not those that the header names");
    if (expected->log_size != found->log_size || !qr_hash_equal(&expected->log_root, &found->log_root))
        return qr_fail(error, QR_EINVALID, "the log is not the one that re-execution gives");
    if (!qr_hash_equal(&expected->app_hash, &found->app_hash))
        return qr_fail(error, QR_EINVALID, "the application hash is not the one that re-execution gives");
    return 0;
}

static int execute(struct qr_replay *replay, const struct qr_block *block, const struct qr_block *next, struct qr_error *error)
{
    int code = take_work(replay, block, error);
    if (code == 0)
        code = qr_chain_begin(replay->chain, block->header.time, error);
    if (code == 0)
        code = apply_all(replay, block, error);
    await(replay);
    if (code)
        return code;
    if (next) /* one that cannot be read is found in its turn */
        (void)!start_work(replay, &replay->works[!replay->hand], next, NULL);
    replay->append = qr_chain_end(replay->chain);
    return compare_headers(replay->append->header, &block->header, error);
}

int qr_replay_block(struct qr_replay *replay, const struct qr_block *block, const struct qr_block *next, struct qr_error *error)
{
    int code = execute(replay, block, next, error);
    drop(replay, &replay->works[replay->hand]);
    if (code)
        qr_chain_abort(replay->chain);
    return code;
}
