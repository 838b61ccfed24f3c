#ifndef QR_XAI_ATTRIBUTION_H
#define QR_XAI_ATTRIBUTION_H

#include "xai/baseline.h"
#include "xai/model.h"

/* Interventional Shapley values of a model against a baseline (Lundberg and others 2020, section "interventional";
 * the game: v(S) = mean over baseline rows of score(row on S, baseline row elsewhere)), exactly.
 *
 * They are first integers Phi_i in units of 1 / (N * 720720 * score scale), N the baseline's counted rows, and are
 * rounded once: base + sum of contributions = score, an unused feature is 0, and no layout, thread or instruction
 * set can change a bit (docs/ARCHITECTURE.md, "Attributions").
 *
 * An explainer is immutable once built and may be shared by any number of threads; calls allocate what they need. */
struct qr_explainer;

#define QR_PHI_LCM INT64_C(720720) /* lcm(1..16): every weight is a whole multiple of 1 / it */

/* What the rows' inner loop may use: the best that this processor has, or at most one of these, for tests, since every
 * choice gives the same bits. Portable is no instruction beyond the build's own. */
enum qr_instructions { QR_INSTRUCTIONS_BEST, QR_INSTRUCTIONS_PORTABLE, QR_INSTRUCTIONS_AVX2 };

struct qr_explainer_options {
    size_t table_bytes; /* memory that tables may take; 0: none, every tree takes the direct path */
    unsigned threads;   /* that build; 0 or 1: the calling one */
    enum qr_instructions instructions;
};
#define QR_EXPLAINER_DEFAULTS ((struct qr_explainer_options){.table_bytes = (size_t)384 << 20, .threads = 1})

/* Takes a reference to both. Fails with QR_EMISMATCH when the baseline is of another schema. */
QR_MUST_USE int qr_explainer_new(struct qr_model *model, struct qr_baseline *baseline,
                                 const struct qr_explainer_options *options, struct qr_explainer **ret_explainer,
                                 struct qr_error *error);
void qr_explainer_free(struct qr_explainer *explainer);
void qr_explainer_freep(struct qr_explainer **explainer);

struct qr_model *qr_explainer_model(const struct qr_explainer *explainer);
struct qr_baseline *qr_explainer_baseline(const struct qr_explainer *explainer);

/* Mean score of the baseline, rounded half up: what every explanation starts from. */
int64_t qr_explainer_base(const struct qr_explainer *explainer);

/* D = N * QR_PHI_LCM: Phi / D is in units of the score. */
int64_t qr_explainer_denominator(const struct qr_explainer *explainer);

struct qr_explainer_facts {
    size_t table_trees, direct_trees;
    size_t table_bytes;       /* taken */
    const char *instructions; /* "portable", "avx2", "avx512" */
};
const struct qr_explainer_facts *qr_explainer_facts(const struct qr_explainer *explainer);
bool qr_explainer_is_direct(const struct qr_explainer *explainer, size_t tree); /* it has no tables */

/* Exact Phi of `n` rows lying one after another, phi[n * n_features], and their scores. Values must be in range. */
void qr_explainer_phi(const struct qr_explainer *explainer, const int32_t *rows, size_t n, int64_t *ret_scores,
                      int64_t *ret_phi);

/* The same, rounded: contributions[n * n_features] in score units with base + sum = score for each row. */
void qr_explainer_explain(const struct qr_explainer *explainer, const int32_t *rows, size_t n, int64_t *ret_scores,
                          int64_t *ret_contributions);

/* Phi and scores of `n` rows, as above, into contributions, in place. */
void qr_explainer_round(const struct qr_explainer *explainer, size_t n, const int64_t *scores, int64_t *phi);

/* The exact attribution of replacing a by b: of the model "score of b less score of a" on the one baseline of both.
 * Subtracts Phi and rounds once: base + sum of contributions = change, for each row. Fails with QR_EMISMATCH when the
 * baselines, the features or the score scales differ. */
QR_MUST_USE int qr_explainer_difference(const struct qr_explainer *a, const struct qr_explainer *b, const int32_t *rows,
                                        size_t n, int64_t *ret_base, int64_t *ret_changes, int64_t *ret_contributions,
                                        struct qr_error *error);

/* The one rounding (CANON, "Attribution"): floor of each phi / denominator, then +1 to the `total - sum` features with
 * the largest remainders, ties to the lower index. Fails (false) when total cannot be reached that way, which for Phi
 * of one game cannot be. */
bool qr_round_contributions(const int64_t *phi, size_t n, int64_t denominator, int64_t total,
                            int64_t *ret_contributions);

#endif
