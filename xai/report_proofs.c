#include "xai/certify.h"
#include "xai/fare.h"
#include "xai/report_data.h"
#include "xai/tree.h"
#include "xai/whatif.h"

/* The searches of an impact report. Their effort is counted in nodes of trees, so that a model of any size costs a few
 * seconds, and so that every member stops at the same step. */

enum { PROOF_STEPS = 500000000, PROOF_NODES = 1000000, UNDO_STEPS = 100000000 };

static size_t numbers_of(const struct qr_schema *schema)
{
    size_t n = 0;
    for (size_t i = 0; i < schema->n_features; i++)
        n += schema->features[i].kind == QR_FEATURE_NUMBER;
    return n;
}

static void prove(const struct qr_model *model, uint8_t results[][CLAIMS])
{
    const struct qr_schema *schema = qr_model_schema(model);
    size_t numbers = numbers_of(schema);
    const struct qr_certify_limits limits = {PROOF_NODES, PROOF_STEPS / (CLAIMS * (numbers ? numbers : 1))};
    struct qr_certificate certificate;
    for (size_t i = 0; i < schema->n_features; i++)
        for (unsigned claim = 0; claim < CLAIMS && schema->features[i].kind == QR_FEATURE_NUMBER; claim++)
            if (qr_certify_monotone(model, i, claim == CLAIM_INCREASING, &limits, &certificate, NULL) == 0)
                results[i][claim] = (uint8_t)certificate.result;
}

static void undo(struct report_riser *riser, const struct qr_model *before, const struct qr_model *after)
{
    bool may_change[QR_FEATURES_MAX];
    memset(may_change, true, sizeof may_change);
    riser->before = qr_fare(before, qr_model_score(before, riser->values)).minor;
    riser->after = qr_fare(after, qr_model_score(after, riser->values)).minor;
    struct qr_whatif answer = {0};
    uint64_t nodes = UNDO_STEPS / after->n_nodes + 1;
    if (qr_whatif_search(after, riser->values, may_change, riser->before + 1, nodes, &answer, NULL) < 0)
        return;
    riser->found = answer.found;
    riser->limited = answer.limited;
    if (!answer.found)
        return;
    riser->undone = qr_fare(after, answer.score).minor;
    memcpy(riser->changed, answer.row, sizeof riser->changed);
}

void report_prove(struct qr_report *report, const struct qr_model *before, const struct qr_model *after)
{
    prove(before, report->proofs.before);
    prove(after, report->proofs.after);
    if (report->riser.exists)
        undo(&report->riser, before, after);
}

/* Bytes. */

static void put_row(struct qr_buffer *out, const struct qr_schema *schema, const int32_t *row)
{
    for (size_t i = 0; i < schema->n_features; i++)
        qr_put_value(out, row[i]);
}

static void put_riser(struct qr_buffer *out, const struct qr_schema *schema, const struct report_riser *riser)
{
    qr_put_u8(out, riser->exists);
    if (!riser->exists)
        return;
    qr_put_int(out, riser->row);
    put_row(out, schema, riser->values);
    qr_put_int(out, riser->before);
    qr_put_int(out, riser->after);
    qr_put_u8(out, riser->found ? 0 : riser->limited ? 2 : 1);
    if (!riser->found)
        return;
    put_row(out, schema, riser->changed);
    qr_put_int(out, riser->undone);
}

void report_put_proofs(const struct qr_report *report, struct qr_buffer *out)
{
    for (size_t i = 0; i < report->schema.n_features; i++)
        for (unsigned claim = 0; claim < CLAIMS && report->schema.features[i].kind == QR_FEATURE_NUMBER; claim++) {
            qr_put_u8(out, report->proofs.before[i][claim]);
            qr_put_u8(out, report->proofs.after[i][claim]);
        }
    put_riser(out, &report->schema, &report->riser);
}

/* JSON. */

json_t *report_proofs_json(const struct qr_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->schema.n_features; i++)
        for (unsigned claim = 0; claim < CLAIMS && report->schema.features[i].kind == QR_FEATURE_NUMBER; claim++) {
            uint8_t before = report->proofs.before[i][claim], after = report->proofs.after[i][claim];
            if (before != QR_CERTIFICATE_BROKEN || after != QR_CERTIFICATE_BROKEN)
                json_array_append_new(
                    list, json_pack("{s:s,s:s,s:s,s:s}", "feature", report->schema.features[i].name, "direction",
                                    claim == CLAIM_INCREASING ? "increasing" : "decreasing", "before",
                                    qr_certificate_word(before), "after", qr_certificate_word(after)));
        }
    return list;
}

static json_t *changes_json(const struct qr_schema *schema, const struct report_riser *riser)
{
    char from[QR_VALUE_TEXT], to[QR_VALUE_TEXT];
    json_t *list = json_array();
    for (size_t i = 0; i < schema->n_features; i++) {
        const struct qr_feature *feature = &schema->features[i];
        if (riser->changed[i] != riser->values[i])
            json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "feature", feature->name, "from",
                                                  qr_feature_format(feature, riser->values[i], from), "to",
                                                  qr_feature_format(feature, riser->changed[i], to)));
    }
    return list;
}

json_t *report_riser_json(const struct qr_report *report)
{
    const struct report_riser *riser = &report->riser;
    if (!riser->exists)
        return json_null();
    json_t *values = json_object();
    char text[QR_VALUE_TEXT];
    for (size_t i = 0; i < report->schema.n_features; i++)
        json_object_set_new(values, report->schema.features[i].name,
                            json_string(qr_feature_format(&report->schema.features[i], riser->values[i], text)));
    json_t *object = json_pack("{s:I,s:o,s:I,s:I,s:b}", "row", (json_int_t)riser->row, "values", values, "before",
                               (json_int_t)riser->before, "after", (json_int_t)riser->after, "limited", riser->limited);
    if (riser->found)
        json_object_set_new(object, "undone_by",
                            json_pack("{s:o,s:I}", "changes", changes_json(&report->schema, riser), "amount",
                                      (json_int_t)riser->undone));
    else
        json_object_set_new(object, "undone_by", json_null());
    return object;
}
