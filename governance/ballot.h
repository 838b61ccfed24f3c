#ifndef QR_GOVERNANCE_BALLOT_H
#define QR_GOVERNANCE_BALLOT_H

#include "governance/proposal.h"

/* Ballots, and the other records that are leaves of the ledger's log, each with canonical bytes of its own:
 *
 *     "QRV1"  a ballot: every one that was cast, also those that a later one replaced
 *     "QRP1"  an impact report's hash, as one agent recorded it
 *     "QRT1"  an outcome: the state that a proposal reached when its vote closed or it ended, and the tally
 *
 * The state keeps each member's last ballot and each reporter's last report. */

struct qr_ballot {
    struct qr_hash proposal;
    char member[QR_MEMBER_NAME_MAX];
    enum qr_choice choice;
    int64_t weight;        /* from the snapshot */
    struct qr_hash report; /* the report that the voter had before them */
    uint64_t height;
    int64_t time;
    char reason[QR_PROPOSAL_REASON_MAX];
};

struct qr_report_record {
    struct qr_hash proposal;
    char member[QR_MEMBER_NAME_MAX]; /* who appointed the agent */
    struct qr_public_key agent;
    struct qr_hash report;
    uint64_t height;
    int64_t time;
};

struct qr_outcome {
    struct qr_hash proposal;
    enum qr_proposal_state state;
    struct qr_tally tally;
    int64_t total;
    struct qr_hash rules;
    struct qr_hash report;
    uint64_t height;
    int64_t time;
    char reason[QR_PROPOSAL_REASON_MAX];
};

void qr_ballot_encode(const struct qr_ballot *ballot, struct qr_buffer *out);
QR_MUST_USE int qr_ballot_decode(const void *bytes, size_t size, struct qr_ballot *ret_ballot, struct qr_error *error);
void qr_report_record_encode(const struct qr_report_record *record, struct qr_buffer *out);
QR_MUST_USE int qr_report_record_decode(const void *bytes, size_t size, struct qr_report_record *ret_record,
                                        struct qr_error *error);
void qr_outcome_encode(const struct qr_outcome *outcome, struct qr_buffer *out);
QR_MUST_USE int qr_outcome_decode(const void *bytes, size_t size, struct qr_outcome *ret_outcome,
                                  struct qr_error *error);

/* The last ballot of the member after `after` ("": the first) in the order of names, of those who cast one. */
bool qr_ballot_next(const struct qr_state *state, const struct qr_hash *proposal, const char *after,
                    struct qr_ballot *ret_ballot);
/* Likewise for recorded reports, by the reporting member. */
bool qr_report_record_next(const struct qr_state *state, const struct qr_hash *proposal, const char *after,
                           struct qr_report_record *ret_record);
/* Likewise the snapshot's members with their weights (`key` is zero); none before the vote opens. */
bool qr_snapshot_next(const struct qr_state *state, const struct qr_hash *proposal, const char *after,
                      struct qr_member *ret_member);

#endif
