#ifndef QR_XAI_REPORT_H
#define QR_XAI_REPORT_H

#include "xai/attribution.h"
#include "xai/change.h"
#include "xai/reference.h"
#include "xai/rules.h"

#include <jansson.h>

/* The impact report: what replacing model and baseline A by B does, on the reference rows, in integers alone, so that
 * every member recomputes it bit for bit. Fares are those after the rules (a bid price counts as 0). */
struct qr_report;

/* All three see the same features (equal schema hashes), else QR_EMISMATCH. Either explainer may be any engine. */
QR_MUST_USE int qr_report_compute(const struct qr_explainer *a, const struct qr_explainer *b,
                                  const struct qr_rules *rules, const struct qr_reference *reference,
                                  struct qr_report **ret_report, struct qr_error *error);
/* The same over any number of rows as they stream by. Such a report is of no reference object: "report" and "reference"
 * are null in its JSON. The explainers must outlive the stream; `change`, which may be NULL, is fed from the same
 * attributions. amounts: minor units, -1 where not known. _add fails with QR_EOVERFLOW when a sum leaves 64 bits; _take
 * ends the stream. */
struct qr_report_stream;
QR_MUST_USE int qr_report_stream_new(const struct qr_explainer *a, const struct qr_explainer *b,
                                     const struct qr_rules *rules, struct qr_change *change,
                                     struct qr_report_stream **ret_stream, struct qr_error *error);
QR_MUST_USE int qr_report_stream_add(struct qr_report_stream *stream, const int32_t *rows, const int64_t *amounts,
                                     size_t n, struct qr_error *error);
struct qr_report *qr_report_stream_take(struct qr_report_stream *stream);
void qr_report_stream_freep(struct qr_report_stream **stream);

void qr_report_free(struct qr_report *report);
void qr_report_freep(struct qr_report **report);

/* Canonical bytes ("QRI2") and their hash under QR_DOMAIN_REPORT. */
void qr_report_encode(const struct qr_report *report, struct qr_buffer *out);
struct qr_hash qr_report_hash(const struct qr_report *report);

/* For people and screens, with names:
 * {"report":HASH,"from":{"model":H,"baseline":H},"to":{...},"reference":H,"rules_version":N,"rows":N,
 *  "fares":{"unit":"INR","mean_before":N,"mean_after":N,"changed":N,"largest_rise":N,"largest_fall":N,
 *           "rise_bp":N,"fall_bp":N},
 *  "segments":[{"name":"cabin","segments":[{"value":"economy","rows":N,"mean_before":N,"mean_after":N,"change_bp":N},...]},
 *              {"name":"airline",...},{"name":"route",...},{"name":"days_left",...}],
 *  "attribution":[{"feature":"days_left","mean_before":N,"mean_after":N,"mean_abs_before":N,"mean_abs_after":N,
 *                  "share_before_bp":N,"share_after_bp":N},...],
 *  "score_scale":{"before":N,"after":N},
 *  "accuracy":[{"segment":"all","rows":N,"mape_before_bp":N,"mape_after_bp":N,"mae_before":N,"mae_after":N},...],
 *  "rules":[{"kind":"floor","breaches_before":N,"breaches_after":N},...],
 *  "monotone":[{"feature":"days_left","direction":"decreasing","before":"proved","after":"broken"},...],
 *  "riser":{"row":N,"values":{...},"before":N,"after":N,"limited":false,
 *           "undone_by":{"changes":[{"feature":"stops","from":"1","to":"0"},...],"amount":N}}}
 * Segments stand where the schema has features named cabin, airline, from and to, days_left. `monotone` tells of each
 * number and direction that is not broken in both models (xai/certify.h); `riser` is the row whose fare rises most and
 * the least change of it that takes the new model's fare, before rules, down to the old one's (xai/whatif.h), null
 * where the search found none. Both searches end after a constant number of steps ("undecided", "limited"), and stand
 * in reports of a reference alone. A new reference. */
json_t *qr_report_json(const struct qr_report *report);

/* Activation gates: parameters of the track that a proposal runs on. */
enum { QR_BANNED_MAX = 32 };
struct qr_gates {
    size_t n_banned;
    char banned[QR_BANNED_MAX][QR_FEATURE_NAME_SIZE]; /* features that no model may have */
    uint32_t step_limit_bp; /* most that any reference row's fare may change, in 1/10,000 of its present fare; 0: any */
};

/* Whether B may replace A: 0, or QR_ENOT_ADMITTED with the sentence why not. A NULL `a` checks the rest. The baseline
 * of B is of B's schema, B has A's schema, no feature is personal or banned, the step limit holds on every reference
 * row. */
QR_MUST_USE int qr_gates_check(const struct qr_gates *gates, const struct qr_model *a, const struct qr_model *b,
                               const struct qr_baseline *b_baseline, const struct qr_rules *rules,
                               const struct qr_reference *reference, struct qr_error *error);

#endif
