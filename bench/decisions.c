/* What one processor does with the sample models: decisions (price, exact attributions, money lines, leaf) a second, by method
 * and rows a call. It is also what recording costs each ledger node, which rebuilds every leaf. */

#include "common/clock.h"
#include "common/key.h"
#include "data/embedded.h"
#include "xai/decision.h"
#include "xai/import.h"
#include "xai/reference.h"

enum { RUN_US = 1000000, WIDEST = 480 };

struct bench {
    struct qr_schema schema;
    struct qr_baseline *baseline;
    struct qr_reference *reference;
};

static void stop(const struct qr_error *error)
{
    fprintf(stderr, "decisions: %s\n", error->text);
    exit(qr_code_exit_status(error->code));
}

static struct qr_rows *rows_of(const struct bench *bench, const struct qr_embedded *file)
{
    struct qr_error error;
    struct qr_rows *rows = NULL;
    if (qr_rows_of_memory(&bench->schema, file->name, file->bytes, file->size, &rows, &error) < 0)
        stop(&error);
    return rows;
}

static void load(struct bench *bench)
{
    struct qr_error error;
    const struct qr_embedded *features = &qr_embedded_features;
    if (qr_schema_parse(features->bytes, features->size, &bench->schema, &error) < 0)
        stop(&error);
    QR_CLEANUP(qr_rows_freep) struct qr_rows *compared = rows_of(bench, &qr_embedded_baseline);
    QR_CLEANUP(qr_rows_freep) struct qr_rows *judged = rows_of(bench, &qr_embedded_reference);
    if (qr_baseline_from_rows(&bench->schema, compared, &bench->baseline, &error) < 0 ||
        qr_reference_from_rows(&bench->schema, judged, &bench->reference, &error) < 0)
        stop(&error);
}

/* Makes decisions of n rows at a time for a second; returns how many a second. */
static double rate(const struct bench *bench, const struct qr_explainer *explainer, size_t n)
{
    static struct qr_decision decisions[WIDEST];
    struct qr_decision_input inputs[WIDEST] = {0};
    const struct qr_rules rules = {.version = 1};
    const struct qr_hash mandate = {0};
    struct qr_error error;
    size_t done = 0, rows = qr_reference_rows(bench->reference);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    int64_t began = qr_clock_monotonic(), now = began;
    for (; now - began < RUN_US; now = qr_clock_monotonic()) {
        for (size_t i = 0; i < n; i++)
            inputs[i].row = qr_reference_all(bench->reference) + (done + i) % rows * bench->schema.n_features;
        if (qr_decisions_build(explainer, &rules, &mandate, inputs, n, decisions, &error) < 0)
            stop(&error);
        for (size_t i = 0; i < n; i++) {
            qr_buffer_clear(&leaf);
            qr_decision_encode(&decisions[i], &leaf);
            (void)qr_decision_id(leaf.data, leaf.size);
        }
        done += n;
    }
    return (double)done * 1e6 / (double)(now - began);
}

static void measure(const struct bench *bench, const struct qr_embedded *file, struct qr_explainer_options options)
{
    struct qr_error error;
    struct qr_import import = {0};
    QR_CLEANUP(qr_explainer_freep) struct qr_explainer *explainer = NULL;
    if (qr_import_source(file->bytes, file->size, &bench->schema, &import, &error) < 0 ||
        qr_explainer_new(import.model, bench->baseline, &options, &explainer, &error) < 0)
        stop(&error);
    const struct qr_model_facts *facts = qr_model_facts(import.model);
    const struct qr_explainer_facts *built = qr_explainer_facts(explainer);
    bool tables = built->table_trees > 0;
    printf("%-12s %5zu %7zu  %-10s %9.1f", file->name, facts->trees, facts->leaves, tables ? built->instructions : "direct",
           (double)built->table_bytes / (1 << 20));
    static const size_t widths[] = {1, 8, WIDEST};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        printf(" %10.0f", rate(bench, explainer, widths[i]));
    printf("\n");
    qr_model_free(import.model);
}

int main(void)
{
    struct bench bench = {0};
    qr_crypto_init();
    load(&bench);
    printf("decisions a second on one processor, by rows a call\n");
    printf("%-12s %5s %7s  %-10s %9s %10s %10s %10d\n", "model", "trees", "leaves", "method", "MiB", "1", "8", WIDEST);
    const struct qr_embedded *files[] = {&qr_embedded_first, &qr_embedded_second};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        measure(&bench, files[i], QR_EXPLAINER_DEFAULTS);
        measure(&bench, files[i], (struct qr_explainer_options){.table_bytes = 0, .threads = 1});
    }
    qr_reference_free(bench.reference);
    qr_baseline_free(bench.baseline);
    qr_schema_done(&bench.schema);
    return 0;
}
