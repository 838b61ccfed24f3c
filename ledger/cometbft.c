#include "ledger/cometbft.h"

#include "ledger/table.h"

enum {
    TRANSACTION_OVERHEAD = 6,     /* bytes that CometBFT counts for a transaction beside its own, at most */
    PREPARED_WEIGHT = 16,         /* bytes of memory for a byte of a transaction: a batch's leaves are about so much larger */
    PENDING_BYTES_MAX = 64 << 20, /* of submissions that wait */
    RESEND_SCAN_MS = 1000,
};

static const char tick_word[] = "quorate tick ";

/* A transaction whose costly checks were made. */
struct item {
    struct qr_table_entry entry; /* by SHA-256 of the bytes */
    uint8_t *bytes;
    size_t size;
    struct qr_transaction transaction; /* points into bytes */
    bool checked;
    struct qr_prepared *prepared;
    struct qr_error error; /* of reading or of the checks; code 0: fine */
    unsigned pins;
};

/* A transaction that a client of this node waits for. */
struct submission {
    struct qr_table_entry entry; /* by the transaction's id */
    uint64_t token;
    uint8_t *bytes;
    size_t size;
    struct qr_transaction transaction; /* points into bytes */
    int64_t since;
    int64_t sent; /* 0: not yet */
    bool answered; /* stays only until it leaves the queue */
    struct submission *next; /* in a queue; NULL at its end */
    bool queued;
};

struct queue {
    struct submission *first, *last;
};

struct qr_cometbft {
    struct qr_cometbft_setup setup;
    struct qr_table items;
    size_t items_bytes;
    struct qr_table pending;
    size_t pending_bytes;
    struct queue unchecked, unsent;
    int64_t taken;     /* when transactions were last taken */
    int64_t scanned;   /* when those to be sent again were last looked for */
    int64_t committed; /* when the last block was */
    struct item **block; /* of the open block, pinned */
    size_t n_block;
    struct qr_error *results; /* of the open block, one a transaction */
};

/* ---- What was checked before ---- */

static void item_free(struct qr_cometbft *comet, struct item *item)
{
    qr_table_remove(&comet->items, &item->entry);
    comet->items_bytes -= PREPARED_WEIGHT * item->size;
    if (item->prepared)
        comet->setup.app->forget(comet->setup.app->context, item->prepared);
    free(item->bytes);
    free(item);
}

static struct item *item_of(struct qr_cometbft *comet, const struct qr_span *bytes)
{
    struct qr_hash key = qr_sha256(bytes->bytes, bytes->size);
    struct item *item = (struct item *)qr_table_find(&comet->items, &key);
    if (item)
        return item;
    item = qr_alloc(1, sizeof *item);
    item->bytes = qr_memdup(bytes->bytes, bytes->size);
    item->size = bytes->size;
    item->checked = qr_transaction_read(item->bytes, item->size, &item->transaction, &item->error) != 0;
    qr_table_add(&comet->items, &item->entry, &key);
    comet->items_bytes += PREPARED_WEIGHT * item->size;
    return item;
}

struct checks {
    const struct qr_app *app;
    struct item **items;
};

static void check_one(void *context, size_t i)
{
    struct checks *checks = context;
    struct item *item = checks->items[i];
    (void)!checks->app->prepare(checks->app->context, &item->transaction, &item->prepared, &item->error);
}

/* Finds or makes the item of each and pins it; released with release_items. */
static struct item **take_items(struct qr_cometbft *comet, const struct qr_span *transactions, size_t n)
{
    struct item **items = qr_alloc(n, sizeof *items);
    QR_CLEANUP(qr_freep) struct item **fresh = qr_alloc(n, sizeof *fresh);
    size_t n_fresh = 0;
    for (size_t i = 0; i < n; i++) {
        items[i] = item_of(comet, &transactions[i]);
        items[i]->pins++;
        if (!items[i]->checked)
            fresh[n_fresh++] = items[i];
        items[i]->checked = true;
    }
    struct checks checks = {.app = comet->setup.app, .items = fresh};
    qr_workers_run(comet->setup.workers, n_fresh, check_one, &checks);
    return items;
}

