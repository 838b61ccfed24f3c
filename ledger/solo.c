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
    struct qr_workers *alone; /* when none were lent: the calling thread */
    struct entry *queue;      /* a ring */
    size_t first;
    size_t n;
    size_t bytes;
    uint64_t refused; /* token of the last submission that was refused; 0: none */
};

struct qr_solo *qr_solo_new(const struct qr_solo_setup *setup)
{
    struct qr_solo *solo = qr_alloc(1, sizeof *solo);
    solo->setup = *setup;
    if (!setup->workers)
        solo->setup.workers = solo->alone = qr_workers_new(1);
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
    qr_workers_free(solo->alone);
    free(solo->queue);
    free(solo);
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
    for (size_t i = 0; i < before; i++) {
        const struct entry *other = entry_at(solo, i);
        if (other->included && qr_hash_equal(&other->transaction.id, &entry->transaction.id))
            return height;
    }
    return qr_chain_find(solo->setup.chain, &entry->transaction);
}

static bool may_stand(enum qr_code code)
{
    return code == QR_EDUPLICATE || code == QR_ESEQUENCE || code == QR_EEXPIRED;
}

static void apply_one(struct qr_solo *solo, size_t i, uint64_t height)
{
    struct entry *entry = entry_at(solo, i);
    struct qr_span encoded = {.bytes = entry->bytes, .size = entry->size};
    if (solo->refused && solo->refused == entry->token) {
        qr_fail(&entry->error, QR_EREFUSED, "not tried, because one before it was refused");
        return;
    }
    if (entry->error.code == QR_OK)
        (void)!qr_chain_apply(solo->setup.chain, &entry->transaction, &encoded, entry->prepared, &entry->error);
    entry->included = entry->error.code == QR_OK;
    if (may_stand(entry->error.code))
        entry->stands = find_standing(solo, i, entry, height);
    if (!entry->included && !entry->stands)
        solo->refused = entry->token;
}

/* Applies in order, each as soon as it is prepared. */
static void apply_all(struct qr_solo *solo, size_t n, uint64_t height)
{
    for (size_t i = 0; i < n; i++) {
        qr_workers_wait(solo->setup.workers, i);
        apply_one(solo, i, height);
    }
}

static void answer_all(struct qr_solo *solo, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct entry *entry = entry_at(solo, i);
        struct qr_answer answer = {
            .token = entry->token,
            .id = &entry->transaction.id,
            .height = entry->included ? qr_chain_head(solo->setup.chain)->height : entry->stands,
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

int qr_solo_cut(struct qr_solo *solo, int64_t now, bool *ret_made, struct qr_error *error)
{
    const struct qr_app *app = solo->setup.app;
    bool due = app->deadline(app->context) <= now;
    size_t taken = take_count(solo);
    qr_workers_start(solo->setup.workers, taken, prepare_one, solo);
    int code = qr_chain_begin(solo->setup.chain, qr_chain_time(solo->setup.chain, now), error);
    if (code == 0)
        apply_all(solo, taken, qr_chain_head(solo->setup.chain)->height + 1);
    qr_workers_finish(solo->setup.workers);
    if (code)
        return code;
    bool made = qr_chain_included(solo->setup.chain) > 0 || due;
    if (made) {
        qr_chain_end(solo->setup.chain);
        code = qr_chain_commit(solo->setup.chain, error);
    } else {
        qr_chain_abort(solo->setup.chain);
    }
    if (code)
        return code;
    answer_all(solo, taken);
    *ret_made = made;
    return 0;
}
