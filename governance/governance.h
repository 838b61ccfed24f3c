#ifndef QR_GOVERNANCE_GOVERNANCE_H
#define QR_GOVERNANCE_GOVERNANCE_H

#include "governance/ballot.h"
#include "governance/payload.h"

/* What members and agents do, and what time does: the actions that a transaction carries and the transitions
 * that fall due. All of it works on the replicated state and is deterministic: height and time are the
 * block's, and what lies outside governance is reached through the host's callbacks, which node/ fills.
 *
 * An action that fails changes nothing and emits nothing. Signatures, key kinds and replay are the caller's
 * business; here an actor is already known by name. */

struct qr_governance_host {
    /* Whether what is proposed could be carried out now. Of an upgrade: model and baseline are complete on the ledger and
     * pass admission and the rules' gates; QR_ENOT_FOUND for an object that is not there, else QR_ENOT_ADMITTED. Of a
     * validator: what node/validator.h says. Changes nothing. */
    int (*admit)(void *context, const struct qr_proposal *proposal, const struct qr_track *rules,
                 struct qr_error *error);
    /* The active mandate. */
    struct qr_hash (*mandate)(void *context);
    /* Carries out a proposal that passed: activates model and baseline, checking their hashes again; or adds or removes
     * the validator. When it fails, what it put into the state is taken back here, and the failure is recorded with its sentence; it
     * must not have changed anything else, so it emits its leaf last. */
    int (*execute)(void *context, const struct qr_proposal *proposal, struct qr_error *error);
    /* Appends a leaf to the log. The bytes are the callback's for the call only. */
    void (*leaf)(void *context, const void *bytes, size_t size);
};

struct qr_governance {
    struct qr_state *state;
    uint64_t height;
    int64_t time; /* ms */
    const struct qr_governance_host *host;
    void *context;
};

/* A member proposes. `id` is the transaction's. Fails with QR_ENOT_FOUND for a track or object that is not there,
 * QR_ENOT_ADMITTED, QR_ELIMIT for too many live proposals, QR_EREFUSED when model and baseline are the active
 * ones already (the host says so through admit), QR_EDUPLICATE for an id that is there. */
QR_MUST_USE int qr_governance_propose(const struct qr_governance *governance, const char *member,
                                      const struct qr_hash *id, const struct qr_propose *propose,
                                      struct qr_error *error);

/* Likewise a validator to be added or removed; the vote opens at once. QR_EREFUSED on a ledger without the track, and what the host
 * says of the validator. */
QR_MUST_USE int qr_governance_propose_validator(const struct qr_governance *governance, const char *member,
                                                const struct qr_hash *id, const struct qr_propose_validator *propose,
                                                struct qr_error *error);

/* A member casts a ballot; the last one counts. Fails with QR_EVOTING_CLOSED before the vote opens and after it
 * closed, QR_ENOT_A_MEMBER for one that is not in the snapshot, QR_EMISMATCH for another report,
 * QR_EINPUT for a veto without a reason. */
QR_MUST_USE int qr_governance_cast(const struct qr_governance *governance, const char *member,
                                   const struct qr_cast *cast, struct qr_error *error);

/* An agent of `member` records the hash of the impact report it computed. The vote opens with the report that
 * as many members' agents agree on as the track asks for. A later report of the same member replaces the
 * earlier. Fails with QR_EREFUSED once review is over, QR_EDUPLICATE for the same hash again. */
QR_MUST_USE int qr_governance_report(const struct qr_governance *governance, const char *member,
                                     const struct qr_public_key *agent, const struct qr_reported *reported,
                                     struct qr_error *error);

/* Executes what is due. Fails with QR_ENOT_DUE before the timelock has passed or the vote has closed, QR_EEXPIRED
 * after the grace, QR_EREFUSED for one that was defeated, failed or executed. Returns 0 also when the execution
 * itself failed: then the proposal's state is failed, for good. */
QR_MUST_USE int qr_governance_execute(const struct qr_governance *governance, const struct qr_execute *execute,
                                      struct qr_error *error);

/* At the start of a block, before its transactions: every transition whose time has come, in the order of time,
 * then of proposal ids. Fails with QR_ECORRUPT alone. */
QR_MUST_USE int qr_governance_due(const struct qr_governance *governance, struct qr_error *error);

/* The earliest time at which qr_governance_due will have something to do; false when nothing waits. */
bool qr_governance_next_deadline(const struct qr_state *state, int64_t *ret_time);

#endif