static void shrink(struct qr_cometbft *comet)
{
    struct qr_table_entry *entry = comet->items.oldest;
    while (entry && (comet->items.n > QR_COMETBFT_PREPARED_MAX || comet->items_bytes > QR_COMETBFT_PREPARED_BYTES_MAX)) {
        struct item *item = (struct item *)entry;
        entry = entry->newer;
        if (item->pins == 0)
            item_free(comet, item);
    }
}

/* What failed its checks is not kept: anybody can send that. */
static void release_items(struct qr_cometbft *comet, struct item **items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (--items[i]->pins == 0 && items[i]->error.code != QR_OK)
            item_free(comet, items[i]);
    free(items);
    shrink(comet);
}

void qr_cometbft_prepare_all(struct qr_cometbft *comet, const struct qr_span *transactions, size_t n)
{
    release_items(comet, take_items(comet, transactions, n), n);
}

/* ---- Submissions ---- */

static void enqueue(struct queue *queue, struct submission *submission)
{
    submission->next = NULL;
    submission->queued = true;
    *(queue->last ? &queue->last->next : &queue->first) = submission;
    queue->last = submission;
}

static struct submission *dequeue(struct queue *queue)
{
    struct submission *submission = queue->first;
    queue->first = submission->next;
    if (!queue->first)
        queue->last = NULL;
    submission->queued = false;
    return submission;
}

static void submission_free(struct submission *submission)
{
    free(submission->bytes);
    free(submission);
}

struct qr_cometbft *qr_cometbft_new(const struct qr_cometbft_setup *setup)
{
    struct qr_cometbft *comet = qr_alloc(1, sizeof *comet);
    comet->setup = *setup;
    qr_table_init(&comet->items);
    qr_table_init(&comet->pending);
    return comet;
}

size_t qr_cometbft_pending(const struct qr_cometbft *comet)
{
    return comet->pending.n;
}

int qr_cometbft_submit(struct qr_cometbft *comet, const void *bytes, size_t size, uint64_t token, int64_t now,
                       struct qr_error *error)
{
    if (comet->pending.n == QR_COMETBFT_PENDING_MAX || comet->pending_bytes + size > PENDING_BYTES_MAX) {
        qr_fail(error, QR_EBUSY, "%zu transactions wait already", comet->pending.n);
        return qr_hint(error, "try again in a moment");
    }
    struct submission *submission = qr_alloc(1, sizeof *submission);
    *submission =
        (struct submission){.token = token, .bytes = qr_memdup(bytes, size), .size = size, .since = now};
    int code = qr_transaction_read(submission->bytes, size, &submission->transaction, error);
    if (code) {
        submission_free(submission);
        return code;
    }
    qr_table_add(&comet->pending, &submission->entry, &submission->transaction.id);
    comet->pending_bytes += size;
    enqueue(&comet->unchecked, submission);
    return 0;
}

/* Ends a submission: height 0 means refused with the error. */
static void answer(struct qr_cometbft *comet, struct submission *submission, uint64_t height, bool replayed,
                   const struct qr_error *error)
{
    struct qr_hash id = submission->transaction.id;
    struct qr_answer told = {.token = submission->token,
                             .id = &id,
                             .height = height,
                             .replayed = replayed,
                             .error = height ? NULL : error};
    qr_table_remove(&comet->pending, &submission->entry);
    comet->pending_bytes -= submission->size;
    submission->answered = true;
    if (!submission->queued)
        submission_free(submission);
    comet->setup.answer(comet->setup.context, &told);
}

static void free_queue(struct queue *queue)
{
    while (queue->first) {
        struct submission *submission = dequeue(queue);
        if (submission->answered)
            submission_free(submission);
    }
}

void qr_cometbft_free(struct qr_cometbft *comet)
{
    if (!comet)
        return;
    struct qr_error error;
    qr_fail(&error, QR_EBUSY, "the ledger ends before the transaction is in a block");
    qr_hint(&error, "send it again: it counts once");
    qr_cometbft_abandon(comet);
    free_queue(&comet->unchecked);
    free_queue(&comet->unsent);
    while (comet->pending.oldest)
        answer(comet, (struct submission *)comet->pending.oldest, 0, false, &error);
    while (comet->items.oldest)
        item_free(comet, (struct item *)comet->items.oldest);
    qr_table_done(&comet->pending);
    qr_table_done(&comet->items);
    free(comet);
}

