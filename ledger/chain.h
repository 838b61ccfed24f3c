#ifndef QR_LEDGER_CHAIN_H
#define QR_LEDGER_CHAIN_H

#include "ledger/engine.h"
#include "ledger/store.h"

/* The chain: makes one block on top of the last, the same way for every engine and for re-execution. An engine decides which
 * transactions come, in which order and at what time; audit and followers take all three from a block that exists.
 *
 *     qr_chain_begin, qr_chain_apply for each transaction, qr_chain_end, then qr_chain_commit or qr_chain_abort
 *
 * Between begin and commit the application's state is that of the open block. */
struct qr_chain;

struct qr_chain_setup {
    const struct qr_app *app;
    struct qr_store *store;        /* NULL: nothing is kept, as in an audit */
    struct qr_merkle_log *log;     /* as of the head; not owned */
    const struct qr_header *head;  /* copied */
    const struct qr_hash *genesis; /* hash; copied */
    const struct qr_key *key;      /* a node's key that signs each checkpoint while it is in office; NULL: none does */
};

struct qr_chain *qr_chain_new(const struct qr_chain_setup *setup);
void qr_chain_free(struct qr_chain *chain);

/* The last committed header. */
const struct qr_header *qr_chain_head(const struct qr_chain *chain);
bool qr_chain_is_open(const struct qr_chain *chain); /* a block was begun and not yet committed or aborted */

/* A time for the next block that follows the head's: `time`, or 1 ms after the head where that is later. */
int64_t qr_chain_time(const struct qr_chain *chain, int64_t time);

/* Opens the next block. QR_EINVALID for a time that does not follow the head's. After a failure no block is open. */
QR_MUST_USE int qr_chain_begin(struct qr_chain *chain, int64_t time, struct qr_error *error);

/* Puts a transaction into the open block, or refuses it and leaves the block as it was; QR_ELIMIT when the block holds
 * QR_BLOCK_TRANSACTIONS_MAX. `encoded` are the bytes that it was read from; they must live until commit or abort. */
QR_MUST_USE int qr_chain_apply(struct qr_chain *chain, const struct qr_transaction *transaction,
                               const struct qr_span *encoded, const struct qr_prepared *prepared,
                               struct qr_error *error);
size_t qr_chain_included(const struct qr_chain *chain); /* transactions in the open block */

/* Ends the open block and tells what it writes; valid until commit or abort. */
const struct qr_append *qr_chain_end(struct qr_chain *chain);

/* Keeps with the ended block a signature that another node made over it already; whether it holds is the caller's to know. Beyond
 * QR_NOTE_SIGNATURES_MAX it is left out. */
void qr_chain_witness(struct qr_chain *chain, const struct qr_note_signature *line);

/* Makes the ended block the head, once the store has it. A failure is the store's: the block is aborted, and the process should
 * stop. */
QR_MUST_USE int qr_chain_commit(struct qr_chain *chain, struct qr_error *error);
/* Undoes the open block; without one, nothing. */
void qr_chain_abort(struct qr_chain *chain);

/* The block on the disk that holds this very transaction; 0 when none does. */
uint64_t qr_chain_find(const struct qr_chain *chain, const struct qr_transaction *transaction);

#endif
