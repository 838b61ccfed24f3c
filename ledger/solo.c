#include "ledger/solo.h"

struct entry {
    uint64_t token;
    size_t size;
    uint8_t *bytes;
    struct qr_transaction transaction; /* points into bytes */
    struct qr_prepared *prepared;
    bool included;
    uint64_t stands; /* height of the block that held it before; 0: none */
    struct qr_error error; /* code 0: fine so far */
};

struct qr_solo {
    struct qr_solo_setup setup;
    struct qr_header head;
    struct qr_hash genesis;
    struct entry *queue; /* a ring */
    size_t first;
    size_t n;
    size_t bytes;
    uint64_t refused; /* token of the last submission that was refused; 0: none */
};

struct qr_solo *qr_solo_new(const struct qr_solo_setup *setup)
{
    struct qr_solo *solo = qr_alloc(1, sizeof *solo);
    solo->setup = *setup;
    solo->head = *setup->head;
    solo->genesis = *setup->genesis;
    solo->queue = qr_alloc(QR_SOLO_QUEUE_MAX, sizeof *solo->queue);
    return solo;
}

static struct entry *entry_at(const struct qr_solo *solo, size_t i)
{
    return &solo->queue[(solo->first + i) % QR_SOLO_QUEUE_MAX];
}

static void entry_done(struct qr_solo *solo, struct entry *entry)
{
    if (entry->prepared)
        solo->setup.app->forget(solo->setup.app->context, entry->prepared);
    free(entry->bytes);
    entry->bytes = NULL;
    entry->prepared = NULL;
}

void qr_solo_free(struct qr_solo *solo)
{
    if (!solo)
        return;
    for (size_t i = 0; i < solo->n; i++)
        entry_done(solo, entry_at(solo, i));
    free(solo->queue);
    free(solo);
}

const struct qr_header *qr_solo_head(const struct qr_solo *solo)
{
    return &solo->head;
}

size_t qr_solo_waiting(const struct qr_solo *solo)
{
    return solo->n;
}

int qr_solo_submit(struct qr_solo *solo, const void *bytes, size_t size, uint64_t token, struct qr_error *error)
{
    if (solo->n == QR_SOLO_QUEUE_MAX || solo->bytes + size > QR_SOLO_QUEUE_BYTES_MAX) {
        qr_fail(error, QR_EBUSY, "%zu transactions wait already", solo->n);
        return qr_hint(error, "try again in a moment");
    }
    struct entry entry = {.token = token, .size = size, .bytes = qr_memdup(bytes, size)};
    int code = qr_transaction_read(entry.bytes, size, &entry.transaction, error);
    if (code) {
        free(entry.bytes);
        return code;
    }
    *entry_at(solo, solo->n++) = entry;
    solo->bytes += size;
    return 0;
}

bool qr_solo_due(const struct qr_solo *solo, int64_t now)
{
    return solo->n > 0 || solo->setup.app->deadline(solo->setup.app->context) <= now;
}

/* How many of those that wait go into the next block. */
static size_t take_count(const struct qr_solo *solo)
{
    size_t n = 0, bytes = 0;
    while (n < solo->n && n < QR_BLOCK_TRANSACTIONS_MAX) {
        bytes += entry_at(solo, n)->size;
        if (n > 0 && bytes > QR_BLOCK_BYTES_MAX)
            break;
        n++;
    }
    return n;
}

static void prepare_one(void *context, size_t i)
{
    struct qr_solo *solo = context;
    struct entry *entry = entry_at(solo, i);
    const struct qr_app *app = solo->setup.app;
    (void)!app->prepare(app->context, &entry->transaction, &entry->prepared, &entry->error);
}

/* The block that holds the transaction already, this one (being made at `height`) included; 0 when none does. */
static uint64_t find_standing(const struct qr_solo *solo, size_t before, const struct entry *entry, uint64_t height)
{
    uint64_t found = 0;
    size_t position;
    struct qr_hash id;
    const struct qr_transaction *transaction = &entry->transaction;
    if (qr_store_find_use(solo->setup.store, &transaction->signer, transaction->replay, &found, &id, NULL) == 0)
        return qr_hash_equal(&id, &transaction->id) ? found : 0;
    for (size_t i = 0; i < before; i++) {
        const struct entry *other = entry_at(solo, i);
        if (other->included && qr_hash_equal(&other->transaction.id, &transaction->id))
            return height;
    }
    if (qr_store_find_transaction(solo->setup.store, &transaction->id, 2 * QR_HASH_SIZE, &found, &position, NULL) != 0)
        return 0;
    return found;
}

static bool may_stand(enum qr_code code)
{
    return code == QR_EDUPLICATE || code == QR_ESEQUENCE || code == QR_EEXPIRED;
}