static void answer_all(struct qr_cometbft *comet, const struct qr_transaction *transaction, uint64_t height, bool replayed,
                       const struct qr_error *error)
{
    struct qr_table_entry *entry;
    while ((entry = qr_table_find(&comet->pending, &transaction->id)))
        answer(comet, (struct submission *)entry, height, replayed, error);
}

/* A transaction that will not come into a block any more: whoever waits for it is told, unless it stands in one already. */
static void refuse(struct qr_cometbft *comet, const struct qr_transaction *transaction, const struct qr_error *error)
{
    if (!qr_table_find(&comet->pending, &transaction->id))
        return;
    uint64_t height = qr_chain_find(comet->setup.chain, transaction);
    answer_all(comet, transaction, height, height != 0, error);
}

static int check_item(const struct qr_cometbft *comet, const struct item *item, struct qr_error *error)
{
    const struct qr_app *app = comet->setup.app;
    if (item->error.code != QR_OK) {
        *error = item->error;
        return item->error.code;
    }
    return app->check(app->context, qr_chain_head(comet->setup.chain)->height + 1, &item->transaction, error);
}

static void settle_new(struct qr_cometbft *comet)
{
    size_t n = 0;
    for (struct submission *at = comet->unchecked.first; at; at = at->next)
        n++;
    QR_CLEANUP(qr_freep) struct qr_span *spans = qr_alloc(n, sizeof *spans);
    size_t filled = 0;
    for (struct submission *at = comet->unchecked.first; at; at = at->next)
        spans[filled++] = (struct qr_span){.bytes = at->bytes, .size = at->size};
    struct item **items = take_items(comet, spans, n);
    for (size_t i = 0; i < n; i++) {
        struct submission *submission = dequeue(&comet->unchecked);
        struct qr_error error = {.code = QR_OK};
        if (submission->answered)
            submission_free(submission);
        else if (check_item(comet, items[i], &error) == 0)
            enqueue(&comet->unsent, submission);
        else
            refuse(comet, &items[i]->transaction, &error);
    }
    release_items(comet, items, n);
}

static void settle_old(struct qr_cometbft *comet, int64_t now)
{
    struct qr_error error;
    qr_fail(&error, QR_ETIMEOUT, "the transaction is in no block after %d s", QR_COMETBFT_PENDING_MS / 1000);
    qr_hint(&error, "more than two thirds of the validators must be up; send it again, it counts once");
    while (comet->pending.oldest) {
        struct submission *oldest = (struct submission *)comet->pending.oldest;
        if (now - oldest->since < QR_COMETBFT_PENDING_MS)
            return;
        answer(comet, oldest, 0, false, &error);
    }
}

void qr_cometbft_settle(struct qr_cometbft *comet, int64_t now)
{
    if (comet->unchecked.first)
        settle_new(comet);
    settle_old(comet, now);
}

/* Puts those that were sent and match back into the queue. */
static void requeue(struct qr_cometbft *comet, int64_t sent_from, int64_t sent_until)
{
    for (struct qr_table_entry *entry = comet->pending.oldest; entry; entry = entry->newer) {
        struct submission *submission = (struct submission *)entry;
        if (!submission->queued && submission->sent >= sent_from && submission->sent <= sent_until)
            enqueue(&comet->unsent, submission);
    }
}

size_t qr_cometbft_take(struct qr_cometbft *comet, int64_t now, struct qr_span *ret_spans, size_t most, size_t bytes_max)
{
    size_t n = 0, bytes = 0;
    if (now - comet->scanned >= RESEND_SCAN_MS) {
        comet->scanned = now;
        requeue(comet, 1, now - QR_COMETBFT_RESEND_MS);
    }
    while (n < most && bytes < bytes_max && comet->unsent.first) {
        struct submission *submission = dequeue(&comet->unsent);
        if (submission->answered) {
            submission_free(submission);
            continue;
        }
        submission->sent = now;
        bytes += submission->size;
        ret_spans[n++] = (struct qr_span){.bytes = submission->bytes, .size = submission->size};
    }
    if (n > 0)
        comet->taken = now;
    return n;
}

