#ifndef QR_SERVICES_LEDGERD_LEDGERD_H
#define QR_SERVICES_LEDGERD_LEDGERD_H

#include "ledger/solo.h"
#include "node/node.h"
#include "services/lib/service.h"

/* What the files of quorate-ledgerd share. The guided tour is in main.c. */
struct ledgerd_receipt_wait;

struct ledgerd {
    struct qr_daemon *daemon;
    struct qr_store *store;
    struct qr_key *key; /* of the node: signs checkpoints */
    struct qr_workers *workers;
    struct qr_node *node;
    struct qr_merkle_log *log;
    struct qr_solo *solo;
    size_t unanswered; /* submissions that wait for a block */
    struct ledgerd_receipt_wait *waits;
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

/* Cuts blocks while anything waits or is due (submit.c). */
void ledgerd_settle(void *ledgerd);
/* After a block: answers receipts that waited for it; those whose time is over are refused with `pending` (receipts.c). */
void ledgerd_serve_waits(struct ledgerd *ledgerd);
void ledgerd_drop_waits(struct ledgerd *ledgerd);
void ledgerd_submission_answered(void *context, const struct qr_solo_answer *answer);

/* An id or a prefix of at least 3 bytes, as requests give them. QR_EFORMAT. */
QR_MUST_USE int ledgerd_prefix(ProtobufCBinaryData bytes, struct qr_hash *ret_prefix, unsigned *ret_nibbles,
                               struct qr_error *error);

#endif