static void apply_one(struct qr_solo *solo, size_t i, uint64_t height)
{
    const struct qr_app *app = solo->setup.app;
    struct entry *entry = entry_at(solo, i);
    if (solo->refused && solo->refused == entry->token) {
        qr_fail(&entry->error, QR_EREFUSED, "not tried, because one before it was refused");
        return;
    }
    if (entry->error.code == QR_OK)
        (void)!app->apply(app->context, &entry->transaction, entry->prepared, &entry->error);
    entry->included = entry->error.code == QR_OK;
    if (may_stand(entry->error.code))
        entry->stands = find_standing(solo, i, entry, height);
    if (!entry->included && !entry->stands)
        solo->refused = entry->token;
}

/* Applies in order and gathers what went in. */
static size_t apply_all(struct qr_solo *solo, size_t n, uint64_t height, struct qr_span *transactions)
{
    size_t included = 0;
    for (size_t i = 0; i < n; i++) {
        struct entry *entry = entry_at(solo, i);
        apply_one(solo, i, height);
        if (entry->included)
            transactions[included++] = (struct qr_span){.bytes = entry->bytes, .size = entry->size};
    }
    return included;
}

static void answer_all(struct qr_solo *solo, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct entry *entry = entry_at(solo, i);
        struct qr_solo_answer answer = {
            .token = entry->token,
            .id = &entry->transaction.id,
            .height = entry->included ? solo->head.height : entry->stands,
            .replayed = entry->stands != 0,
            .error = entry->included || entry->stands ? NULL : &entry->error,
        };
        solo->bytes -= entry->size;
        if (solo->setup.answer)
            solo->setup.answer(solo->setup.context, &answer);
        entry_done(solo, entry);
    }
    solo->first = (solo->first + n) % QR_SOLO_QUEUE_MAX;
    solo->n -= n;
    if (solo->n == 0 || entry_at(solo, 0)->token != solo->refused)
        solo->refused = 0; /* what belongs together was queued together: the token may come again for something else */
}

static size_t uses_of(struct qr_solo *solo, size_t n, struct qr_operator_use *uses)
{
    const struct qr_app *app = solo->setup.app;
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        const struct entry *entry = entry_at(solo, i);
        const struct qr_transaction *transaction = &entry->transaction;
        if (entry->included && app->sequenced(app->context, transaction))
            uses[found++] = (struct qr_operator_use){
                .key = transaction->signer, .sequence = transaction->replay, .id = transaction->id};
    }
    return found;
}

/* Ends the block and puts it on the disk. */
static int seal(struct qr_solo *solo, struct qr_header *header, const struct qr_span *transactions, size_t included,
                size_t taken, struct qr_error *error)
{
    const struct qr_app *app = solo->setup.app;
    const struct qr_leaves *leaves;
    app->end(app->context, &header->app_hash, &leaves);
    for (size_t i = 0; i < leaves->n; i++)
        qr_merkle_log_append(solo->setup.log, &leaves->hashes[i]);
    header->log_size = qr_merkle_log_size(solo->setup.log);
    header->log_root = qr_merkle_log_root(solo->setup.log);
    header->transactions_root = qr_transactions_root(transactions, included);

    struct qr_operator_use *uses = qr_alloc(taken, sizeof *uses);
    struct qr_checkpoint checkpoint = qr_checkpoint_of(header, &solo->genesis);
    struct qr_note_signature signature;
    if (solo->setup.key)
        qr_checkpoint_sign(&checkpoint, solo->setup.key, &signature);
    struct qr_append append = {
        .header = header,
        .transactions = transactions,
        .n = included,
        .leaves = leaves,
        .log = solo->setup.log,
        .state = app->state(app->context),
        .uses = uses,
        .n_uses = uses_of(solo, taken, uses),
        .signatures = &signature,
        .n_signatures = solo->setup.key ? 1 : 0,
    };
    int code = qr_store_append(solo->setup.store, &append, error);
    free(uses);
    return code;
}

int qr_solo_cut(struct qr_solo *solo, int64_t now, bool *ret_made, struct qr_error *error)
{
    const struct qr_app *app = solo->setup.app;
    bool due = app->deadline(app->context) <= now;
    struct qr_header header = solo->head;
    header.height++;
    header.time = now > solo->head.time ? now : solo->head.time + 1;
    header.previous = qr_header_hash(&solo->head);

    size_t taken = take_count(solo);
    qr_workers_run(solo->setup.workers, taken, prepare_one, solo);
    struct qr_span *transactions = qr_alloc(taken, sizeof *transactions);
    int code = app->begin(app->context, header.height, header.time, error);
    size_t included = code ? 0 : apply_all(solo, taken, header.height, transactions);
    bool made = code == 0 && (included > 0 || due);
    if (made)
        code = seal(solo, &header, transactions, included, taken, error);
    free(transactions);
    if (code || !made) {
        app->abort(app->context);
        qr_merkle_log_rollback(solo->setup.log);
    } else {
        app->commit(app->context);
        qr_merkle_log_flush(solo->setup.log);
        solo->head = header;
    }
    if (code)
        return code;
    answer_all(solo, taken);
    *ret_made = made;
    return 0;
}
