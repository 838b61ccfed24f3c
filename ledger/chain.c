#include "ledger/chain.h"

#include "ledger/merkle.h"

struct qr_chain {
    struct qr_chain_setup setup;
    struct qr_header head;
    struct qr_hash genesis;
    bool open;
    struct qr_header header;    /* of the open block */
    struct qr_span *encoded;    /* its transactions, QR_BLOCK_TRANSACTIONS_MAX of room */
    struct qr_operator_use *uses;
    struct qr_append append;
    struct qr_note_signature signatures[QR_NOTE_SIGNATURES_MAX];
};

struct qr_chain *qr_chain_new(const struct qr_chain_setup *setup)
{
    struct qr_chain *chain = qr_alloc(1, sizeof *chain);
    chain->setup = *setup;
    chain->head = *setup->head;
    chain->genesis = *setup->genesis;
    chain->encoded = qr_alloc(QR_BLOCK_TRANSACTIONS_MAX, sizeof *chain->encoded);
    chain->uses = qr_alloc(QR_BLOCK_TRANSACTIONS_MAX, sizeof *chain->uses);
    return chain;
}

void qr_chain_free(struct qr_chain *chain)
{
    if (!chain)
        return;
    free(chain->encoded);
    free(chain->uses);
    free(chain);
}

const struct qr_header *qr_chain_head(const struct qr_chain *chain)
{
    return &chain->head;
}

bool qr_chain_is_open(const struct qr_chain *chain)
{
    return chain->open;
}

int64_t qr_chain_time(const struct qr_chain *chain, int64_t time)
{
    return time > chain->head.time ? time : chain->head.time + 1;
}

size_t qr_chain_included(const struct qr_chain *chain)
{
    return chain->append.n;
}

int qr_chain_begin(struct qr_chain *chain, int64_t time, struct qr_error *error)
{
    const struct qr_app *app = chain->setup.app;
    if (time <= chain->head.time)
        return qr_fail(error, QR_EINVALID, "the block's time is not after the one before");
    chain->header = chain->head;
    chain->header.height++;
    chain->header.time = time;
    chain->header.previous = qr_header_hash(&chain->head);
    chain->append = (struct qr_append){
        .header = &chain->header,
        .transactions = chain->encoded,
        .log = chain->setup.log,
        .state = app->state(app->context),
        .uses = chain->uses,
        .signatures = chain->signatures,
    };
    chain->open = true;
    int code = app->begin(app->context, chain->header.height, time, error);
    if (code)
        qr_chain_abort(chain);
    return code;
}

int qr_chain_apply(struct qr_chain *chain, const struct qr_transaction *transaction, const struct qr_span *encoded,
                   const struct qr_prepared *prepared, struct qr_error *error)
{
    const struct qr_app *app = chain->setup.app;
    if (chain->append.n == QR_BLOCK_TRANSACTIONS_MAX)
        return qr_fail(error, QR_ELIMIT, "a block holds at most %d transactions", QR_BLOCK_TRANSACTIONS_MAX);
    int code = app->apply(app->context, transaction, prepared, error);
    if (code)
        return code;
    chain->encoded[chain->append.n++] = *encoded;
    if (app->sequenced(app->context, transaction))
        chain->uses[chain->append.n_uses++] = (struct qr_operator_use){
            .key = transaction->signer, .sequence = transaction->replay, .id = transaction->id};
    return 0;
}

const struct qr_append *qr_chain_end(struct qr_chain *chain)
{
    const struct qr_app *app = chain->setup.app;
    struct qr_header *header = &chain->header;
    chain->append.leaves = app->end(app->context);
    for (size_t i = 0; i < chain->append.leaves->n; i++)
        qr_merkle_log_append(chain->setup.log, &chain->append.leaves->hashes[i]);
    header->log_size = qr_merkle_log_size(chain->setup.log);
    header->log_root = qr_merkle_log_root(chain->setup.log);
    header->transactions_root = qr_transactions_root(chain->encoded, chain->append.n);
    header->app_hash = app->seal(app->context, header);
    if (chain->setup.key && app->signs(app->context, qr_key_public(chain->setup.key))) {
        struct qr_checkpoint checkpoint = qr_checkpoint_of(header, &chain->genesis);
        qr_checkpoint_sign(&checkpoint, chain->setup.key, &chain->signatures[0]);
        chain->append.n_signatures = 1;
    }
    return &chain->append;
}

void qr_chain_witness(struct qr_chain *chain, const struct qr_note_signature *line)
{
    if (chain->append.n_signatures < QR_NOTE_SIGNATURES_MAX)
        chain->signatures[chain->append.n_signatures++] = *line;
}

int qr_chain_commit(struct qr_chain *chain, struct qr_error *error)
{
    const struct qr_app *app = chain->setup.app;
    int code = chain->setup.store ? qr_store_append(chain->setup.store, &chain->append, error) : 0;
    if (code) {
        qr_chain_abort(chain);
        return code;
    }
    app->commit(app->context);
    qr_merkle_log_flush(chain->setup.log);
    chain->head = chain->header;
    chain->open = false;
    return 0;
}

void qr_chain_abort(struct qr_chain *chain)
{
    const struct qr_app *app = chain->setup.app;
    if (!chain->open)
        return;
    app->abort(app->context);
    qr_merkle_log_rollback(chain->setup.log);
    chain->open = false;
}

uint64_t qr_chain_find(const struct qr_chain *chain, const struct qr_transaction *transaction)
{
    uint64_t height = 0;
    size_t position;
    struct qr_hash id;
    struct qr_store *store = chain->setup.store;
    if (qr_store_find_use(store, &transaction->signer, transaction->replay, &height, &id, NULL) == 0)
        return qr_hash_equal(&id, &transaction->id) ? height : 0;
    if (qr_store_find_transaction(store, &transaction->id, 2 * QR_HASH_SIZE, &height, &position, NULL) != 0)
        return 0;
    return height;
}
