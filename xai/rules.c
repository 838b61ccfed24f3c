#include "xai/rules.h"

static const char *const names[QR_RULE_KINDS] = {"floor", "cap", "bid_price"};

const char *qr_rule_name(enum qr_rule_kind kind)
{
    return names[kind];
}

void qr_rules_encode(const struct qr_rules *rules, struct qr_buffer *out)
{
    qr_put_uint(out, rules->version);
    qr_put_uint(out, rules->n);
    for (size_t i = 0; i < rules->n; i++) {
        qr_put_u8(out, (uint8_t)rules->rule[i].kind);
        qr_put_uint(out, (uint64_t)rules->rule[i].amount.minor);
    }
}

int qr_rules_check(const struct qr_rules *rules, struct qr_error *error)
{
    if (rules->version == 0)
        return qr_fail(error, QR_ERANGE, "rules have a version from 1");
    if (rules->n > QR_RULES_MAX)
        return qr_fail(error, QR_ELIMIT, "there are %zu rules and at most %d are possible", rules->n, QR_RULES_MAX);
    for (size_t i = 0; i < rules->n; i++) {
        const struct qr_rule *rule = &rules->rule[i];
        if (rule->kind >= QR_RULE_KINDS)
            return qr_fail(error, QR_EFORMAT, "rule %zu is of an unknown kind", i + 1);
        if (rule->amount.minor < 0 || rule->amount.minor > QR_RULE_AMOUNT_MAX)
            return qr_fail(error, QR_ERANGE, "the amount of rule %zu (%s) is outside 0 to 2^47", i + 1,
                           names[rule->kind]);
        if (rule->kind == QR_RULE_BID_PRICE && rule->amount.minor != 0)
            return qr_fail(error, QR_ERANGE, "rule %zu: a bid price is an input of each decision, not of the rule",
                           i + 1);
    }
    return 0;
}

int qr_rules_decode(const void *bytes, size_t size, struct qr_rules *ret_rules, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_rules rules = {.version = qr_get_uint(&in)};
    rules.n = qr_get_count(&in, QR_RULES_MAX, 2);
    for (size_t i = 0; i < rules.n && !in.failed; i++) {
        uint8_t kind = qr_get_u8(&in);
        if (kind >= QR_RULE_KINDS)
            qr_reader_fail(&in, "a rule is of an unknown kind");
        rules.rule[i].kind = (enum qr_rule_kind)kind;
        rules.rule[i].amount.minor = (int64_t)qr_get_uint_max(&in, QR_RULE_AMOUNT_MAX);
    }
    int code = qr_reader_end(&in, "the rules", error);
    if (!code)
        code = qr_rules_check(&rules, error);
    if (!code)
        *ret_rules = rules;
    return code;
}

struct qr_hash qr_rules_hash(const struct qr_rules *rules)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_rules_encode(rules, &bytes);
    return qr_tagged_hash(QR_DOMAIN_RULES, bytes.data, bytes.size);
}

size_t qr_rules_inputs(const struct qr_rules *rules)
{
    size_t n = 0;
    for (size_t i = 0; i < rules->n; i++)
        n += rules->rule[i].kind == QR_RULE_BID_PRICE;
    return n;
}

static int64_t apply(const struct qr_rule *rule, int64_t amount, const int64_t **inputs)
{
    switch (rule->kind) {
    case QR_RULE_FLOOR:
        return amount < rule->amount.minor ? rule->amount.minor : amount;
    case QR_RULE_CAP:
        return amount > rule->amount.minor ? rule->amount.minor : amount;
    case QR_RULE_BID_PRICE: {
        int64_t bid = *(*inputs)++;
        return amount < bid ? bid : amount;
    }
    case QR_RULE_KINDS:
        break;
    }
    return amount;
}

struct qr_money qr_rules_apply(const struct qr_rules *rules, struct qr_money amount, const int64_t *inputs,
                               struct qr_rule_line *ret_lines)
{
    for (size_t i = 0; i < rules->n; i++) {
        int64_t after = apply(&rules->rule[i], amount.minor, &inputs);
        ret_lines[i] = (struct qr_rule_line){rules->rule[i].kind, {after - amount.minor}};
        amount.minor = after;
    }
    return amount;
}
