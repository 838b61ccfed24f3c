#ifndef QR_GOVERNANCE_PROPOSAL_H
#define QR_GOVERNANCE_PROPOSAL_H

#include "governance/member.h"
#include "governance/tally.h"

/* A proposal: what it would change, where it stands, and the one table of how it may move on.
 *
 *     draft --admitted--> review --reports agree--> voting --passed--> queued --executed--> executed
 *       |                   |                       ^ |                  |---execution failed--> failed
 *       |                   '--overdue--> expired   | '--lost--> defeated '--grace over--> expired
 *       '--admitted, and nothing to report----------'
 *
 * A draft is a proposal that is being checked for admission; it is never stored. Confirming and withdrawn are
 * names of the protocol that no transition reaches yet. */

/* The numbers are recorded; they never change. */
enum qr_proposal_state {
    QR_PROPOSAL_DRAFT = 0,
    QR_PROPOSAL_REVIEW = 1,
    QR_PROPOSAL_VOTING = 2,
    QR_PROPOSAL_CONFIRMING = 3,
    QR_PROPOSAL_QUEUED = 4,
    QR_PROPOSAL_EXECUTED = 5,
    QR_PROPOSAL_DEFEATED = 6,
    QR_PROPOSAL_EXPIRED = 7,
    QR_PROPOSAL_WITHDRAWN = 8,
    QR_PROPOSAL_FAILED = 9,
    QR_PROPOSAL_STATES
};

enum qr_proposal_event {
    QR_EVENT_ADMITTED,
    QR_EVENT_ADMITTED_TO_VOTE,
    QR_EVENT_REPORTS_AGREE,
    QR_EVENT_REVIEW_OVERDUE,
    QR_EVENT_VOTE_PASSED,
    QR_EVENT_VOTE_LOST,
    QR_EVENT_EXECUTED,
    QR_EVENT_EXECUTION_FAILED,
    QR_EVENT_GRACE_OVER,
    QR_PROPOSAL_EVENTS
};

enum {
    QR_PROPOSAL_TITLE_MAX = 121,  /* with the final zero */
    QR_PROPOSAL_REASON_MAX = 321, /* likewise; also of a ballot's reason */
};

/* The numbers are recorded; they never change. */
enum qr_validator_act {
    QR_VALIDATOR_ADD = 1,
    QR_VALIDATOR_REMOVE = 2,
};
const char *qr_validator_act_word(enum qr_validator_act act); /* "add", "remove" */

/* What a proposal of the track `validators` would change. Who is removed is named in full, so that nobody else who came by
 * the name meanwhile goes instead. */
struct qr_validator_proposed {
    enum qr_validator_act act;
    char name[QR_KEY_NAME_MAX];
    struct qr_public_key key;        /* signs the engine's votes */
    int64_t power;                   /* 0 when it is removed */
    struct qr_public_key node_key;   /* signs checkpoints; appointed with it. Zero when it is removed */
    char member[QR_MEMBER_NAME_MAX]; /* whose it is */
};

struct qr_proposal {
    struct qr_hash id; /* the id of the transaction that proposed it, so it includes the proposer */
    uint64_t number;   /* 1 for the first on this ledger */
    char track[QR_TRACK_NAME_MAX];
    char title[QR_PROPOSAL_TITLE_MAX];
    char proposer[QR_MEMBER_NAME_MAX];
    /* Of an upgrade; zero for others. */
    struct qr_hash model;
    struct qr_hash baseline;
    struct qr_hash against; /* the mandate active when proposed: what the report compares with, and the only
                             * one that this proposal may replace */
    struct qr_validator_proposed validator; /* of the track `validators`; zero for others */
    enum qr_proposal_state state;
    uint64_t height;     /* of the block that proposed it */
    int64_t proposed_at; /* times are ms since 1970 of the block that did it; 0: not yet */
    int64_t review_ends_at; /* 0 where there is nothing to review */
    int64_t opened_at;
    int64_t closes_at;
    int64_t executable_at; /* while voting: the earliest that it can be */
    int64_t expires_at;
    int64_t ended_at;      /* when it became executed, defeated, expired or failed */
    uint64_t ended_height; /* of the block that did it; 0: not yet */
    struct qr_hash rules;  /* of the track as copied when the vote opened; zero before */
    struct qr_hash report; /* the impact report that opened the vote; zero before, and where there is none */
    int64_t total;         /* weight of the snapshot's members; 0 before the vote opens */
    struct qr_tally tally;
    char reason[QR_PROPOSAL_REASON_MAX]; /* of the outcome, in one sentence; "" before */
};

const char *qr_proposal_state_word(enum qr_proposal_state state); /* "draft", "review", ... */
QR_MUST_USE bool qr_proposal_state_from_word(const char *word, enum qr_proposal_state *ret_state);
bool qr_proposal_state_final(enum qr_proposal_state state); /* nothing leads on from it */

/* The transition table. False when the event cannot happen in that state; ret_ is then untouched. */
QR_MUST_USE bool qr_proposal_after(enum qr_proposal_state state, enum qr_proposal_event event,
                                   enum qr_proposal_state *ret_state);

/* When the state ends by itself: the end of review, of voting or of the grace. 0 for a final state. */
int64_t qr_proposal_deadline(const struct qr_proposal *proposal);

/* Canonical bytes of the record, which leave out the id that names them. Decoding takes it as an argument. */
void qr_proposal_encode(const struct qr_proposal *proposal, struct qr_buffer *out);
QR_MUST_USE int qr_proposal_decode(const struct qr_hash *id, const void *bytes, size_t size,
                                   struct qr_proposal *ret_proposal, struct qr_error *error);

/* Fails with QR_ENOT_FOUND, or QR_ECORRUPT for a record that does not decode. */
QR_MUST_USE int qr_proposal_get(const struct qr_state *state, const struct qr_hash *id,
                                struct qr_proposal *ret_proposal, struct qr_error *error);
/* Number `number` or the first after it; false when there is none. */
bool qr_proposal_next(const struct qr_state *state, uint64_t number, struct qr_proposal *ret_proposal);
uint64_t qr_proposal_count(const struct qr_state *state);

/* The rules that decide it: the copy made when its vote opened, before that the ones in force. */
QR_MUST_USE int qr_proposal_rules(const struct qr_state *state, const struct qr_proposal *proposal,
                                  struct qr_track *ret_rules, struct qr_error *error);

#endif
