#ifndef QR_BENCH_RIG_H
#define QR_BENCH_RIG_H

#include "ledger/receipt.h"
#include "ledger/solo.h"
#include "node/audit.h"
#include "node/batch.h"
#include "node/node.h"
#include "node/verify.h"
#include "xai/reference.h"

/* What the benches of the ledger share: a ledger of three members under a model of 100 trees of depth 6 (data/second.json, 6,130
 * leaves) with keys made for the run, the real state machine on a real SQLite file, and signed transactions for it. A bench that
 * cannot run has no figures to give: every failure here ends the process with its sentence. */

enum { RIG_MEMBERS = 3, RIG_BATCH = 512 }; /* decisions a batch */

struct rig {
    char folder[256]; /* made by rig_init, removed by rig_done: genesis.qrg, keys/operators/node.key, ledgerd.db */
    char path[320];   /* of ledgerd.db */
    struct qr_key *members[RIG_MEMBERS];
    struct qr_key *node_key, *pricing, *agent;
    struct qr_schema schema;
    struct qr_model *model, *other; /* of the genesis; proposed */
    struct qr_baseline *baseline;
    struct qr_reference *reference;
    struct qr_rules rules;
    struct qr_explainer *explainer; /* of the genesis's mandate, as pricing has it */
    struct qr_buffer rules_bytes, genesis;
    struct qr_workers *workers;
    struct qr_store *store; /* from here on: between rig_open and rig_close */
    struct qr_node *node;
    struct qr_merkle_log *log;
    struct qr_chain *chain;
    struct qr_solo *solo;
    uint64_t batches; /* signed so far: the pricing key's sequence number */
    struct qr_hash last_id;
    uint64_t refused;
    struct qr_error refusal;
};

/* An open vote, for ballots that recast. */
struct rig_vote {
    struct qr_hash proposal;
    struct qr_hash report;
};

/* What batches of decisions are made with, on any ledger. */
struct rig_pricing {
    const char *chain_id;
    const struct qr_key *key;
    struct qr_hash mandate;
    uint64_t as_of;
    const struct qr_explainer *explainer;
    const struct qr_rules *rules;
    const struct qr_reference *reference;
};

void rig_need(int code, const struct qr_error *error);
double rig_seconds(int64_t start); /* since qr_clock_monotonic gave start */
double rig_processor(void);        /* seconds of processor time that this process has taken, all threads */

/* In a new folder inside `parent`; the ledger is not open yet. */
void rig_init(struct rig *rig, const char *parent);
void rig_done(struct rig *rig);
void rig_open(struct rig *rig); /* makes the store, or goes on with it */
void rig_close(struct rig *rig);
void rig_remove_store(const char *path); /* with the files beside it */

/* Queues encoded transactions; cuts one block of what waits. A refusal ends the process. */
void rig_queue(struct rig *rig, const struct qr_buffer *bytes);
void rig_cut(struct rig *rig);

struct rig_vote rig_open_vote(struct rig *rig);
/* The i-th ballot of the vote: each differs from the others. */
void rig_sign_ballot(const struct rig *rig, const struct rig_vote *vote, unsigned i, struct qr_buffer *out);

/* One batch of `decisions`, the pricing key's `sequence`th transaction. */
void rig_sign_batch(const struct rig_pricing *pricing, uint64_t sequence, size_t decisions, struct qr_buffer *out);
/* Signs n batches of `decisions` each, on all processors. The rows are mixed from the reference rows, each feature for itself, so
 * that hardly two are equal. */
void rig_sign_batches(struct rig *rig, size_t n, size_t decisions, struct qr_buffer *out);
void rig_drop(struct qr_buffer *transactions, size_t n); /* frees their bytes */

/* The receipt of a decision by its id, as ledgerd makes it. */
void rig_make_receipt(struct rig *rig, const struct qr_hash *id, struct qr_buffer *out);
struct qr_pin rig_pin(const struct rig *rig);

/* Latencies in microseconds. */
struct rig_times {
    size_t n;
    int64_t *us;
};
void rig_times_init(struct rig_times *times, size_t n);
void rig_times_done(struct rig_times *times);
int64_t rig_times_at(const struct rig_times *times, unsigned permille); /* sorts first */
/* One synced write of 8 KiB at the end of an open file. */
int64_t rig_synced_write(int file);

/* n commits of one ballot each, and after each of them one synced write in the same folder. `at`: number of the first ballot. */
void rig_commit_latency(struct rig *rig, const struct rig_vote *vote, unsigned at, size_t n, struct rig_times *commits,
                        struct rig_times *syncs);
/* n receipts of leaves all over the log: made, verified. Each must hold. */
void rig_receipt_latency(struct rig *rig, size_t n, struct rig_times *made, struct rig_times *verified);

#endif
