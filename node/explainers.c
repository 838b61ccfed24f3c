#include "node/explainers.h"

#include "node/object.h"

#include <pthread.h>

enum { KEPT = 4 };

struct slot {
    struct qr_pricing pricing; /* first: a pricing is its slot */
    unsigned borrowed;
    uint64_t used;
    struct slot *next;
};

struct qr_explainer_draft {
    struct qr_hash model_hash, baseline_hash;
    struct qr_model *model;
    struct qr_baseline *baseline;
    size_t table_bytes;
    struct qr_explainer *explainer; /* NULL until it is built */
};

struct qr_explainers {
    pthread_mutex_t lock;
    size_t table_bytes;
    uint64_t clock; /* counts uses, to tell which was used last */
    struct slot *first;
    struct qr_explainer_draft *ready; /* of the thread that owns the state */
};

struct qr_explainers *qr_explainers_new(size_t table_bytes)
{
    struct qr_explainers *explainers = qr_alloc(1, sizeof *explainers);
    pthread_mutex_init(&explainers->lock, NULL);
    explainers->table_bytes = table_bytes;
    return explainers;
}

void qr_explainers_free(struct qr_explainers *explainers)
{
    if (!explainers)
        return;
    while (explainers->first) {
        struct slot *slot = explainers->first;
        explainers->first = slot->next;
        qr_explainer_free(slot->pricing.explainer);
        free(slot);
    }
    qr_explainer_draft_free(explainers->ready);
    pthread_mutex_destroy(&explainers->lock);
    free(explainers);
}

const struct qr_pricing *qr_explainers_find(struct qr_explainers *explainers, const struct qr_hash *mandate)
{
    pthread_mutex_lock(&explainers->lock);
    struct slot *slot = explainers->first;
    while (slot && !qr_hash_equal(&slot->pricing.mandate, mandate))
        slot = slot->next;
    if (slot) {
        slot->borrowed++;
        slot->used = ++explainers->clock;
    }
    pthread_mutex_unlock(&explainers->lock);
    return slot ? &slot->pricing : NULL;
}

void qr_explainers_drop(struct qr_explainers *explainers, const struct qr_pricing *pricing)
{
    pthread_mutex_lock(&explainers->lock);
    for (struct slot *slot = explainers->first; slot; slot = slot->next)
        if (&slot->pricing == pricing)
            slot->borrowed--;
    pthread_mutex_unlock(&explainers->lock);
}

/* Takes the longest unused one out of a full list; NULL while there is room or all are borrowed. */
static struct slot *evict(struct qr_explainers *explainers)
{
    size_t n = 0;
    struct slot **oldest = NULL;
    for (struct slot **at = &explainers->first; *at; at = &(*at)->next, n++)
        if ((*at)->borrowed == 0 && (!oldest || (*at)->used < (*oldest)->used))
            oldest = at;
    if (n < KEPT || !oldest)
        return NULL;
    struct slot *slot = *oldest;
    *oldest = slot->next;
    return slot;
}

void qr_explainer_draft_free(struct qr_explainer_draft *draft)
{
    if (!draft)
        return;
    qr_model_free(draft->model);
    qr_baseline_free(draft->baseline);
    qr_explainer_free(draft->explainer);
    free(draft);
}

static bool is_of(const struct qr_explainer_draft *draft, const struct qr_hash *model, const struct qr_hash *baseline)
{
    return draft && qr_hash_equal(&draft->model_hash, model) && qr_hash_equal(&draft->baseline_hash, baseline);
}

struct qr_explainer_draft *qr_explainers_begin(const struct qr_explainers *explainers, const struct qr_state *state,
                                               const struct qr_hash *model, const struct qr_hash *baseline)
{
    if (is_of(explainers->ready, model, baseline))
        return NULL;
    struct qr_explainer_draft *draft = qr_alloc(1, sizeof *draft);
    draft->model_hash = *model;
    draft->baseline_hash = *baseline;
    draft->table_bytes = explainers->table_bytes;
    if (qr_state_model(state, model, &draft->model, NULL) == 0 &&
        qr_state_baseline(state, baseline, &draft->baseline, NULL) == 0)
        return draft;
    qr_explainer_draft_free(draft);
    return NULL;
}