void qr_cometbft_retake(struct qr_cometbft *comet)
{
    requeue(comet, comet->taken, comet->taken);
}

/* ---- Ticks ---- */

bool qr_cometbft_tick(const struct qr_cometbft *comet, int64_t now, char ret_tick[QR_TICK_MAX], size_t *ret_size)
{
    const struct qr_app *app = comet->setup.app;
    int64_t deadline = app->deadline(app->context);
    if (deadline > now)
        return false;
    *ret_size = (size_t)snprintf(ret_tick, QR_TICK_MAX, "%s%" PRId64, tick_word, deadline);
    return true;
}

static bool is_tick(const struct qr_span *bytes)
{
    return bytes->size > strlen(tick_word) && bytes->size < QR_TICK_MAX &&
           memcmp(bytes->bytes, tick_word, strlen(tick_word)) == 0;
}

static int check_tick(const struct qr_cometbft *comet, const struct qr_span *bytes, int64_t now, struct qr_error *error)
{
    char tick[QR_TICK_MAX];
    size_t size;
    if (qr_cometbft_tick(comet, now, tick, &size) && size == bytes->size && memcmp(tick, bytes->bytes, size) == 0)
        return 0;
    return qr_fail(error, QR_ENOT_DUE, "no such deadline has passed");
}

/* ---- What CometBFT asks ---- */

int qr_cometbft_check(struct qr_cometbft *comet, const struct qr_span *transaction, int64_t now, struct qr_error *error)
{
    if (is_tick(transaction))
        return check_tick(comet, transaction, now, error);
    struct item **items = take_items(comet, transaction, 1);
    int code = check_item(comet, items[0], error);
    if (code && items[0]->error.code != QR_EFORMAT)
        refuse(comet, &items[0]->transaction, error);
    release_items(comet, items, 1);
    return code;
}

/* Applies an item in its turn. */
static int apply(struct qr_cometbft *comet, struct item *item, struct qr_error *error)
{
    struct qr_span encoded = {.bytes = item->bytes, .size = item->size};
    *error = item->error;
    return error->code ? error->code
                       : qr_chain_apply(comet->setup.chain, &item->transaction, &encoded, item->prepared, error);
}

/* Whether what was refused, and nothing was applied since, is something that an honest proposer leaves out. */
static bool offends(struct qr_cometbft *comet, const struct item *item, const struct qr_error *error)
{
    const struct qr_app *app = comet->setup.app;
    return item->error.code != QR_OK || error->code == QR_ELIMIT ||
           app->offends(app->context, &item->transaction, error);
}

static bool stale(const struct qr_cometbft *comet, int64_t time, int64_t now)
{
    return now - time > QR_COMETBFT_STALE_MS && now - comet->committed > QR_COMETBFT_STALE_MS;
}

struct proposal {
    struct item **items;
    size_t n;
    bool *settled; /* chosen, or left out for good */
    uint64_t room;
    size_t *order;
    size_t chosen;
};

/* One walk over what is not settled; true when another may find more, because a sequence number came into its turn. */
static bool choose(struct qr_cometbft *comet, struct proposal *proposal)
{
    size_t before = proposal->chosen;
    bool early = false;
    for (size_t i = 0; i < proposal->n; i++) {
        struct item *item = proposal->items[i];
        struct qr_error error;
        if (proposal->settled[i] || item->size + TRANSACTION_OVERHEAD > proposal->room)
            continue;
        if (apply(comet, item, &error) != 0 && offends(comet, item, &error)) {
            early = early || error.code == QR_ESEQUENCE;
            proposal->settled[i] = error.code != QR_ESEQUENCE;
            continue;
        }
        proposal->settled[i] = true;
        proposal->room -= item->size + TRANSACTION_OVERHEAD;
        proposal->order[proposal->chosen++] = i;
    }
    return early && proposal->chosen > before;
}

