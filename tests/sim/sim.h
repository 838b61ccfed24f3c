#ifndef QR_TESTS_SIM_SIM_H
#define QR_TESTS_SIM_SIM_H

#include "ledger/merkle.h"
#include "ledger/solo.h"
#include "node/actions.h"
#include "node/mandate.h"
#include "node/replay.h"
#include "governance/governance.h"
#include "node/object.h"
#include "tests/unit/unit.h"
#include "xai/attribution.h"
#include "xai/rules.h"

/* A seeded simulation of the ledger without sockets, threads, files or a clock: from one number follows everything that happens.
 *
 *     setting.c   what all seeds share (keys, small models, their reports), and the genesis of one seed
 *     parties.c   members and services: what they write, with clocks that are wrong, and how it arrives
 *     nodes.c     a sequencer, a follower with a store and one without; their crashes and restarts
 *     oracle.c    the invariants, checked against a second, naive account of every block
 *     ledger.c    the seeds
 *
 * What happened in a block is learned from its bytes alone; a party that hears no answer sends again. */

enum {
    SIM_MEMBERS_MAX = 5,
    SIM_MODELS = 3, /* SMALL_MODELS */
    SIM_OPERATORS = 12,
    SIM_VALIDATORS = 5,
    SIM_VALIDATOR_NODES = 8, /* keys for those who are voted in */
    SIM_STEPS = 28,
    SIM_LETTERS_MAX = 160,
    SIM_DELIVERIES_MAX = 6, /* in a step */
    SIM_START = 1000000,
};
#define SIM_CHAIN "simulation"

/* ---- setting.c ---- */

struct sim_setting {
    struct qr_key *members[SIM_MEMBERS_MAX];
    struct qr_key *operators[SIM_OPERATORS]; /* the first ones are in office from the genesis on */
    struct qr_key *nodes[2];
    struct qr_public_key validators[SIM_VALIDATORS], validator_nodes[SIM_VALIDATOR_NODES];
    struct qr_model *models[SIM_MODELS];
    struct qr_explainer *explainers[SIM_MODELS];
    struct qr_baseline *baseline;
    struct qr_hash reports[SIM_MODELS][SIM_MODELS]; /* of replacing one by another */
    struct qr_rules rules;
    struct qr_buffer rules_bytes, reference;
};
extern struct sim_setting sim_setting;

void sim_setting_open(void); /* once */

/* ---- the world of one seed ---- */

/* A transaction that somebody sent. It may arrive any number of times, at any time. */
struct sim_letter {
    struct qr_buffer bytes;
    struct qr_hash id;
    bool acknowledged;
};

struct sim_operator {
    uint64_t next; /* sequence number, as its owner believes */
    int64_t skew;  /* of its clock, ms */
};

/* A ledger in memory, over a store that outlives it. */
struct sim_node {
    const struct qr_key *key;
    struct qr_store *store;
    struct qr_node *node;
    struct qr_merkle_log *log;
    struct qr_chain *chain;
};

struct sim_oracle;

struct sim {
    struct unit_random random;
    struct qr_buffer genesis;
    struct qr_track upgrade, validation;
    bool validators; /* there are some, and votes on them: the genesis is of the engine cometbft */
    size_t n_members;
    int64_t weights[SIM_MEMBERS_MAX];
    uint64_t consent; /* how many of a hundred ballots are a yes at once */
    int64_t now; /* the sequencer's clock, which jumps */
    struct sim_letter letters[SIM_LETTERS_MAX];
    size_t n_letters;
    struct sim_operator operators[SIM_OPERATORS];
    struct sim_node sequencer, follower;
    struct qr_solo *solo;
    struct qr_replay *following; /* the follower's */
    struct qr_replay *watching;  /* keeps nothing; joins late now and then */
    uint64_t token;
    bool deaf; /* answers are lost on their way */
    struct sim_oracle *oracle;
};

static inline uint64_t sim_chance(struct sim *sim, uint64_t n) { return unit_random_below(&sim->random, n); }

const char *sim_member_name(size_t member);
void sim_genesis(struct sim *sim); /* draws members, weights and rules */

/* ---- parties.c ---- */

void sim_write(struct sim *sim);                                        /* somebody sends something */
struct sim_letter *sim_pick(struct sim *sim);                           /* NULL while there is none */
void sim_arrive(struct sim *sim, const struct sim_letter *letter, struct qr_buffer *out); /* as it arrives: now and then damaged */
void sim_parties_done(struct sim *sim);

/* ---- nodes.c ---- */

void sim_nodes_start(struct sim *sim);
void sim_nodes_stop(struct sim *sim);
void sim_sequence(struct sim *sim); /* letters arrive; a block is made, or lost, or the sequencer crashes */
void sim_follow(struct sim *sim);   /* the followers take what the sequencer has, crash, or lag behind */
void sim_catch_up(struct sim *sim);
void sim_nodes_audit(struct sim *sim);

/* ---- oracle.c ---- */

struct sim_oracle *sim_oracle_new(const struct sim *sim);
void sim_oracle_free(struct sim_oracle *oracle);
uint64_t sim_oracle_height(const struct sim_oracle *oracle);
/* The header hash of a block that was accounted for. */
const struct qr_hash *sim_oracle_block(const struct sim_oracle *oracle, uint64_t height);
size_t sim_oracle_mandates(const struct sim_oracle *oracle);
const struct qr_mandate *sim_oracle_mandate(const struct sim_oracle *oracle, size_t i);
/* A party was told that this transaction stands at this height. */
void sim_oracle_acknowledged(struct sim *sim, const struct qr_hash *id, uint64_t height);
void sim_oracle_check(struct sim *sim); /* after every step */
void sim_oracle_end(struct sim *sim);   /* once more over everything */

/* What happened in some seed: kinds of transactions, and the states and ends of proposals. */
struct sim_seen {
    uint64_t kinds;
    uint64_t outcomes;
    bool vetoed, late, replaced, redone, added, removed;
};
extern struct sim_seen sim_seen;

#endif
