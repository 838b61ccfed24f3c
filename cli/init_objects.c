/* What a new ledger governs first: the model, baseline, pricing rules and reference rows that the program carries. */
#include "cli/init.h"
#include "data/embedded.h"
#include "xai/baseline.h"
#include "xai/import.h"
#include "xai/reference.h"
#include "xai/rules.h"

enum { FLOOR_MINOR = 100000, CAP_MINOR = 15000000 };

static void add_span(struct qr_buffer *out, struct qr_span span)
{
    qr_buffer_add(out, span.bytes, span.size);
}

static int rows_of(const struct qr_schema *schema, const struct qr_embedded *file, struct qr_rows **ret_rows,
                   struct qr_error *error)
{
    return qr_rows_of_memory(schema, file->name, file->bytes, file->size, ret_rows, error);
}

static int add_baseline(struct qr_genesis *genesis, const struct qr_schema *schema, struct qr_error *error)
{
    QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = NULL;
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    int failed = rows_of(schema, &qr_embedded_baseline, &rows, error);
    if (!failed)
        failed = qr_baseline_from_rows(schema, rows, &baseline, error);
    if (!failed)
        add_span(&genesis->baseline, qr_baseline_bytes(baseline));
    return failed;
}

static int add_reference(struct qr_genesis *genesis, const struct qr_schema *schema, struct qr_error *error)
{
    QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = NULL;
    QR_CLEANUP(qr_reference_freep) struct qr_reference *reference = NULL;
    int failed = rows_of(schema, &qr_embedded_reference, &rows, error);
    if (!failed)
        failed = qr_rows_amount_column(rows, "price", error);
    if (!failed)
        failed = qr_reference_from_rows(schema, rows, &reference, error);
    if (!failed)
        add_span(&genesis->rows, qr_reference_bytes(reference));
    return failed;
}

static int add_model(struct qr_genesis *genesis, const struct qr_schema *schema, struct qr_error *error)
{
    struct qr_import imported = {0};
    int failed = qr_import_source(qr_embedded_first.bytes, qr_embedded_first.size, schema, &imported, error);
    if (failed)
        return failed;
    add_span(&genesis->model, qr_model_bytes(imported.model));
    qr_model_free(imported.model);
    return 0;
}

int init_add_objects(struct qr_genesis *genesis, struct qr_error *error)
{
    const struct qr_rules rules = {
        .version = 1, .n = 2, .rule = {{QR_RULE_FLOOR, {FLOOR_MINOR}}, {QR_RULE_CAP, {CAP_MINOR}}}};
    QR_CLEANUP(qr_schema_done) struct qr_schema schema = {0};
    int failed = qr_schema_parse(qr_embedded_features.bytes, qr_embedded_features.size, &schema, error);
    if (!failed)
        failed = add_model(genesis, &schema, error);
    if (!failed)
        failed = add_baseline(genesis, &schema, error);
    if (!failed)
        failed = add_reference(genesis, &schema, error);
    if (!failed)
        qr_rules_encode(&rules, &genesis->rules);
    return failed;
}
