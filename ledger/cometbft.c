#include "ledger/cometbft.h"

#include "ledger/checks.h"
#include "ledger/table.h"

enum {
    BUNDLE_OVERHEAD = 6,          /* bytes that CometBFT counts for a bundle beside its own, at most */
    PENDING_BYTES_MAX = 64 << 20, /* of submissions that wait */
    RESEND_SCAN_MS = 1000,
};

static const char tick_word[] = "quorate tick ";

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

/* Bundles whose transactions are checked: parts[i] of the split is list[i]. */
struct opened {
    struct qr_bundles split;
    struct qr_checked **list;
};

struct qr_cometbft {
    struct qr_cometbft_setup setup;
    struct qr_checks *checks;
    struct qr_table pending;
    size_t pending_bytes;
    struct queue unchecked, unsent;
    int64_t scanned;   /* when those to be sent again were last looked for */
    int64_t committed; /* when the last block was */
    struct qr_table refused;  /* what a rule refused in the last block, by the transactions' ids */
    struct opened block;      /* of the open block; its parts' bytes are gone */
    struct qr_error *results; /* of the open block, one a transaction; NULL: no block is open */
};

/* ---- Bundles ---- */

/* With the head: for the mempool, where only what may come into the next block is worth the costly checks. */
static struct opened open_all(struct qr_cometbft *comet, const struct qr_span *bundles, size_t n, const struct qr_header *head)
{
    struct opened opened = {.split = qr_bundles_split(bundles, n)};
    opened.list = qr_checks_take(comet->checks, opened.split.parts, opened.split.first[n], head);
    return opened;
}

static size_t opened_count(const struct opened *opened)
{
    return opened->split.first[opened->split.n];
}

static void release(struct qr_cometbft *comet, struct opened *opened, bool spent)
{
    qr_checks_release(comet->checks, opened->list, opened_count(opened), spent);
    qr_bundles_done(&opened->split);
}