size_t qr_cometbft_propose(struct qr_cometbft *comet, int64_t time, const struct qr_span *transactions, size_t n,
                           uint64_t max_bytes, int64_t now, size_t *ret_order)
{
    qr_cometbft_abandon(comet);
    if (stale(comet, time, now) || qr_chain_begin(comet->setup.chain, qr_chain_time(comet->setup.chain, time), NULL) != 0)
        return 0;
    struct proposal proposal = {
        .items = take_items(comet, transactions, n),
        .n = n,
        .settled = qr_alloc(n, sizeof *proposal.settled),
        .room = max_bytes < QR_BLOCK_BYTES_MAX ? max_bytes : QR_BLOCK_BYTES_MAX,
        .order = ret_order,
    };
    while (choose(comet, &proposal))
        ;
    qr_chain_abort(comet->setup.chain);
    free(proposal.settled);
    release_items(comet, proposal.items, n);
    return proposal.chosen;
}

bool qr_cometbft_accepts(struct qr_cometbft *comet, int64_t time, const struct qr_span *transactions, size_t n,
                         struct qr_error *error)
{
    qr_cometbft_abandon(comet);
    if (qr_chain_begin(comet->setup.chain, qr_chain_time(comet->setup.chain, time), error) != 0)
        return false;
    struct item **items = take_items(comet, transactions, n);
    bool good = true;
    for (size_t i = 0; good && i < n; i++)
        good = apply(comet, items[i], error) == 0 || !offends(comet, items[i], error);
    qr_chain_abort(comet->setup.chain);
    release_items(comet, items, n);
    return good;
}

int qr_cometbft_finalize(struct qr_cometbft *comet, uint64_t height, int64_t time, const struct qr_span *transactions,
                         size_t n, struct qr_error *results, const struct qr_header **ret_header, struct qr_error *error)
{
    qr_cometbft_abandon(comet);
    uint64_t next = qr_chain_head(comet->setup.chain)->height + 1;
    if (height != next)
        return qr_fail(error, QR_ESEQUENCE, "block %" PRIu64 " was decided, but the next is %" PRIu64, height, next);
    int code = qr_chain_begin(comet->setup.chain, qr_chain_time(comet->setup.chain, time), error);
    if (code)
        return code;
    comet->block = take_items(comet, transactions, n);
    comet->n_block = n;
    comet->results = qr_alloc(n, sizeof *comet->results);
    for (size_t i = 0; i < n; i++)
        (void)!apply(comet, comet->block[i], &comet->results[i]);
    memcpy(results, comet->results, n * sizeof *results);
    *ret_header = qr_chain_end(comet->setup.chain)->header;
    return 0;
}

static void answer_block(struct qr_cometbft *comet)
{
    uint64_t height = qr_chain_head(comet->setup.chain)->height;
    for (size_t i = 0; i < comet->n_block; i++) {
        const struct qr_error *result = &comet->results[i];
        if (result->code == QR_OK)
            answer_all(comet, &comet->block[i]->transaction, height, false, NULL);
        else if (comet->block[i]->error.code == QR_OK)
            refuse(comet, &comet->block[i]->transaction, result);
    }
}

/* What stood in the block does not come again. */
static void release_block(struct qr_cometbft *comet, bool used)
{
    for (size_t i = 0; used && i < comet->n_block; i++)
        if (comet->block[i]->pins == 1 && comet->block[i]->error.code == QR_OK)
            qr_fail(&comet->block[i]->error, QR_EDUPLICATE, "the transaction stands in a block already");
    if (comet->block)
        release_items(comet, comet->block, comet->n_block);
    free(comet->results);
    comet->block = NULL;
    comet->results = NULL;
    comet->n_block = 0;
}

int qr_cometbft_commit(struct qr_cometbft *comet, int64_t now, struct qr_error *error)
{
    if (!qr_chain_is_open(comet->setup.chain))
        return qr_fail(error, QR_ESEQUENCE, "commit without a block to commit");
    int code = qr_chain_commit(comet->setup.chain, error);
    if (code == 0) {
        comet->committed = now;
        answer_block(comet);
    }
    release_block(comet, code == 0);
    return code;
}

void qr_cometbft_abandon(struct qr_cometbft *comet)
{
    qr_chain_abort(comet->setup.chain);
    release_block(comet, false);
}
