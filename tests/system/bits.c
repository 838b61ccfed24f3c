/* What the recorded path makes of reference rows, as one hash: exact attributions, money lines and the impact
 * report, by every engine and instruction set. Made by several compilers, it must print the same line (bits.sh).
 *
 *     bits FEATURES.json BASELINE.csv REFERENCE.csv A.qrm B.qrm */

#include <locale.h>

#include "xai/fare.h"
#include "xai/report.h"

static struct qr_error error;

static void need(int code)
{
    if (code) {
        fprintf(stderr, "bits: %s\n", error.text);
        exit(2);
    }
}

static struct qr_rows *rows_of(const struct qr_schema *schema, const char *path)
{
    struct qr_rows *rows = NULL;
    need(qr_rows_open(schema, path, &rows, &error));
    return rows;
}

static void put_rows(const struct qr_explainer *explainer, const struct qr_reference *reference, struct qr_buffer *out)
{
    size_t m = qr_model_schema(qr_explainer_model(explainer))->n_features, n = qr_reference_rows(reference);
    QR_CLEANUP(qr_freep) int64_t *scores = qr_alloc(n, sizeof *scores);
    QR_CLEANUP(qr_freep) int64_t *values = qr_alloc(n * m, sizeof *values);
    struct qr_money base, amounts[QR_FEATURES_MAX], amount;
    qr_explainer_phi(explainer, qr_reference_all(reference), n, scores, values);
    qr_put_raw(out, values, n * m * sizeof *values);
    qr_explainer_round(explainer, n, scores, values);
    qr_put_raw(out, values, n * m * sizeof *values);
    for (size_t i = 0; i < n; i++) {
        qr_fare_lines(qr_explainer_model(explainer), qr_explainer_base(explainer), scores[i], values + i * m, &base,
                      amounts, &amount);
        qr_put_raw(out, amounts, m * sizeof *amounts);
        qr_put_int(out, amount.minor);
    }
}

int main(int argc, char **argv)
{
    struct qr_schema schema;
    struct qr_baseline *baseline = NULL;
    struct qr_reference *reference = NULL;
    const struct qr_rules rules = {.version = 1};
    setlocale(LC_ALL, "");
    if (argc != 6)
        return 2;
    need(qr_schema_load(argv[1], &schema, &error));
    struct qr_rows *compared = rows_of(&schema, argv[2]), *judged = rows_of(&schema, argv[3]);
    need(qr_rows_amount_column(judged, "price", &error));
    need(qr_baseline_from_rows(&schema, compared, &baseline, &error));
    need(qr_reference_from_rows(&schema, judged, &reference, &error));
    const struct qr_explainer_options engines[] = {
        {.table_bytes = 0},
        {.table_bytes = 1 << 26},
        {.table_bytes = 1 << 20, .instructions = QR_INSTRUCTIONS_AVX2},
        {.table_bytes = 1 << 22, .instructions = QR_INSTRUCTIONS_PORTABLE},
    };
    struct qr_hash first = {0};
    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        QR_CLEANUP(qr_report_freep) struct qr_report *report = NULL;
        struct qr_explainer *explainers[2];
        for (int side = 0; side < 2; side++) {
            struct qr_model *model = NULL;
            need(qr_model_load(argv[4 + side], &model, &error));
            need(qr_explainer_new(model, baseline, &engines[i], &explainers[side], &error));
            put_rows(explainers[side], reference, &bytes);
            qr_model_free(model);
        }
        need(qr_report_compute(explainers[0], explainers[1], &rules, reference, &report, &error));
        qr_report_encode(report, &bytes);
        struct qr_hash hash = qr_sha256(bytes.data, bytes.size);
        if (i > 0 && !qr_hash_equal(&hash, &first)) {
            fprintf(stderr, "bits: engine %zu (%s) differs\n", i, qr_explainer_facts(explainers[0])->instructions);
            return 1;
        }
        first = hash;
        qr_explainer_free(explainers[0]);
        qr_explainer_free(explainers[1]);
    }
    printf("%s\n", qr_hash_text(&first).text);
    qr_reference_free(reference);
    qr_baseline_free(baseline);
    qr_rows_free(compared);
    qr_rows_free(judged);
    qr_schema_done(&schema);
    return 0;
}
