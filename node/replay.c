#include "node/replay.h"

#include "ledger/merkle.h"

struct qr_replay {
    struct qr_node *node;
    const struct qr_app *app;
    struct qr_workers *workers;
    struct qr_merkle_log *log;
    struct qr_header head;
    struct qr_append append;
    struct qr_span genesis;
    struct qr_span *spans;          /* encoded transactions of the block at hand */
    struct qr_operator_use *uses;
    struct qr_transaction *transactions;
    struct qr_prepared **prepared;
    struct qr_error *errors;
};

int qr_replay_new(const struct qr_node_setup *setup, struct qr_replay **ret_replay, struct qr_error *error)
{
    QR_CLEANUP(qr_replay_freep) struct qr_replay *replay = qr_alloc(1, sizeof *replay);
    int code = qr_node_new(setup, &replay->node, error);
    if (code)
        return code;
    replay->app = qr_node_app(replay->node);
    replay->workers = setup->workers;
    replay->log = qr_merkle_log_new();
    replay->genesis = setup->genesis;
    replay->append = (struct qr_append){.header = &replay->head,
                                        .log = replay->log,
                                        .state = qr_node_state(replay->node),
                                        .genesis = &replay->genesis};
    qr_node_genesis_block(replay->node, replay->log, &replay->head, &replay->append.leaves);
    *ret_replay = replay;
    replay = NULL;
    return 0;
}

static void drop_block(struct qr_replay *replay)
{
    free(replay->spans);
    free(replay->uses);
    free(replay->transactions);
    free(replay->prepared);
    free(replay->errors);
    replay->spans = NULL;
    replay->uses = NULL;
    replay->transactions = NULL;
    replay->prepared = NULL;
    replay->errors = NULL;
}

void qr_replay_free(struct qr_replay *replay)
{
    if (!replay)
        return;
    drop_block(replay);
    qr_merkle_log_free(replay->log);
    qr_node_free(replay->node);
    free(replay);
}

void qr_replay_freep(struct qr_replay **replay)
{
    qr_replay_free(*replay);
}

const struct qr_append *qr_replay_append(const struct qr_replay *replay)
{
    return &replay->append;
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
    return &replay->head;
}

void qr_replay_next(struct qr_replay *replay)
{
    replay->app->commit(replay->app->context);
    qr_merkle_log_flush(replay->log);
    drop_block(replay);
    replay->append.genesis = NULL;
}

static void prepare_one(void *context, size_t i)
{
    struct qr_replay *replay = context;
    (void)!replay->app->prepare(replay->app->context, &replay->transactions[i], &replay->prepared[i],
                                &replay->errors[i]);
}

static int prepare_all(struct qr_replay *replay, const struct qr_block *block, struct qr_error *error)
{
    replay->spans = qr_memdup(block->transactions, block->n * sizeof *block->transactions);
    replay->transactions = qr_alloc(block->n, sizeof *replay->transactions);
    replay->prepared = qr_alloc(block->n, sizeof *replay->prepared);
    replay->errors = qr_alloc(block->n, sizeof *replay->errors);
    replay->uses = qr_alloc(block->n, sizeof *replay->uses);
    for (size_t i = 0; i < block->n; i++) {
        int code =
            qr_transaction_read(block->transactions[i].bytes, block->transactions[i].size, &replay->transactions[i], error);
        if (code)
            return code;
    }
    qr_workers_run(replay->workers, block->n, prepare_one, replay);
    return 0;
}

static int apply_all(struct qr_replay *replay, size_t n, struct qr_error *error)
{
    replay->append.n_uses = 0;
    for (size_t i = 0; i < n; i++) {
        const struct qr_transaction *transaction = &replay->transactions[i];
        struct qr_error *cause = &replay->errors[i];
        if (cause->code == QR_OK)
            (void)!replay->app->apply(replay->app->context, transaction, replay->prepared[i], cause);
        if (cause->code != QR_OK)
            return qr_fail(error, QR_EINVALID, "transaction %zu of the block is not valid: %s", i, cause->text);
        if (replay->app->sequenced(replay->app->context, transaction))
            replay->uses[replay->append.n_uses++] = (struct qr_operator_use){
                .key = transaction->signer, .sequence = transaction->replay, .id = transaction->id};
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

static int execute(struct qr_replay *replay, const struct qr_block *block, struct qr_header *ret_header,
                   struct qr_error *error)
{
    struct qr_header header = replay->head;
    header.height++;
    header.time = block->header.time;
    header.previous = qr_header_hash(&replay->head);
    if (header.time <= replay->head.time)
        return qr_fail(error, QR_EINVALID, "the block's time is not after the one before");
    int code = prepare_all(replay, block, error);
    if (code == 0)
        code = replay->app->begin(replay->app->context, header.height, header.time, error);
    if (code)
        return code;
    code = apply_all(replay, block->n, error);
    replay->app->end(replay->app->context, &header.app_hash, &replay->append.leaves);
    for (size_t i = 0; i < replay->append.leaves->n; i++)
        qr_merkle_log_append(replay->log, &replay->append.leaves->hashes[i]);
    header.transactions_root = qr_transactions_root(block->transactions, block->n);
    header.log_size = qr_merkle_log_size(replay->log);
    header.log_root = qr_merkle_log_root(replay->log);
    if (code == 0)
        code = compare_headers(&header, &block->header, error);
    if (code) {
        replay->app->abort(replay->app->context);
        qr_merkle_log_rollback(replay->log);
        return code;
    }
    *ret_header = header;
    return 0;
}

int qr_replay_block(struct qr_replay *replay, const struct qr_block *block, struct qr_error *error)
{
    drop_block(replay);
    int code = execute(replay, block, &replay->head, error);
    for (size_t i = 0; replay->prepared && i < block->n; i++)
        if (replay->prepared[i])
            replay->app->forget(replay->app->context, replay->prepared[i]);
    if (code)
        return code;
    replay->append.transactions = replay->spans;
    replay->append.n = block->n;
    replay->append.uses = replay->uses;
    return 0;
}
