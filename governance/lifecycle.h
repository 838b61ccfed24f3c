#ifndef QR_GOVERNANCE_LIFECYCLE_H
#define QR_GOVERNANCE_LIFECYCLE_H

#include "governance/entries.h"
#include "governance/governance.h"

/* How a proposal moves on and how its record and the indexes beside it follow; for governance/ alone. */

struct qr_entry_key qr_entry_of(enum qr_entry kind, const struct qr_hash *proposal, const char *member);
struct qr_entry_key qr_entry_live(const char *proposer); /* prefix of a member's undecided proposals */

void qr_proposal_put(struct qr_state *state, const struct qr_proposal *proposal); /* its record alone */
void qr_leaf_emit(const struct qr_governance *governance, const struct qr_buffer *leaf);

/* time + seconds. Fails with QR_EOVERFLOW, which a block's time and a track's seconds never reach. */
QR_MUST_USE int qr_after_seconds(int64_t time, int64_t seconds, int64_t *ret_time, struct qr_error *error);

/* From `base`, the end of the vote: when it can be executed, and when it expires. */
QR_MUST_USE int qr_proposal_schedule(struct qr_proposal *proposal, int64_t base, const struct qr_track *rules,
                                     struct qr_error *error);

/* Moves a proposal on by the transition table and stores it; the caller has set what the new state needs.
 * `deadline` is the one that the old state had. Emits the outcome when the vote has closed or all has ended. */
QR_MUST_USE int qr_proposal_advance(const struct qr_governance *governance, struct qr_proposal *proposal,
                                    int64_t deadline, enum qr_proposal_event event, struct qr_error *error);

#endif
