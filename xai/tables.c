#include "xai/tables.h"

#include <pthread.h>
#include <sys/mman.h>

/* Tables take at most this much for each leaf, where cutting smaller is possible: more would leave the caches. */
enum { BYTES_PER_LEAF = 5120, BINS_MAX = 65000, DIRECT_RANGE = 1 << 16, THREADS_MAX = 64, LARGE_PAGE = 2 << 20 };

/* Bins of the model. */

static int by_value(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Distinct thresholds of one feature over all trees, ascending. */
static size_t collect_starts(const struct qr_model *model, size_t feature, int32_t *starts)
{
    size_t n = 0, distinct = 0;
    for (size_t i = 0; i < model->n_nodes; i++)
        if (model->nodes[i].feature == (int32_t)feature)
            starts[n++] = model->nodes[i].threshold;
    qsort(starts, n, sizeof *starts, by_value);
    for (size_t i = 0; i < n; i++)
        if (distinct == 0 || starts[distinct - 1] != starts[i])
            starts[distinct++] = starts[i];
    return distinct;
}

static size_t find_bin(const struct table_bins *bins, int32_t value)
{
    size_t low = 0, high = bins->n_starts;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (bins->starts[middle] <= value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void index_range(const struct qr_feature *feature, struct table_bins *bins)
{
    int64_t range = (int64_t)feature->max - feature->min + 1;
    if (range > DIRECT_RANGE)
        return;
    bins->direct = qr_alloc((size_t)range, sizeof *bins->direct);
    for (int64_t i = 0; i < range; i++)
        bins->direct[i] = (uint16_t)find_bin(bins, (int32_t)(feature->min + i));
}

/* False when some feature has more bins than an index of 16 bits tells apart. */
static bool make_bins(const struct qr_model *model, struct tables *tables)
{
    tables->starts = qr_alloc(model->facts.splits, sizeof *tables->starts);
    int32_t *starts = tables->starts;
    for (size_t f = 0; f < model->schema.n_features; f++) {
        const struct qr_feature *feature = &model->schema.features[f];
        struct table_bins *bins = &tables->bins[f];
        if (!model->used[f])
            continue;
        if (feature->kind == QR_FEATURE_CATEGORY) {
            bins->n = feature->n_categories + 1;
            continue;
        }
        bins->starts = starts;
        bins->n_starts = collect_starts(model, f, starts);
        starts += bins->n_starts;
        bins->n = bins->n_starts + 2;
        if (bins->n > BINS_MAX)
            return false;
        index_range(feature, bins);
    }
    return true;
}

static uint16_t bin_of(const struct qr_feature *feature, const struct table_bins *bins, int32_t value)
{
    if (feature->kind == QR_FEATURE_CATEGORY)
        return (uint16_t)((uint32_t)value < feature->n_categories ? (uint32_t)value : feature->n_categories);
    if (value == QR_MISSING)
        return (uint16_t)(bins->n - 1);
    if (bins->direct && value >= feature->min && value <= feature->max)
        return bins->direct[value - feature->min];
    return (uint16_t)find_bin(bins, value);
}

void tables_bin_rows(const struct qr_explainer *explainer, const int32_t *rows, size_t n, uint16_t *ret_bins)
{
    const struct qr_schema *schema = &explainer->model->schema;
    for (size_t f = 0; f < schema->n_features; f++) {
        const struct table_bins *bins = &explainer->tables->bins[f];
        for (size_t i = 0; i < n; i++)
            ret_bins[i * schema->n_features + f] =
                bins->n == 0 ? 0 : bin_of(&schema->features[f], bins, rows[i * schema->n_features + f]);
    }
}

/* Which trees get tables: the smallest first, as long as they fit; ties to the lower index. */

struct candidate {
    size_t tree, bytes;
    size_t offset; /* in the memory of all trees */
};

static int by_bytes(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? -1 : 1;
    return x->tree < y->tree ? -1 : x->tree > y->tree;
}

static int by_tree(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return x->tree < y->tree ? -1 : x->tree > y->tree;
}

static size_t choose_trees(const struct qr_explainer *explainer, size_t cap, size_t bytes_per_leaf,
                           struct candidate *candidates)
{
    struct fill_scratch *scratch = fill_scratch_new(explainer);
    size_t n = explainer->model->facts.trees, taken = 0, bytes = 0;
    for (size_t t = 0; t < n; t++)
        candidates[t] = (struct candidate){t, fill_plan(scratch, t, bytes_per_leaf), 0};
    fill_scratch_free(scratch);
    qsort(candidates, n, sizeof *candidates, by_bytes);
    while (taken < n && candidates[taken].bytes <= cap - bytes)
        bytes += candidates[taken++].bytes;
    qsort(candidates, taken, sizeof *candidates, by_tree);
    qsort(candidates + taken, n - taken, sizeof *candidates, by_tree);
    return taken;
}

/* Building, by as many threads as asked: each takes the next tree until none is left. */

struct building {
    const struct qr_explainer *explainer;
    const struct candidate *candidates;
    size_t bytes_per_leaf;
    size_t next; /* atomic */
};

static void *build_trees(void *context)
{
    struct building *building = context;
    struct tables *tables = building->explainer->tables;
    struct fill_scratch *scratch = fill_scratch_new(building->explainer);
    size_t i;
    while ((i = __atomic_fetch_add(&building->next, 1, __ATOMIC_RELAXED)) < tables->n_trees)
        fill_tree(scratch, building->candidates[i].tree, building->bytes_per_leaf,
                  tables->memory + building->candidates[i].offset, &tables->trees[i]);
    fill_scratch_free(scratch);
    return NULL;
}

static void build_all(struct building *building, unsigned threads)
{
    pthread_t others[THREADS_MAX];
    unsigned started = 0;
    while (started + 1 < threads && started < THREADS_MAX &&
           pthread_create(&others[started], NULL, build_trees, building) == 0)
        started++;
    build_trees(building);
    while (started > 0)
        pthread_join(others[--started], NULL);
}

/* One block in pages as large as the system gives: a row touches entries all over it, and small pages would miss the
 * TLB. */
static void allocate(struct tables *tables, struct candidate *candidates)
{
    size_t bytes = 0;
    for (size_t i = 0; i < tables->n_trees; i++) {
        candidates[i].offset = bytes;
        bytes += candidates[i].bytes;
    }
    bytes = (bytes / LARGE_PAGE + 1) * LARGE_PAGE;
    tables->memory = aligned_alloc(LARGE_PAGE, bytes);
    if (!tables->memory)
        abort();
#ifdef MADV_HUGEPAGE
    (void)madvise(tables->memory, bytes, MADV_HUGEPAGE); /* only a hint: nothing depends on it */
#endif
    memset(tables->memory, 0, bytes);
}

static void tell_facts(struct qr_explainer *explainer)
{
    explainer->facts.table_trees = explainer->tables->n_trees;
    explainer->facts.direct_trees = explainer->tables->n_direct;
    for (size_t i = 0; i < explainer->tables->n_trees; i++)
        explainer->facts.table_bytes += explainer->tables->trees[i].bytes;
}

void tables_build(struct qr_explainer *explainer, const struct qr_explainer_options *options)
{
    struct tables *tables = explainer->tables = qr_alloc(1, sizeof *tables);
    size_t n = explainer->model->facts.trees, leaves = explainer->model->facts.leaves;
    QR_CLEANUP(qr_freep) struct candidate *candidates = qr_alloc(n, sizeof *candidates);
    size_t bytes_per_leaf =
        options->table_bytes / leaves < BYTES_PER_LEAF ? options->table_bytes / leaves : BYTES_PER_LEAF;
    if (make_bins(explainer->model, tables))
        tables->n_trees = choose_trees(explainer, options->table_bytes, bytes_per_leaf, candidates);
    else
        for (size_t t = 0; t < n; t++)
            candidates[t].tree = t;
    allocate(tables, candidates);
    tables->trees = qr_alloc(tables->n_trees, sizeof *tables->trees);
    tables->n_direct = n - tables->n_trees;
    tables->direct = qr_alloc(tables->n_direct, sizeof *tables->direct);
    for (size_t i = 0; i < tables->n_direct; i++)
        tables->direct[i] = (uint32_t)candidates[tables->n_trees + i].tree;
    build_all(&(struct building){explainer, candidates, bytes_per_leaf, 0}, options->threads);
    explainer->add = tables_choose(options->instructions, &explainer->facts.instructions);
    tell_facts(explainer);
}

void tables_free(struct tables *tables)
{
    if (!tables)
        return;
    for (size_t f = 0; f < QR_FEATURES_MAX; f++)
        free(tables->bins[f].direct);
    free(tables->memory);
    free(tables->starts);
    free(tables->trees);
    free(tables->direct);
    free(tables);
}
