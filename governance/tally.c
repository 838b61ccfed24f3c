#include "governance/tally.h"

static const char *const choice_words[QR_CHOICES] = {"yes", "no", "abstain", "veto"};

const char *qr_choice_word(enum qr_choice choice)
{
    return choice < QR_CHOICES ? choice_words[choice] : "unknown";
}

bool qr_choice_from_word(const char *word, enum qr_choice *ret_choice)
{
    for (unsigned i = 0; i < QR_CHOICES; i++) {
        if (strcmp(word, choice_words[i]) == 0) {
            *ret_choice = (enum qr_choice)i;
            return true;
        }
    }
    return false;
}

int64_t qr_tally_cast(const struct qr_tally *tally)
{
    return tally->weight[QR_CHOICE_YES] + tally->weight[QR_CHOICE_NO] + tally->weight[QR_CHOICE_ABSTAIN] +
           tally->weight[QR_CHOICE_VETO];
}

bool qr_tally_add(struct qr_tally *tally, enum qr_choice choice, int64_t weight)
{
    int64_t sum;
    if (weight < 0 || __builtin_add_overflow(qr_tally_cast(tally), weight, &sum))
        return false;
    tally->weight[choice] += weight;
    return true;
}

bool qr_tally_remove(struct qr_tally *tally, enum qr_choice choice, int64_t weight)
{
    if (weight < 0 || weight > tally->weight[choice])
        return false;
    tally->weight[choice] -= weight;
    return true;
}

static int64_t for_and_against(const struct qr_tally *tally)
{
    return qr_tally_cast(tally) - tally->weight[QR_CHOICE_ABSTAIN];
}

/* part / whole against a ratio: -1, 0 or 1. */
static int compare(int64_t part, int64_t whole, struct qr_ratio ratio)
{
    __int128 left = (__int128)part * ratio.den, right = (__int128)whole * ratio.num;
    return (left > right) - (left < right);
}

enum qr_verdict qr_tally_verdict(const struct qr_tally *tally, int64_t total, const struct qr_track *rules)
{
    if (total > 0 && compare(tally->weight[QR_CHOICE_VETO], total, rules->veto) >= 0)
        return QR_VERDICT_VETOED;
    if (total <= 0 || compare(qr_tally_cast(tally), total, rules->quorum) < 0)
        return QR_VERDICT_NO_QUORUM;
    if (compare(tally->weight[QR_CHOICE_YES], for_and_against(tally), rules->threshold) <= 0)
        return QR_VERDICT_OUTVOTED;
    return QR_VERDICT_PASSED;
}

static int64_t share_rounded_up(int64_t whole, struct qr_ratio ratio)
{
    return (int64_t)(((__int128)whole * ratio.num + ratio.den - 1) / ratio.den);
}

int64_t qr_tally_quorum_need(int64_t total, const struct qr_track *rules)
{
    return share_rounded_up(total, rules->quorum);
}

int64_t qr_tally_yes_need(const struct qr_tally *tally, const struct qr_track *rules)
{
    return (int64_t)((__int128)for_and_against(tally) * rules->threshold.num / rules->threshold.den) + 1;
}

int64_t qr_tally_veto_need(int64_t total, const struct qr_track *rules)
{
    return share_rounded_up(total, rules->veto);
}

void qr_tally_explain(const struct qr_tally *tally, int64_t total, const struct qr_track *rules, struct qr_buffer *out)
{
    int64_t cast = qr_tally_cast(tally), quorum = qr_tally_quorum_need(total, rules);
    struct qr_ratio threshold = rules->threshold;
    switch (qr_tally_verdict(tally, total, rules)) {
    case QR_VERDICT_VETOED:
        qr_buffer_text(out, "vetoed with %" PRId64 " of %" PRId64 ", where %" PRId64 " suffice",
                       tally->weight[QR_CHOICE_VETO], total, qr_tally_veto_need(total, rules));
        return;
    case QR_VERDICT_NO_QUORUM:
        qr_buffer_text(out, "no quorum: %" PRId64 " of %" PRId64 " voted, %" PRId64 " were needed", cast, total,
                       quorum);
        return;
    case QR_VERDICT_OUTVOTED:
        qr_buffer_text(out, "yes %" PRId64 " of %" PRId64 " is not more than %" PRId64 "/%" PRId64,
                       tally->weight[QR_CHOICE_YES], for_and_against(tally), threshold.num, threshold.den);
        return;
    case QR_VERDICT_PASSED:
        qr_buffer_text(out,
                       "yes %" PRId64 " of %" PRId64 " is more than %" PRId64 "/%" PRId64 "; %" PRId64 " of %" PRId64
                       " voted, %" PRId64 " were needed",
                       tally->weight[QR_CHOICE_YES], for_and_against(tally), threshold.num, threshold.den, cast, total,
                       quorum);
        return;
    }
}
