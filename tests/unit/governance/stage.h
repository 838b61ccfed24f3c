#ifndef TESTS_UNIT_GOVERNANCE_STAGE_H
#define TESTS_UNIT_GOVERNANCE_STAGE_H

#include "governance/governance.h"

#include <check.h>

/* A state with members and a track, and a host that admits, executes and keeps count of leaves as a test says. */
struct stage {
    struct qr_state *state;
    struct qr_governance governance;
    struct qr_hash mandate;
    int admit;   /* what the host answers */
    int execute; /* likewise; also puts an entry into the state first */
    unsigned executed;
    unsigned leaves, ballots, reports, outcomes;
    struct qr_ballot last_ballot;
    struct qr_outcome last_outcome;
};

struct stage *stage_new(void); /* members Ada, Bob, Cyd of weights 1, 2, 4; review 100 s, voting 50 s, timelock 10 s,
                                  grace 30 s, quorum 1/2, threshold 1/2, veto 1/3, one report; time 1,000,000 ms */
void stage_free(struct stage *stage);
void stage_at(struct stage *stage, int64_t time); /* a block begins: height + 1, what is due happens */
void stage_member(struct stage *stage, const char *name, int64_t weight);
void stage_rule(struct stage *stage, const char *name, const char *value);

struct qr_hash stage_hash(unsigned n);
int stage_propose(struct stage *stage, const char *member, unsigned id, struct qr_error *error);
/* The track `validators` with the times of `upgrade` above, quorum and threshold 2/3. */
void stage_validators(struct stage *stage);
int stage_propose_validator(struct stage *stage, const char *member, unsigned id, struct qr_error *error);
int stage_report(struct stage *stage, const char *member, unsigned id, unsigned report);
int stage_cast(struct stage *stage, const char *member, unsigned id, enum qr_choice choice);
int stage_execute(struct stage *stage, unsigned id, struct qr_error *error);
struct qr_proposal stage_proposal(const struct stage *stage, unsigned id);
/* Proposed by Ada, reported, voted yes by all, and closed: queued. */
void stage_queue(struct stage *stage, unsigned id);

/* splitmix64 from a seed that is printed: QR_SEED in the environment replays one. */
uint64_t stage_seed(void);
uint64_t stage_random(uint64_t *seed);
unsigned stage_below(uint64_t *seed, unsigned n);

int stage_run(Suite *suite); /* 0 when all tests passed */

#endif