void qr_explainers_build(struct qr_explainer_draft *draft)
{
    struct qr_explainer_options options = {.table_bytes = draft->table_bytes, .threads = 1};
    (void)!qr_explainer_new(draft->model, draft->baseline, &options, &draft->explainer, NULL);
}

void qr_explainers_keep(struct qr_explainers *explainers, struct qr_explainer_draft *draft)
{
    qr_explainer_draft_free(explainers->ready);
    explainers->ready = draft;
}

/* The explainer that was made ahead for this activation, if it is there. */
static struct qr_explainer *take_ready(struct qr_explainers *explainers, const struct qr_activation *activation)
{
    struct qr_explainer_draft *ready = explainers->ready;
    if (!is_of(ready, &activation->model, &activation->baseline))
        return NULL;
    struct qr_explainer *explainer = ready->explainer;
    ready->explainer = NULL;
    qr_explainers_keep(explainers, NULL);
    return explainer;
}

static int make(struct qr_explainers *explainers, const struct qr_state *state,
                const struct qr_mandate *mandate, struct qr_pricing *ret, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    struct qr_explainer_options options = {.table_bytes = explainers->table_bytes, .threads = 1};
    ret->mandate = mandate->id;
    int code = qr_state_rules(state, &mandate->activation.rules, &ret->rules, error);
    ret->explainer = code ? NULL : take_ready(explainers, &mandate->activation);
    if (code || ret->explainer)
        return code;
    code = qr_state_model(state, &mandate->activation.model, &model, error);
    if (code == 0)
        code = qr_state_baseline(state, &mandate->activation.baseline, &baseline, error);
    return code ? code : qr_explainer_new(model, baseline, &options, &ret->explainer, error);
}

int qr_explainers_load(struct qr_explainers *explainers, const struct qr_state *state,
                       const struct qr_mandate *mandate, const struct qr_pricing **ret, struct qr_error *error)
{
    *ret = qr_explainers_find(explainers, &mandate->id);
    if (*ret)
        return 0;
    struct qr_pricing pricing;
    int code = make(explainers, state, mandate, &pricing, error);
    if (code)
        return code;
    struct slot *slot = qr_alloc(1, sizeof *slot);
    slot->pricing = pricing;
    slot->borrowed = 1;
    pthread_mutex_lock(&explainers->lock);
    struct slot *old = evict(explainers);
    slot->used = ++explainers->clock;
    slot->next = explainers->first;
    explainers->first = slot;
    pthread_mutex_unlock(&explainers->lock);
    if (old)
        qr_explainer_free(old->pricing.explainer);
    free(old);
    *ret = &slot->pricing;
    return 0;
}

static int read_kind(const struct qr_state *state, const struct qr_hash *hash, enum qr_object_kind kind,
                     struct qr_buffer *out, struct qr_error *error)
{
    struct qr_object object;
    int code = qr_object_get(state, hash, &object, error);
    if (code == 0 && object.kind != kind)
        return qr_fail(error, QR_ENOT_ADMITTED, "%.12s is a %s, not a %s", qr_hash_text(hash).text,
                       qr_object_kind_name(object.kind), qr_object_kind_name(kind));
    return code ? code : qr_object_read(state, hash, out, error);
}

int qr_state_model(const struct qr_state *state, const struct qr_hash *hash, struct qr_model **ret,
                   struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    int code = read_kind(state, hash, QR_OBJECT_MODEL, &bytes, error);
    return code ? code : qr_model_decode(bytes.data, bytes.size, ret, error);
}

int qr_state_baseline(const struct qr_state *state, const struct qr_hash *hash, struct qr_baseline **ret,
                      struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    int code = read_kind(state, hash, QR_OBJECT_BASELINE, &bytes, error);
    return code ? code : qr_baseline_decode(bytes.data, bytes.size, ret, error);
}

int qr_state_rules(const struct qr_state *state, const struct qr_hash *hash, struct qr_rules *ret,
                   struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    int code = read_kind(state, hash, QR_OBJECT_RULES, &bytes, error);
    return code ? code : qr_rules_decode(bytes.data, bytes.size, ret, error);
}
