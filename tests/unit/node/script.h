#ifndef QR_TESTS_UNIT_NODE_SCRIPT_H
#define QR_TESTS_UNIT_NODE_SCRIPT_H

#include "ledger/cometbft.h"
#include "ledger/solo.h"
#include "node/node.h"
#include "tests/unit/unit.h"

/* One history of a ledger, recorded once and then played into any number of ledgers, by any engine, as often as something goes wrong:
 * it books, votes and upgrades. The same blocks give the same headers, so that whoever comes through a fault can be compared with
 * whoever met none. */

enum { SCRIPT_BLOCKS_MAX = 20, SCRIPT_TRANSACTIONS_MAX = 6 };
#define SCRIPT_CHAIN "history"

struct script_block {
    int64_t time;
    size_t n;
    struct qr_buffer transactions[SCRIPT_TRANSACTIONS_MAX];
    struct qr_hash header; /* its hash */
};

struct script {
    struct qr_buffer genesis;
    struct qr_key *node;
    size_t n; /* the last height */
    struct script_block blocks[SCRIPT_BLOCKS_MAX]; /* by height; 0 is the genesis */
};
extern struct script script;

void script_record(void); /* once for each program */

/* A ledger over a store, as ledgerd has one. */
struct rig {
    struct qr_store *store;
    struct qr_node *node;
    struct qr_merkle_log *log;
    struct qr_chain *chain;
    struct qr_solo *solo;
    struct qr_cometbft *comet;
    size_t answers;                /* in the block at hand */
    void (*step)(const char *what); /* told of each step by its name; may be NULL, may not return */
};

/* An engine: makes the next block of the history and returns once it is acknowledged. */
struct script_engine {
    const char *name;
    void (*start)(struct rig *rig);
    int (*make)(struct rig *rig, const struct script_block *block, struct qr_error *error);
};
enum { SCRIPT_ENGINES = 2 };
extern const struct script_engine script_engines[SCRIPT_ENGINES];

/* After a failure nothing is open. `step` of the rig is kept. */
QR_MUST_USE int rig_start(struct rig *rig, const struct script_engine *engine, const char *path, struct qr_error *error);
void rig_stop(struct rig *rig);

/* The head is a block of the history. */
bool rig_in_script(const struct rig *rig);
uint64_t rig_height(const struct rig *rig);

/* Starts the rig unless it runs, and plays the rest of the history, with a clean stop and start in the middle of it. told: raised
 * to the height that was last acknowledged. The rig is left running, or after a failure stopped. */
QR_MUST_USE int script_play(struct rig *rig, const struct script_engine *engine, const char *path, uint64_t *told,
                             struct qr_error *error);

#endif
