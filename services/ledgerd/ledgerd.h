#ifndef QR_SERVICES_LEDGERD_LEDGERD_H
#define QR_SERVICES_LEDGERD_LEDGERD_H

#include "ledger/chain.h"
#include "node/node.h"
#include "services/lib/service.h"

/* What the files of quorate-ledgerd share. The guided tour is in main.c. */
struct ledgerd_receipt_wait;
struct ledgerd_feed_wait;
struct ledgerd;

/* What orders transactions for this home: a file for each. */
struct ledgerd_engine {
    const char *name; /* as `quorate ledger head` shows it */
    int (*start)(struct ledgerd *ledgerd, struct qr_error *error);
    /* Takes one encoded transaction that can be read. Unless it fails, ledgerd_submission_answered is told of the token later. */
    int (*submit)(struct ledgerd *ledgerd, const struct qr_buffer *encoded, uint64_t token, struct qr_error *error);
    /* The end of each turn of the loop, and every 20 ms. */
    void (*settle)(struct ledgerd *ledgerd);
    void (*stop)(struct ledgerd *ledgerd); /* also when start failed */
};
extern const struct ledgerd_engine ledgerd_solo;     /* solo.c */
extern const struct ledgerd_engine ledgerd_cometbft; /* cometbft.c */
extern const struct ledgerd_engine ledgerd_follower; /* follower.c */

struct ledgerd {
    struct qr_daemon *daemon;
    struct qr_store *store;
    struct qr_key *key; /* of the node: signs checkpoints */
    struct qr_workers *workers;
    struct qr_node *node;
    struct qr_merkle_log *log;
    struct qr_chain *chain;
    const struct ledgerd_engine *engine;
    void *order; /* the engine's own */
    bool gave_up;      /* the store failed, and that was said */
    bool ending;       /* what cannot be answered any more is left to the client, which sends it again */
    bool making_explainer;
    size_t unanswered; /* submissions that wait for a block */
    struct qr_request **deferred; /* that came while a block was open */
    size_t n_deferred, room_deferred;
    struct ledgerd_receipt_wait *waits;
    struct ledgerd_feed_wait *feed;
    size_t n_cosignatures;
    struct qr_cosignature *cosignatures; /* to be kept at the next settle */
    int64_t *cosigned;
    int64_t *blocks;
    int64_t *transactions;
    int64_t *refused;
    int64_t *decisions;
};

/* Each answers or keeps the request. */
void ledgerd_submit(struct ledgerd *ledgerd, struct qr_request *request);      /* submit.c */
void ledgerd_block(struct ledgerd *ledgerd, struct qr_request *request);       /* blocks.c */
void ledgerd_blocks(struct ledgerd *ledgerd, struct qr_request *request);
void ledgerd_transaction(struct ledgerd *ledgerd, struct qr_request *request);
void ledgerd_decision(struct ledgerd *ledgerd, struct qr_request *request);    /* decisions.c */
void ledgerd_decisions(struct ledgerd *ledgerd, struct qr_request *request);
void ledgerd_receipt(struct ledgerd *ledgerd, struct qr_request *request);     /* receipts.c */
void ledgerd_pin(struct ledgerd *ledgerd, struct qr_request *request);
void ledgerd_head(struct ledgerd *ledgerd, struct qr_request *request);        /* facts.c */
void ledgerd_state(struct ledgerd *ledgerd, struct qr_request *request);
void ledgerd_object(struct ledgerd *ledgerd, struct qr_request *request);
void ledgerd_mandate(struct ledgerd *ledgerd, struct qr_request *request);
void ledgerd_sequence(struct ledgerd *ledgerd, struct qr_request *request);
void ledgerd_checkpoint(struct ledgerd *ledgerd, struct qr_request *request);
void ledgerd_consistency(struct ledgerd *ledgerd, struct qr_request *request);
void ledgerd_raw_blocks(struct ledgerd *ledgerd, struct qr_request *request);  /* feed.c */
void ledgerd_take_cosignatures(struct ledgerd *ledgerd, struct qr_request *request); /* cosign.c */

/* Opens HOME/ledgerd.db and makes node, log and chain of it; the opposite. Between the two all of them are NULL. */
QR_MUST_USE int ledgerd_open(struct ledgerd *ledgerd, struct qr_error *error);
void ledgerd_close(struct ledgerd *ledgerd);

/* Takes note of a node's signature over the checkpoint of a block: QR_EREFUSED when no node in office signed so, QR_ENOT_FOUND without
 * the block. What was taken note of is kept at the next settle, many in one transaction; what is known already, not again (cosign.c). */
QR_MUST_USE int ledgerd_cosign(struct ledgerd *ledgerd, uint64_t height, const struct qr_note_signature *line,
                               struct qr_error *error);
void ledgerd_keep_cosignatures(struct ledgerd *ledgerd);

/* Has the explainer of an upgrade that waits for its timelock made ready by a worker (upgrade.c). */
void ledgerd_prepare_upgrade(struct ledgerd *ledgerd);

/* After each commit: events and counts (events.c). */
void ledgerd_block_made(struct ledgerd *ledgerd);
/* Likewise of one that was committed together with others. */
void ledgerd_announce(struct ledgerd *ledgerd, const struct qr_header *header, const struct qr_block_facts *facts);
/* A store that failed: says so, and ends the process (events.c). */
void ledgerd_give_up(struct ledgerd *ledgerd, const char *doing, const struct qr_error *error);
/* After a block: answers receipts that waited for it; those whose time is over are refused with `pending` (receipts.c). */
void ledgerd_serve_waits(struct ledgerd *ledgerd);
void ledgerd_drop_waits(struct ledgerd *ledgerd);
/* Likewise requests for raw blocks that wait for the next one (feed.c). */
void ledgerd_serve_feed(struct ledgerd *ledgerd);
void ledgerd_drop_feed(struct ledgerd *ledgerd);
void ledgerd_submission_answered(void *context, const struct qr_answer *answer);

/* An id or a prefix of at least 3 bytes, as requests give them. QR_EFORMAT. */
QR_MUST_USE int ledgerd_prefix(ProtobufCBinaryData bytes, struct qr_hash *ret_prefix, unsigned *ret_nibbles,
                               struct qr_error *error);

#endif
