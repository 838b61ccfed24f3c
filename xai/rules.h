#ifndef QR_XAI_RULES_H
#define QR_XAI_RULES_H

#include "common/codec.h"
#include "common/money.h"

#include <jansson.h>

/* Pricing rules after the model, in order. Each gives one line of the waterfall: the amount after it less the amount
 * before it. Canonical bytes: version, count, {kind, amount}; hashed under QR_DOMAIN_RULES. */

enum { QR_RULES_MAX = 8 };
#define QR_RULE_AMOUNT_MAX (INT64_C(1) << 47)

/* The numbers are recorded; they never change. */
enum qr_rule_kind {
    QR_RULE_FLOOR = 0,     /* at least this */
    QR_RULE_CAP = 1,       /* at most this */
    QR_RULE_BID_PRICE = 2, /* at least the seat's bid price, which is recorded with the decision as the rule's input */
    QR_RULE_KINDS
};

struct qr_rule {
    enum qr_rule_kind kind;
    struct qr_money amount; /* 0 to QR_RULE_AMOUNT_MAX; 0 for a bid price */
};

struct qr_rules {
    uint64_t version; /* from 1 */
    size_t n;
    struct qr_rule rule[QR_RULES_MAX];
};

/* A line for every rule, also where it changed nothing (0). */
struct qr_rule_line {
    enum qr_rule_kind kind;
    struct qr_money amount;
};

const char *qr_rule_name(enum qr_rule_kind kind); /* "floor", "cap", "bid_price" */

void qr_rules_encode(const struct qr_rules *rules, struct qr_buffer *out);
QR_MUST_USE int qr_rules_decode(const void *bytes, size_t size, struct qr_rules *ret_rules, struct qr_error *error);
struct qr_hash qr_rules_hash(const struct qr_rules *rules);
QR_MUST_USE int qr_rules_check(const struct qr_rules *rules, struct qr_error *error);

/* How many inputs a decision under these rules records: one for each bid price, in order. */
size_t qr_rules_inputs(const struct qr_rules *rules);

/* Applies all. inputs: qr_rules_inputs of them, each 0 to QR_RULE_AMOUNT_MAX. lines: rules->n. Returns the fare. */
struct qr_money qr_rules_apply(const struct qr_rules *rules, struct qr_money amount, const int64_t *inputs,
                               struct qr_rule_line *ret_lines);

#endif
