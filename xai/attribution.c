#include "xai/attribution.h"

#include "xai/explainer.h"
#include "xai/tables.h"

int qr_explainer_new(struct qr_model *model, struct qr_baseline *baseline, const struct qr_explainer_options *options,
                     struct qr_explainer **ret_explainer, struct qr_error *error)
{
    int code = qr_baseline_check(baseline, &model->schema, error);
    if (code)
        return code;
    struct qr_explainer *explainer = qr_alloc(1, sizeof *explainer);
    explainer->model = qr_model_ref(model);
    explainer->baseline = qr_baseline_ref(baseline);
    int64_t n = (int64_t)qr_baseline_rows(baseline), sum = 0;
    for (size_t i = 0; i < qr_baseline_distinct(baseline); i++)
        sum += qr_model_score(model, qr_baseline_row(baseline, i)) * (int64_t)qr_baseline_count(baseline, i);
    explainer->baseline_sum = sum;
    explainer->base = qr_floor_div(2 * sum + n, 2 * n);
    explainer->denominator = n * QR_PHI_LCM;
    shapley_fill(&explainer->shapley);
    explainer->facts = (struct qr_explainer_facts){.direct_trees = model->facts.trees, .instructions = "portable"};
    if (options->table_bytes > 0)
        tables_build(explainer, options);
    *ret_explainer = explainer;
    return 0;
}

void qr_explainer_free(struct qr_explainer *explainer)
{
    if (!explainer)
        return;
    tables_free(explainer->tables);
    qr_model_free(explainer->model);
    qr_baseline_free(explainer->baseline);
    free(explainer);
}

void qr_explainer_freep(struct qr_explainer **explainer)
{
    qr_explainer_free(*explainer);
    *explainer = NULL;
}

struct qr_model *qr_explainer_model(const struct qr_explainer *explainer)
{
    return explainer->model;
}

struct qr_baseline *qr_explainer_baseline(const struct qr_explainer *explainer)
{
    return explainer->baseline;
}

int64_t qr_explainer_base(const struct qr_explainer *explainer)
{
    return explainer->base;
}

int64_t qr_explainer_denominator(const struct qr_explainer *explainer)
{
    return explainer->denominator;
}

const struct qr_explainer_facts *qr_explainer_facts(const struct qr_explainer *explainer)
{
    return &explainer->facts;
}

bool qr_explainer_is_direct(const struct qr_explainer *explainer, size_t tree)
{
    const struct tables *tables = explainer->tables;
    size_t low = 0, high = tables ? tables->n_trees : 0; /* ascending */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (tables->trees[middle].tree == tree)
            return false;
        if (tables->trees[middle].tree < tree)
            low = middle + 1;
        else
            high = middle;
    }
    return true;
}

static void add_direct(const struct qr_explainer *explainer, size_t tree, const int32_t *rows, size_t n, int64_t *phi)
{
    size_t n_features = explainer->model->schema.n_features;
    for (size_t i = 0; i < n; i++)
        direct_add(explainer, tree, rows + i * n_features, phi + i * n_features);
}

/* Tree by tree over all rows, so that a tree's tables stay in the caches. */
static void add_tables(const struct qr_explainer *explainer, const int32_t *rows, size_t n, int64_t *phi)
{
    const struct tables *tables = explainer->tables;
    size_t n_features = explainer->model->schema.n_features;
    QR_CLEANUP(qr_freep) uint16_t *bins = qr_alloc(n * n_features, sizeof *bins);
    tables_bin_rows(explainer, rows, n, bins);
    for (size_t i = 0; i < tables->n_trees; i++)
        explainer->add(&tables->trees[i], bins, n, n_features, phi);
    for (size_t i = 0; i < tables->n_direct; i++)
        add_direct(explainer, tables->direct[i], rows, n, phi);
}

/* Efficiency, in integers: N * L * score(x) = sum of Phi + L * sum of the baseline's scores. */
static int64_t score_of(const struct qr_explainer *explainer, const int64_t *phi)
{
    int64_t sum = 0;
    for (size_t i = 0; i < explainer->model->schema.n_features; i++)
        sum += phi[i];
    return (sum / QR_PHI_LCM + explainer->baseline_sum) / (int64_t)qr_baseline_rows(explainer->baseline);
}

void qr_explainer_phi(const struct qr_explainer *explainer, const int32_t *rows, size_t n, int64_t *ret_scores,
                      int64_t *ret_phi)
{
    size_t n_features = explainer->model->schema.n_features;
    memset(ret_phi, 0, n * n_features * sizeof *ret_phi);
    if (explainer->tables)
        add_tables(explainer, rows, n, ret_phi);
    else
        for (size_t t = 0; t < explainer->model->facts.trees; t++)
            add_direct(explainer, t, rows, n, ret_phi);
    for (size_t i = 0; i < n; i++)
        ret_scores[i] = score_of(explainer, ret_phi + i * n_features);
}

