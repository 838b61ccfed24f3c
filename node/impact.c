#include "node/impact.h"

static int make_explainer(const struct qr_span *model_bytes, const struct qr_span *baseline_bytes,
                          struct qr_explainer **ret_explainer, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    int rc = qr_model_decode(model_bytes->bytes, model_bytes->size, &model, error);
    if (rc == 0)
        rc = qr_baseline_decode(baseline_bytes->bytes, baseline_bytes->size, &baseline, error);
    if (rc == 0)
        rc = qr_baseline_check(baseline, qr_model_schema(model), error);
    if (rc == 0)
        rc = qr_explainer_new(model, baseline, &QR_EXPLAINER_DEFAULTS, ret_explainer, error);
    return rc;
}

int qr_impact_report(const struct qr_span parts[QR_IMPACT_PARTS], struct qr_report **ret_report, struct qr_error *error)
{
    QR_CLEANUP(qr_explainer_freep) struct qr_explainer *before = NULL;
    QR_CLEANUP(qr_explainer_freep) struct qr_explainer *after = NULL;
    QR_CLEANUP(qr_reference_freep) struct qr_reference *reference = NULL;
    const struct qr_span *rules_bytes = &parts[QR_IMPACT_RULES], *rows = &parts[QR_IMPACT_REFERENCE];
    struct qr_rules rules;
    int rc = make_explainer(&parts[QR_IMPACT_MODEL_BEFORE], &parts[QR_IMPACT_BASELINE_BEFORE], &before, error);
    if (rc == 0)
        rc = make_explainer(&parts[QR_IMPACT_MODEL_AFTER], &parts[QR_IMPACT_BASELINE_AFTER], &after, error);
    if (rc == 0)
        rc = qr_rules_decode(rules_bytes->bytes, rules_bytes->size, &rules, error);
    if (rc == 0)
        rc = qr_reference_decode(rows->bytes, rows->size, &reference, error);
    if (rc == 0)
        rc = qr_reference_check(reference, qr_model_schema(qr_explainer_model(before)), error);
    if (rc == 0)
        rc = qr_report_compute(before, after, &rules, reference, ret_report, error);
    return rc;
}
