/* How the cost of an attribution grows with trees, depth and features, beside a plain prediction of the same row:
 * random balanced trees on one processor, each size changed alone. */

#include "common/key.h"
#include "xai/attribution.h"
#include "xai/tree.h"

enum { RUN_US = 300000, ROWS = 4096, BASELINE_ROWS = 256, VALUES = 1000, LEAF_MAX = 1 << 12 };

struct shape {
    size_t trees, depth, features;
};

static uint64_t state;

static uint64_t below(uint64_t n) /* SplitMix64: every run measures the same models */
{
    uint64_t z = state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return (z ^ z >> 31) % n;
}

/* Of this process alone, so that others on the machine count only through the caches. */
static int64_t processor_us(void)
{
    struct timespec at;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

static void stop(const struct qr_error *error)
{
    fprintf(stderr, "growth: %s\n", error->text);
    exit(1);
}

static void make_schema(size_t n, struct qr_schema *schema)
{
    *schema = (struct qr_schema){.n_features = n, .features = qr_alloc(n, sizeof *schema->features)};
    qr_copy_text(schema->output.unit, sizeof schema->output.unit, "INR");
    schema->output.link = QR_LINK_IDENTITY;
    for (size_t i = 0; i < n; i++) {
        struct qr_feature *feature = &schema->features[i];
        *feature = (struct qr_feature){.scale = 1, .max = VALUES - 1};
        snprintf(feature->name, sizeof feature->name, "f%zu", i);
    }
}

static void put_tree(struct qr_buffer *out, const struct qr_schema *schema, size_t depth)
{
    if (depth == 0) {
        qr_model_put_leaf(out, (int32_t)below(2 * LEAF_MAX) - LEAF_MAX);
        return;
    }
    qr_model_put_number(out, schema, below(schema->n_features), 1 + (int32_t)below(VALUES - 1), false);
    put_tree(out, schema, depth - 1);
    put_tree(out, schema, depth - 1);
}

static struct qr_model *make_model(const struct qr_schema *schema, const struct shape *shape)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_model *model = NULL;
    struct qr_error error;
    qr_model_put_head(&bytes, schema, 10, 0, shape->trees);
    for (size_t i = 0; i < shape->trees; i++)
        put_tree(&bytes, schema, shape->depth);
    if (qr_model_decode(bytes.data, bytes.size, &model, &error) < 0)
        stop(&error);
    return model;
}

static int32_t *make_rows(const struct qr_schema *schema, size_t n)
{
    int32_t *rows = qr_alloc(n * schema->n_features, sizeof *rows);
    for (size_t i = 0; i < n * schema->n_features; i++)
        rows[i] = (int32_t)below(VALUES);
    return rows;
}

struct run {
    const struct qr_explainer *explainer;
    const int32_t *rows;
    size_t n_features;
    int64_t *scores, *contributions;
};

static void predict(const struct run *run, size_t first, size_t n)
{
    qr_model_scores(qr_explainer_model(run->explainer), run->rows + first * run->n_features, n, run->scores);
}

static void explain(const struct run *run, size_t first, size_t n)
{
    qr_explainer_explain(run->explainer, run->rows + first * run->n_features, n, run->scores, run->contributions);
}

/* Microseconds a row, n rows a call. */
static double cost(const struct run *run, void (*call)(const struct run *run, size_t first, size_t n), size_t n)
{
    size_t done = 0;
    int64_t began = processor_us(), now = began;
    for (; now - began < RUN_US; now = processor_us(), done += n)
        call(run, done % (ROWS - n + 1), n);
    return (double)(now - began) / (double)done;
}

static void measure(const struct shape *shape)
{
    struct qr_schema schema;
    struct qr_baseline *baseline = NULL;
    struct qr_explainer *explainer = NULL;
    struct qr_error error;
    state = 1;
    make_schema(shape->features, &schema);
    struct qr_model *model = make_model(&schema, shape);
    int32_t *rows = make_rows(&schema, ROWS), *compared = make_rows(&schema, BASELINE_ROWS);
    if (qr_baseline_of(&schema, compared, BASELINE_ROWS, &baseline, &error) < 0)
        stop(&error);
    int64_t began = processor_us();
    if (qr_explainer_new(model, baseline, &QR_EXPLAINER_DEFAULTS, &explainer, &error) < 0)
        stop(&error);
    double build = (double)(processor_us() - began) / 1000;
    const struct qr_explainer_facts *facts = qr_explainer_facts(explainer);
    struct run run = {explainer, rows, shape->features, qr_alloc(ROWS, sizeof(int64_t)),
                      qr_alloc(ROWS * shape->features, sizeof(int64_t))};
    double predicting = cost(&run, predict, ROWS), batch = cost(&run, explain, ROWS), single = cost(&run, explain, 1);
    printf("| %zu x %zu | %zu | %.2f | %.2f | %.1f | %.2f | %.1f | %.1f | %zu of %zu |\n", shape->trees, shape->depth,
           shape->features, predicting, batch, batch / predicting, single, build,
           (double)facts->table_bytes / (1 << 20), facts->table_trees, shape->trees);
    free(run.scores);
    free(run.contributions);
    free(rows);
    free(compared);
    qr_explainer_free(explainer);
    qr_baseline_free(baseline);
    qr_model_free(model);
    qr_schema_done(&schema);
}

int main(void)
{
    static const struct shape shapes[] = {
        {25, 6, 12},   {50, 6, 12}, {100, 6, 12}, {200, 6, 12}, {400, 6, 12}, {100, 2, 12}, {100, 4, 12}, {100, 8, 12},
        {100, 10, 12}, {100, 6, 4}, {100, 6, 8},  {100, 6, 16}, {100, 6, 17}, {100, 6, 32}, {100, 6, 64}, {100, 6, 256},
    };
    qr_crypto_init();
    printf("microseconds of one processor a row; %d baseline rows, random balanced trees\n\n", BASELINE_ROWS);
    printf("| trees x depth | features | predict | explain, %d rows a call | times | explain, one row | built in, ms | "
           "MiB | "
           "in tables |\n|---|---|---|---|---|---|---|---|---|\n",
           ROWS);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        measure(&shapes[i]);
    return 0;
}
