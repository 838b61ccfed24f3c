#ifndef QR_GOVERNANCE_TALLY_H
#define QR_GOVERNANCE_TALLY_H

#include "governance/track.h"

/* What was cast so far, in voting weight, and what it decides under a track's rules. A tally is kept
 * incrementally: one ballot costs the same whether it is the first or the thousandth. */

/* The numbers are recorded; they never change. */
enum qr_choice {
    QR_CHOICE_YES = 0,
    QR_CHOICE_NO = 1,
    QR_CHOICE_ABSTAIN = 2, /* counts for the quorum alone */
    QR_CHOICE_VETO = 3,    /* a no that can also stop the proposal alone; carries a reason */
    QR_CHOICES
};

struct qr_tally {
    int64_t weight[QR_CHOICES];
};

enum qr_verdict {
    QR_VERDICT_PASSED,
    QR_VERDICT_NO_QUORUM,
    QR_VERDICT_VETOED,
    QR_VERDICT_OUTVOTED, /* yes was not more than the threshold */
};

const char *qr_choice_word(enum qr_choice choice); /* "yes", "no", "abstain", "veto" */
QR_MUST_USE bool qr_choice_from_word(const char *word, enum qr_choice *ret_choice);

/* Adds or takes back a ballot's weight. False, and nothing changed, when the sum would leave [0, INT64_MAX]. */
QR_MUST_USE bool qr_tally_add(struct qr_tally *tally, enum qr_choice choice, int64_t weight);
QR_MUST_USE bool qr_tally_remove(struct qr_tally *tally, enum qr_choice choice, int64_t weight);

int64_t qr_tally_cast(const struct qr_tally *tally); /* all four together */

/* What closing now would decide. `total` is the weight of all members of the snapshot. Order: a veto
 * defeats first, then a missing quorum, then the threshold. Exact for every tally. */
enum qr_verdict qr_tally_verdict(const struct qr_tally *tally, int64_t total, const struct qr_track *rules);
/* A sentence with the arithmetic, for the record: "yes 2 of 3 is more than 1/2". Appended. */
void qr_tally_explain(const struct qr_tally *tally, int64_t total, const struct qr_track *rules, struct qr_buffer *out);

/* The least weights that meet each rule, for display: of ballots for the quorum, of yes against what was cast so
 * far for the threshold, of veto to defeat. */
int64_t qr_tally_quorum_need(int64_t total, const struct qr_track *rules);
int64_t qr_tally_yes_need(const struct qr_tally *tally, const struct qr_track *rules);
int64_t qr_tally_veto_need(int64_t total, const struct qr_track *rules);

#endif