/* What rounding down left of one contribution. */
struct remainder {
    int64_t left;
    size_t index;
};

/* Larger, or as large and of a lower index. */
static bool comes_first(const struct remainder *a, const struct remainder *b)
{
    return a->left != b->left ? a->left > b->left : a->index < b->index;
}

/* Brings the `first` that come first to the front, in any order (Hoare's selection): with hundreds of features sorting
 * them all would take longer than explaining. */
static void select_remainders(struct remainder *remainders, size_t n, size_t first)
{
    for (size_t low = 0, high = n; high - low > 1;) {
        struct remainder pivot = remainders[(low + high) / 2];
        size_t i = low, j = high - 1;
        for (;; i++, j--) {
            while (comes_first(&remainders[i], &pivot))
                i++;
            while (comes_first(&pivot, &remainders[j]))
                j--;
            if (i >= j)
                break;
            struct remainder moved = remainders[i];
            remainders[i] = remainders[j];
            remainders[j] = moved;
        }
        if (first <= i) /* those before i come before the others */
            high = i;
        else
            low = i + (i == j);
    }
}

bool qr_round_contributions(const int64_t *phi, size_t n, int64_t denominator, int64_t total,
                            int64_t *ret_contributions)
{
    struct remainder remainders[QR_FEATURES_MAX];
    size_t uneven = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t whole = qr_floor_div(phi[i], denominator), left = phi[i] - whole * denominator;
        ret_contributions[i] = whole;
        total -= whole;
        if (left)
            remainders[uneven++] = (struct remainder){left, i};
    }
    if (total < 0 || total > (int64_t)uneven)
        return false;
    if (total > 0 && (size_t)total < uneven)
        select_remainders(remainders, uneven, (size_t)total);
    for (int64_t i = 0; i < total; i++)
        ret_contributions[remainders[i].index]++;
    return true;
}

/* A broken identity here would put wrong figures on the ledger, so the process ends instead. */
static void round_row(const struct qr_explainer *explainer, int64_t score, int64_t *phi)
{
    if (!qr_round_contributions(phi, explainer->model->schema.n_features, explainer->denominator,
                                score - explainer->base, phi))
        abort();
}

void qr_explainer_round(const struct qr_explainer *explainer, size_t n, const int64_t *scores, int64_t *phi)
{
    for (size_t i = 0; i < n; i++)
        round_row(explainer, scores[i], phi + i * explainer->model->schema.n_features);
}

void qr_explainer_explain(const struct qr_explainer *explainer, const int32_t *rows, size_t n, int64_t *ret_scores,
                          int64_t *ret_contributions)
{
    qr_explainer_phi(explainer, rows, n, ret_scores, ret_contributions);
    qr_explainer_round(explainer, n, ret_scores, ret_contributions);
}

static int check_comparable(const struct qr_explainer *a, const struct qr_explainer *b, struct qr_error *error)
{
    if (!qr_hash_equal(qr_baseline_hash(a->baseline), qr_baseline_hash(b->baseline)))
        return qr_fail(error, QR_EMISMATCH, "the two models are explained against different baselines");
    if (!qr_hash_equal(&a->model->schema_hash, &b->model->schema_hash))
        return qr_fail(error, QR_EMISMATCH, "the two models see different features");
    if (a->model->facts.score_bits != b->model->facts.score_bits)
        return qr_fail(error, QR_EMISMATCH, "the two models have scores of different scales");
    return 0;
}

int qr_explainer_difference(const struct qr_explainer *a, const struct qr_explainer *b, const int32_t *rows, size_t n,
                            int64_t *ret_base, int64_t *ret_changes, int64_t *ret_contributions, struct qr_error *error)
{
    int code = check_comparable(a, b, error);
    if (code)
        return code;
    size_t n_features = a->model->schema.n_features;
    int64_t counted = (int64_t)qr_baseline_rows(a->baseline);
    int64_t base = qr_floor_div(2 * (b->baseline_sum - a->baseline_sum) + counted, 2 * counted);
    QR_CLEANUP(qr_freep) int64_t *scores = qr_alloc(n, sizeof *scores);
    QR_CLEANUP(qr_freep) int64_t *phi = qr_alloc(n * n_features, sizeof *phi);
    qr_explainer_phi(a, rows, n, scores, phi);
    qr_explainer_phi(b, rows, n, ret_changes, ret_contributions);
    for (size_t i = 0; i < n * n_features; i++)
        ret_contributions[i] -= phi[i];
    for (size_t i = 0; i < n; i++) {
        int64_t *row = ret_contributions + i * n_features;
        ret_changes[i] -= scores[i];
        if (!qr_round_contributions(row, n_features, a->denominator, ret_changes[i] - base, row))
            abort(); /* as in round_row */
    }
    *ret_base = base;
    return 0;
}