void qr_cometbft_prepare_all(struct qr_cometbft *comet, const struct qr_span *bundles, size_t n)
{
    struct opened opened = open_all(comet, bundles, n, qr_chain_head(comet->setup.chain));
    release(comet, &opened, false);
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
    comet->checks = qr_checks_new(setup->app, setup->workers);
    qr_table_init(&comet->pending);
    qr_table_init(&comet->refused);
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

static void forget_refused(struct qr_cometbft *comet)
{
    while (comet->refused.oldest) {
        struct qr_table_entry *entry = comet->refused.oldest;
        qr_table_remove(&comet->refused, entry);
        free(entry);
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
    forget_refused(comet);
    qr_table_done(&comet->refused);
    qr_table_done(&comet->pending);
    qr_checks_free(comet->checks);
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

static int check_one(const struct qr_cometbft *comet, const struct qr_checked *checked, struct qr_error *error)
{
    const struct qr_app *app = comet->setup.app;
    if (checked->error.code != QR_OK) {
        *error = checked->error;
        return error->code;
    }
    return app->check(app->context, qr_chain_head(comet->setup.chain)->height + 1, &checked->transaction, checked->prepared, error);
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
    struct qr_checked **list = qr_checks_take(comet->checks, spans, n, qr_chain_head(comet->setup.chain));
    for (size_t i = 0; i < n; i++) {
        struct submission *submission = dequeue(&comet->unchecked);
        struct qr_error error = {.code = QR_OK};
        if (submission->answered)
            submission_free(submission);
        else if (check_one(comet, list[i], &error) == 0)
            enqueue(&comet->unsent, submission);
        else if (list[i]->error.code != QR_OK) /* the id is of the body: others may wait for it under a signature that holds */
            answer(comet, submission, 0, false, &error);
        else
            refuse(comet, &list[i]->transaction, &error);
    }
    qr_checks_release(comet->checks, list, n, false);
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

/* Puts those that were sent then back into the queue. */
static void requeue(struct qr_cometbft *comet, int64_t sent_from, int64_t sent_until)
{
    for (struct qr_table_entry *entry = comet->pending.oldest; entry; entry = entry->newer) {
        struct submission *submission = (struct submission *)entry;
        if (!submission->queued && submission->sent >= sent_from && submission->sent <= sent_until)
            enqueue(&comet->unsent, submission);
    }
}

size_t qr_cometbft_take(struct qr_cometbft *comet, int64_t now, struct qr_buffer *bundle)
{
    size_t n = 0, start = bundle->size;
    if (now - comet->scanned >= RESEND_SCAN_MS) {
        comet->scanned = now;
        requeue(comet, 1, now - QR_COMETBFT_RESEND_MS);
    }
    while (comet->unsent.first &&
           (n == 0 || bundle->size - start + comet->unsent.first->size <= QR_BUNDLE_BYTES)) {
        struct submission *submission = dequeue(&comet->unsent);
        if (submission->answered) {
            submission_free(submission);
            continue;
        }
        submission->sent = now;
        qr_buffer_add(bundle, submission->bytes, submission->size);
        n++;
    }
    return n;
}

void qr_cometbft_retake(struct qr_cometbft *comet, int64_t since)
{
    requeue(comet, since > 0 ? since : 1, INT64_MAX);
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

/* Whoever waits for what does not come into a block any more is told; bytes that nobody signed say nothing of what has the same id. */
static int check_part(struct qr_cometbft *comet, const struct qr_checked *checked, bool again, struct qr_error *error)
{
    if (again && qr_table_find(&comet->refused, &checked->transaction.id))
        return qr_fail(error, QR_EREFUSED, "the last block held the transaction, and a rule refused it");
    int code = check_one(comet, checked, error);
    if (code && checked->error.code == QR_OK)
        refuse(comet, &checked->transaction, error);
    return code;
}

int qr_cometbft_check(struct qr_cometbft *comet, const struct qr_span *bundle, bool again, int64_t now, struct qr_error *error)
{
    if (is_tick(bundle))
        return check_tick(comet, bundle, now, error);
    struct opened opened = open_all(comet, bundle, 1, qr_chain_head(comet->setup.chain));
    struct qr_error first = {.code = QR_OK}, permanent = {.code = QR_OK};
    bool any = false;
    for (size_t i = 0; i < opened_count(&opened); i++) {
        struct qr_error refusal = {.code = QR_OK};
        any = check_part(comet, opened.list[i], again, &refusal) == 0 || any;
        if (first.code == QR_OK)
            first = refusal;
        if (opened.list[i]->error.code != QR_OK || refusal.code == QR_EMISMATCH)
            permanent = refusal;
    }
    release(comet, &opened, false);
    if (any && permanent.code == QR_OK)
        return 0;
    *error = permanent.code ? permanent : first;
    return error->code;
}

/* Applies a transaction in its turn. */
static int apply(struct qr_cometbft *comet, struct qr_checked *checked, struct qr_error *error)
{
    if (checked->error.code != QR_OK) {
        *error = checked->error;
        return error->code;
    }
    return qr_chain_apply(comet->setup.chain, &checked->transaction, &checked->encoded, checked->prepared, error);
}

/* Whether what was refused, and nothing was applied since, is something that an honest proposer leaves out. */
static bool offends(struct qr_cometbft *comet, const struct qr_checked *checked, const struct qr_error *error)
{
    const struct qr_app *app = comet->setup.app;
    return checked->error.code != QR_OK || error->code == QR_ELIMIT ||
           app->offends(app->context, &checked->transaction, error);
}

static bool stale(const struct qr_cometbft *comet, int64_t time, int64_t now)
{
    return now - time > QR_COMETBFT_STALE_MS && now - comet->committed > QR_COMETBFT_STALE_MS;
}

struct choice {
    struct opened opened;
    bool *settled; /* of each part: chosen, or left out for good */
    uint64_t room;
    struct qr_candidate *candidate;
    bool more; /* another walk may find more, because a sequence number came into its turn */
};

static bool fits(const struct choice *choice, const struct qr_span *bundle, size_t size)
{
    return bundle->size + size + BUNDLE_OVERHEAD <= choice->room;
}

/* Chooses of one bundle what is not settled; true when there was something. */
static bool choose_of(struct qr_cometbft *comet, struct choice *choice, size_t bundle)
{
    struct qr_candidate *candidate = choice->candidate;
    struct qr_span chosen = {.bytes = candidate->bytes.data + candidate->bytes.size, .size = 0};
    for (size_t i = choice->opened.split.first[bundle]; i < choice->opened.split.first[bundle + 1]; i++) {
        struct qr_checked *checked = choice->opened.list[i];
        struct qr_error error;
        if (choice->settled[i] || !fits(choice, &chosen, checked->encoded.size))
            continue;
        if (apply(comet, checked, &error) != 0 && offends(comet, checked, &error)) {
            choice->more = choice->more || error.code == QR_ESEQUENCE;
            choice->settled[i] = error.code != QR_ESEQUENCE;
            continue;
        }
        choice->settled[i] = true;
        qr_buffer_add(&candidate->bytes, checked->encoded.bytes, checked->encoded.size);
        chosen.size += checked->encoded.size;
    }
    if (chosen.size == 0)
        return false;
    choice->room -= chosen.size + BUNDLE_OVERHEAD;
    candidate->bundles[candidate->n++] = chosen;
    return true;
}

static bool choose(struct qr_cometbft *comet, struct choice *choice)
{
    bool any = false;
    choice->more = false;
    for (size_t i = 0; i < choice->opened.split.n; i++)
        any = choose_of(comet, choice, i) || any;
    return any && choice->more;
}

void qr_cometbft_propose(struct qr_cometbft *comet, int64_t time, const struct qr_span *bundles, size_t n, uint64_t max_bytes,
                         int64_t now, struct qr_candidate *ret)
{
    *ret = (struct qr_candidate){.n = 0};
    qr_cometbft_abandon(comet);
    if (stale(comet, time, now) || qr_chain_begin(comet->setup.chain, qr_chain_time(comet->setup.chain, time), NULL) != 0)
        return;
    struct choice choice = {
        .opened = open_all(comet, bundles, n, NULL),
        .room = max_bytes < QR_BLOCK_BYTES_MAX ? max_bytes : QR_BLOCK_BYTES_MAX,
        .candidate = ret,
    };
    size_t parts = opened_count(&choice.opened);
    choice.settled = qr_alloc(parts, sizeof *choice.settled);
    ret->bundles = qr_alloc(parts, sizeof *ret->bundles);
    size_t total = 0;
    for (size_t i = 0; i < n; i++)
        total += bundles[i].size;
    qr_buffer_reserve(&ret->bytes, total); /* so that its bytes stay where they are */
    while (choose(comet, &choice))
        ;
    qr_chain_abort(comet->setup.chain);
    free(choice.settled);
    release(comet, &choice.opened, false);
}

void qr_candidate_done(struct qr_candidate *candidate)
{
    free(candidate->bundles);
    qr_buffer_done(&candidate->bytes);
    *candidate = (struct qr_candidate){.n = 0};
}

bool qr_cometbft_accepts(struct qr_cometbft *comet, int64_t time, const struct qr_span *bundles, size_t n,
                         struct qr_error *error)
{
    qr_cometbft_abandon(comet);
    if (qr_chain_begin(comet->setup.chain, qr_chain_time(comet->setup.chain, time), error) != 0)
        return false;
    struct opened opened = open_all(comet, bundles, n, NULL);
    bool good = true;
    for (size_t i = 0; good && i < opened_count(&opened); i++)
        good = apply(comet, opened.list[i], error) == 0 || !offends(comet, opened.list[i], error);
    qr_chain_abort(comet->setup.chain);
    release(comet, &opened, false);
    return good;
}

/* What one result says of a bundle: that something of it was applied, or what refused the first. */
static struct qr_error result_of(const struct qr_cometbft *comet, size_t bundle)
{
    size_t first = comet->block.split.first[bundle], end = comet->block.split.first[bundle + 1];
    for (size_t i = first; i < end; i++)
        if (comet->results[i].code == QR_OK)
            return comet->results[i];
    return comet->results[first];
}

int qr_cometbft_finalize(struct qr_cometbft *comet, uint64_t height, int64_t time, const struct qr_span *bundles, size_t n,
                         struct qr_error *results, const struct qr_header **ret_header, struct qr_error *error)
{
    qr_cometbft_abandon(comet);
    uint64_t next = qr_chain_head(comet->setup.chain)->height + 1;
    if (height != next)
        return qr_fail(error, QR_ESEQUENCE, "block %" PRIu64 " was decided, but the next is %" PRIu64, height, next);
    int code = qr_chain_begin(comet->setup.chain, qr_chain_time(comet->setup.chain, time), error);
    if (code)
        return code;
    comet->block = open_all(comet, bundles, n, NULL);
    comet->results = qr_alloc(opened_count(&comet->block), sizeof *comet->results);
    for (size_t i = 0; i < opened_count(&comet->block); i++)
        (void)!apply(comet, comet->block.list[i], &comet->results[i]);
    for (size_t i = 0; i < n; i++)
        results[i] = result_of(comet, i);
    *ret_header = qr_chain_end(comet->setup.chain)->header;
    return 0;
}

static void remember_refused(struct qr_cometbft *comet, const struct qr_hash *id)
{
    struct qr_table_entry *entry = qr_alloc(1, sizeof *entry);
    qr_table_add(&comet->refused, entry, id);
}

static void answer_block(struct qr_cometbft *comet)
{
    uint64_t height = qr_chain_head(comet->setup.chain)->height;
    forget_refused(comet);
    for (size_t i = 0; i < opened_count(&comet->block); i++) {
        const struct qr_checked *checked = comet->block.list[i];
        if (comet->results[i].code == QR_OK) {
            answer_all(comet, &checked->transaction, height, false, NULL);
        } else if (checked->error.code == QR_OK) {
            remember_refused(comet, &checked->transaction.id);
            refuse(comet, &checked->transaction, &comet->results[i]);
        }
    }
}

static void release_block(struct qr_cometbft *comet, bool spent)
{
    if (!comet->results)
        return;
    release(comet, &comet->block, spent);
    free(comet->results);
    comet->results = NULL;
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
