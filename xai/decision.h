#ifndef QR_XAI_DECISION_H
#define QR_XAI_DECISION_H

#include "xai/attribution.h"
#include "xai/fare.h"
#include "xai/rules.h"

/* A decision: one fare with everything that explains it, and the leaf ("QRD1") that the ledger keeps of it. The leaf
 * follows from {mandate, model, baseline, rules} and {nonce, time, row, rule inputs}, so every node rebuilds it and
 * compares. base_amount + sum of amounts + sum of lines = fare; base + sum of contributions = score. */

enum { QR_NONCE_SIZE = 16, QR_DECISION_LEAF_MAX = 16 << 10 };

/* What a decision is made from. */
struct qr_decision_input {
    uint8_t nonce[QR_NONCE_SIZE]; /* random: keeps a decision from being guessed by its id */
    int64_t time_ms;              /* since 1970, not negative */
    const int32_t *row;           /* n_features of the model */
    const int64_t *rule_inputs;   /* qr_rules_inputs(rules); NULL when none */
};

struct qr_decision {
    struct qr_hash mandate;
    uint8_t nonce[QR_NONCE_SIZE];
    int64_t time_ms;
    size_t n_features;
    size_t n_inputs;
    size_t n_lines;
    int64_t base, score;
    struct qr_money base_amount;
    struct qr_money fare;
    int64_t inputs[QR_RULES_MAX];
    struct qr_rule_line lines[QR_RULES_MAX];
    int32_t row[QR_FEATURES_MAX];
    int64_t contributions[QR_FEATURES_MAX];
    struct qr_money amounts[QR_FEATURES_MAX];
};

/* Makes `n` decisions in one pass (faster than one at a time). Fails with QR_ERANGE on a row, a time or a rule input
 * out of its range, naming the position; nothing is written then. */
QR_MUST_USE int qr_decisions_build(const struct qr_explainer *explainer, const struct qr_rules *rules,
                                   const struct qr_hash *mandate, const struct qr_decision_input *inputs, size_t n,
                                   struct qr_decision *ret_decisions, struct qr_error *error);

void qr_decision_encode(const struct qr_decision *decision, struct qr_buffer *out);

/* Total and strict; refuses a leaf whose lines do not sum to its fare or whose contributions do not sum to its score.
 */
QR_MUST_USE int qr_decision_decode(const void *bytes, size_t size, struct qr_decision *ret_decision,
                                   struct qr_error *error);

/* RFC 9162 leaf hash of the leaf's bytes: SHA-256(0x00 || leaf). */
struct qr_hash qr_decision_id(const void *leaf, size_t size);

/* Recomputes the leaf from what it records and compares every byte: 0, or QR_EMISMATCH saying what differs first, or
 * QR_EFORMAT, QR_ERANGE. */
QR_MUST_USE int qr_decision_verify(const struct qr_explainer *explainer, const struct qr_rules *rules, const void *leaf,
                                   size_t size, struct qr_error *error);

#endif
