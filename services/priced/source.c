#include "services/priced/source.h"

enum { PAIRS_KEPT = 3, CALL_MS = 5000 };

enum file { FILE_MODEL, FILE_BASELINE, FILE_RULES, FILES };

/* One piece of work: gets a mandate, or as a prefetch only its pair, a step after the other. */
struct job {
    struct source *source;
    struct job *next;    /* of the prefetches */
    source_ready *ready; /* NULL: a prefetch */
    void *context;
    struct mandate *mandate;
    struct qr_hash hashes[FILES];
    struct qr_buffer files[FILES];
    enum file file; /* the one being fetched */
    struct pair *pair;
    int failed; /* in the thread that builds, with the error */
    struct qr_error error;
};

struct source {
    struct qr_daemon *daemon;
    struct pair *pairs[PAIRS_KEPT]; /* the latest used first */
    struct job *prefetches;         /* under way: each block asks for the same ones again */
};

/* --- what is kept --- */

static void pair_free(struct pair *pair)
{
    if (pair == NULL || --pair->references > 0)
        return;
    qr_explainer_free(pair->explainer);
    free(pair);
}

struct mandate *mandate_ref(struct mandate *mandate)
{
    mandate->references++;
    return mandate;
}

void mandate_free(struct mandate *mandate)
{
    if (mandate == NULL || --mandate->references > 0)
        return;
    pair_free(mandate->pair);
    qr_buffer_done(&mandate->leaf);
    free(mandate);
}

/* Moves the pair to the front; the last one makes room when it is new. */
static void keep(struct source *source, struct pair *pair)
{
    size_t at = 0;
    while (at < PAIRS_KEPT - 1 && source->pairs[at] != pair)
        at++;
    if (source->pairs[at] != pair) {
        pair->references++;
        pair_free(source->pairs[at]);
    }
    memmove(&source->pairs[1], &source->pairs[0], at * sizeof source->pairs[0]);
    source->pairs[0] = pair;
}

static struct pair *find(const struct source *source, const struct qr_hash *model, const struct qr_hash *baseline)
{
    for (size_t i = 0; i < PAIRS_KEPT; i++) {
        struct pair *pair = source->pairs[i];
        if (pair != NULL && qr_hash_equal(&pair->model, model) && qr_hash_equal(&pair->baseline, baseline))
            return pair;
    }
    return NULL;
}

struct source *source_new(struct qr_daemon *daemon)
{
    struct source *source = qr_alloc(1, sizeof *source);
    source->daemon = daemon;
    return source;
}

void source_free(struct source *source)
{
    if (source == NULL)
        return;
    for (size_t i = 0; i < PAIRS_KEPT; i++)
        pair_free(source->pairs[i]);
    free(source);
}

/* --- steps --- */

static void forget_prefetch(const struct job *job)
{
    struct job **at = &job->source->prefetches;
    while (*at != NULL && *at != job)
        at = &(*at)->next;
    if (*at != NULL)
        *at = job->next;
}

static void job_end(struct job *job, const struct qr_error *error)
{
    forget_prefetch(job);
    if (error == NULL)
        keep(job->source, job->pair);
    if (job->ready != NULL)
        job->ready(job->context, error == NULL ? job->mandate : NULL, error);
    else if (error != NULL)
        qr_log_error("preparing a model that may be activated", error);
    for (int i = 0; i < FILES; i++)
        qr_buffer_done(&job->files[i]);
    mandate_free(job->mandate);
    pair_free(job->pair);
    free(job);
}

static int build(struct job *job, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    struct qr_explainer_options options = QR_EXPLAINER_DEFAULTS;
    options.table_bytes = qr_daemon_table_bytes(job->source->daemon);
    int code = qr_model_decode(job->files[FILE_MODEL].data, job->files[FILE_MODEL].size, &model, error);
    if (code == 0)
        code = qr_baseline_decode(job->files[FILE_BASELINE].data, job->files[FILE_BASELINE].size, &baseline, error);
    return code < 0 ? code : qr_explainer_new(model, baseline, &options, &job->pair->explainer, error);
}

static void build_in_thread(void *task)
{
    struct job *job = task;
    job->failed = build(job, &job->error);
}

static void finish(struct job *job)
{
    struct qr_error error;
    struct mandate *mandate = job->mandate;
    if (mandate != NULL) {
        job->pair->references++;
        mandate->pair = job->pair;
        const struct qr_buffer *rules = &job->files[FILE_RULES];
        if (qr_rules_decode(rules->data, rules->size, &mandate->rules, &error) < 0) {
            job_end(job, &error);
            return;
        }
    }
    job_end(job, NULL);
}

static void built(void *task)
{
    struct job *job = task;
    if (job->failed < 0)
        job_end(job, &job->error);
    else
        finish(job);
}

static void fetch(struct job *job);

