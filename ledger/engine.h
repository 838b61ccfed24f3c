#ifndef QR_LEDGER_ENGINE_H
#define QR_LEDGER_ENGINE_H

#include "common/state.h"
#include "ledger/block.h"
#include "ledger/leaves.h"
#include "ledger/transaction.h"

/* What orders transactions (an engine) calls what they mean (an application) through this table; node/ fills it. Engines
 * decide order and time, nothing else.
 *
 * A block is: begin, apply for each transaction, end, seal; then commit once the store has it, or abort to undo it all
 * (ledger/chain.h). Apply either takes effect as a whole or fails and changes nothing. All of this runs on one thread;
 * prepare alone is called by many threads at once, and while the others run. */

/* What prepare found out about one transaction: its signature and, for a batch, its rebuilt leaves. */
struct qr_prepared;

struct qr_app {
    void *context;

    /* The costly checks that do not depend on the order: signature, recomputation. Looks at nothing that apply changes. 0 and *ret (which may be
     * NULL), or the error that refuses the transaction for good, a function of its bytes alone. What recomputing found stays in *ret, since
     * it can be tried only where its mandate is at hand: check and apply tell of it. */
    int (*prepare)(void *context, const struct qr_transaction *transaction, struct qr_prepared **ret,
                   struct qr_error *error);
    /* Whether its replay is an operator's sequence number, which the store remembers. Asked after it was applied. */
    bool (*sequenced)(void *context, const struct qr_transaction *transaction);
    void (*forget)(void *context, struct qr_prepared *prepared);

    /* Whether a transaction may come into a block at this height or later, as far as can be told without executing it: the signer, what
     * its key may do, its replay, and what prepare found (NULL: it was not asked). Changes nothing and is cheap; a sequence number may be ahead
     * of its turn. QR_EMISMATCH: it does not recompute, and never will. */
    int (*check)(void *context, uint64_t height, const struct qr_transaction *transaction, const struct qr_prepared *prepared,
                 struct qr_error *error);
    /* Whether what apply has just refused with this error should not have come in this turn at all: unreadable, unsigned, by nobody,
     * replayed, out of sequence, or not recomputing to what it claims. Anything else is refused by a rule. A function of the state. */
    bool (*offends)(void *context, const struct qr_transaction *transaction, const struct qr_error *error);

    /* Starts a block on top of the last: due transitions run here. */
    int (*begin)(void *context, uint64_t height, int64_t time, struct qr_error *error);
    /* prepared: what prepare gave for it, or NULL to have the checks made here. */
    int (*apply)(void *context, const struct qr_transaction *transaction, const struct qr_prepared *prepared,
                 struct qr_error *error);
    /* Ends the block: no transaction comes any more. The leaves that it appends stay the application's until commit or abort. */
    const struct qr_leaves *(*end)(void *context);
    /* Gives the application hash for a header that is complete but for it. A block that changed anything puts what its
     * header says into the state first, so that its application hash names the whole history; an empty block leaves the
     * application hash as it was. */
    struct qr_hash (*seal)(void *context, const struct qr_header *header);
    void (*commit)(void *context);
    void (*abort)(void *context);

    /* Whether this key is a node's in office, so that its signature over the block that ends counts. */
    bool (*signs)(void *context, const struct qr_public_key *key);
    /* When the next transition is due, ms; INT64_MAX when none is. */
    int64_t (*deadline)(void *context);
    /* The state, for the store to write what changed. */
    struct qr_state *(*state)(void *context);
};

/* An engine's answer to one submission, given when its block is on the disk or it is refused. A transaction that stands in a
 * block already, sent again with the same body, is answered with that block's height. */
struct qr_answer {
    uint64_t token; /* that it was submitted under */
    const struct qr_hash *id;
    uint64_t height; /* of the block that holds it; 0 when there is none */
    bool replayed;   /* it was there before */
    const struct qr_error *error; /* NULL when it is in the block */
};

#endif
