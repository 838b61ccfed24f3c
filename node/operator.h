#ifndef QR_NODE_OPERATOR_H
#define QR_NODE_OPERATOR_H

#include "ledger/transaction.h"
#include "node/genesis.h"

/* Who may sign: operators' keys with their sequence numbers, and members' transactions, each once before its expiry. */

struct qr_operator_record {
    struct qr_operator operator;
    uint64_t appointed; /* height */
    uint64_t dismissed; /* height; UINT64_MAX while in office */
    uint64_t sequence;  /* the last one used; 0: none */
};

/* QR_ENOT_FOUND. */
QR_MUST_USE int qr_operator_get(const struct qr_state *state, const struct qr_public_key *key,
                                struct qr_operator_record *ret, struct qr_error *error);
/* The operator after `after` (NULL: the first) in the order of keys. */
bool qr_operator_next(const struct qr_state *state, const struct qr_public_key *after, struct qr_operator_record *ret);

/* The one in office of this kind and name. */
bool qr_operator_named(const struct qr_state *state, enum qr_key_kind kind, const char *name,
                       struct qr_operator_record *ret);

/* Whether it can be appointed: QR_EDUPLICATE for a key that a member or an operator has or had, or a validator has, or a name that
 * one of this kind in office has. Appointing checks it too. */
QR_MUST_USE int qr_operator_check(const struct qr_state *state, const struct qr_operator *operator, struct qr_error *error);
QR_MUST_USE int qr_operator_appoint(struct qr_state *state, const struct qr_operator *operator, uint64_t height,
                                    struct qr_error *error);
/* By the member that appointed it: QR_EREFUSED for another. */
QR_MUST_USE int qr_operator_dismiss(struct qr_state *state, const struct qr_public_key *key, const char *member,
                                    uint64_t height, struct qr_error *error);

/* Who signed a transaction. */
struct qr_signer {
    enum qr_key_kind kind;
    char name[QR_KEY_NAME_MAX];
    char member[QR_MEMBER_NAME_MAX]; /* the member itself, or who appointed the operator */
};
/* QR_EWRONG_KEY for a key that is nobody's in office. */
QR_MUST_USE int qr_signer_find(const struct qr_state *state, const struct qr_public_key *key, struct qr_signer *ret,
                               struct qr_error *error);

/* Whether the transaction comes in turn at this height, and takes note of it: QR_ESEQUENCE, QR_EEXPIRED, QR_EDUPLICATE. */
QR_MUST_USE int qr_replay_take(struct qr_state *state, const struct qr_signer *signer,
                               const struct qr_transaction *transaction, uint64_t height, struct qr_error *error);
/* Whether it may still come in turn at this height or a later one; changes nothing. The errors of qr_replay_take, but a sequence number
 * may be ahead. */
QR_MUST_USE int qr_replay_check(const struct qr_state *state, const struct qr_signer *signer,
                                const struct qr_transaction *transaction, uint64_t height, struct qr_error *error);
/* The height that took a member's transaction, as long as it has not expired. */
bool qr_replay_find(const struct qr_state *state, uint64_t expiry, const struct qr_hash *id, uint64_t *ret_height);
/* Forgets members' transactions whose expiry is below this height. */
void qr_replay_expire(struct qr_state *state, uint64_t height);

#endif