static void next_file(struct job *job)
{
    bool last = job->file == (job->ready != NULL ? FILE_RULES : FILE_BASELINE);
    if (!last) {
        job->file++;
        fetch(job);
    } else if (job->pair->explainer != NULL) {
        finish(job);
    } else {
        qr_daemon_work(job->source->daemon, build_in_thread, built, job);
    }
}

static void fetched(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct job *job = context;
    struct qr_buffer *file = &job->files[job->file];
    if (error != NULL) {
        job_end(job, error);
        return;
    }
    const Quorate__LedgerObject *object = reply->ledger_object;
    uint64_t size = object->size;
    bool fits = object->offset == file->size && object->piece.len > 0 && size <= QR_MODEL_FILE_MAX &&
                object->piece.len <= size - file->size;
    if (fits)
        qr_buffer_add(file, object->piece.data, object->piece.len);
    qr_reply_free(reply);
    if (!fits) {
        struct qr_error wrong;
        qr_fail(&wrong, QR_EFORMAT, "the ledger sent a piece of an object that does not fit");
        job_end(job, &wrong);
    } else if (file->size < size) {
        fetch(job);
    } else {
        next_file(job);
    }
}

static void fetch(struct job *job)
{
    struct qr_error error;
    Quorate__LedgerObjectRequest object = QUORATE__LEDGER_OBJECT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    object.hash = qr_wire_hash(&job->hashes[job->file]);
    object.offset = job->files[job->file].size;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_OBJECT;
    request.ledger_object = &object;
    if (qr_client_send(qr_daemon_client(job->source->daemon), QR_SERVICE_LEDGER, &request, CALL_MS, fetched, job,
                       &error) < 0)
        job_end(job, &error);
}

/* Fetches what is not at hand. */
static void start(struct job *job)
{
    struct pair *pair = find(job->source, &job->hashes[FILE_MODEL], &job->hashes[FILE_BASELINE]);
    job->file = FILE_MODEL;
    if (pair == NULL) {
        pair = qr_alloc(1, sizeof *pair);
        pair->model = job->hashes[FILE_MODEL];
        pair->baseline = job->hashes[FILE_BASELINE];
    } else {
        job->file = FILE_RULES;
    }
    pair->references++;
    job->pair = pair;
    if (pair->explainer != NULL && job->ready == NULL)
        job_end(job, NULL);
    else
        fetch(job);
}

/* --- mandates --- */

static int read_mandate(struct job *job, const Quorate__LedgerMandate *message, struct qr_error *error)
{
    struct mandate *mandate = qr_alloc(1, sizeof *mandate);
    mandate->references = 1;
    job->mandate = mandate;
    int code = qr_activation_decode(message->activation.data, message->activation.len, &mandate->activation, error);
    if (code < 0)
        return code;
    mandate->id = qr_activation_mandate(&mandate->activation);
    mandate->as_of = message->active ? message->head_height : mandate->activation.height;
    qr_buffer_add(&mandate->leaf, message->activation.data, message->activation.len);
    job->hashes[FILE_MODEL] = mandate->activation.model;
    job->hashes[FILE_BASELINE] = mandate->activation.baseline;
    job->hashes[FILE_RULES] = mandate->activation.rules;
    return 0;
}

static void mandate_named(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct job *job = context;
    struct qr_error wrong;
    if (error != NULL) {
        job_end(job, error);
        return;
    }
    int code = read_mandate(job, reply->ledger_mandate, &wrong);
    qr_reply_free(reply);
    if (code < 0)
        job_end(job, &wrong);
    else
        start(job);
}

void source_want(struct source *source, const struct qr_hash *id, source_ready *ready, void *context)
{
    struct qr_error error;
    struct job *job = qr_alloc(1, sizeof *job);
    *job = (struct job){.source = source, .ready = ready, .context = context};
    Quorate__LedgerMandateRequest mandate = QUORATE__LEDGER_MANDATE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    if (id != NULL)
        mandate.mandate = qr_wire_hash(id);
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_MANDATE;
    request.ledger_mandate = &mandate;
    if (qr_client_send(qr_daemon_client(source->daemon), QR_SERVICE_LEDGER, &request, CALL_MS, mandate_named, job,
                       &error) < 0)
        job_end(job, &error);
}

static bool is_prefetched(const struct source *source, const struct qr_hash *model, const struct qr_hash *baseline)
{
    for (const struct job *job = source->prefetches; job != NULL; job = job->next) {
        if (qr_hash_equal(&job->hashes[FILE_MODEL], model) && qr_hash_equal(&job->hashes[FILE_BASELINE], baseline))
            return true;
    }
    return false;
}

void source_prefetch(struct source *source, const struct qr_hash *model, const struct qr_hash *baseline)
{
    if (find(source, model, baseline) != NULL || is_prefetched(source, model, baseline))
        return;
    struct job *job = qr_alloc(1, sizeof *job);
    *job = (struct job){.source = source, .next = source->prefetches, .hashes = {*model, *baseline}};
    source->prefetches = job;
    start(job);
}
