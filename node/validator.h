#ifndef QR_NODE_VALIDATOR_H
#define QR_NODE_VALIDATOR_H

#include "common/state.h"
#include "node/genesis.h"

/* Who orders blocks, where the engine is not solo: the validators of the genesis and those that members voted in. What is here is
 * what was decided; an engine is told the changes of each block, and they reach its set when its protocol says. */

struct qr_validator_record {
    struct qr_validator validator;
    uint64_t height; /* of the block that added it; 0: the genesis */
};

/* QR_ENOT_FOUND. */
QR_MUST_USE int qr_validator_get(const struct qr_state *state, const struct qr_public_key *key,
                                 struct qr_validator_record *ret, struct qr_error *error);
/* The validator after `after` (NULL: the first) in the order of keys. */
bool qr_validator_next(const struct qr_state *state, const struct qr_public_key *after, struct qr_validator_record *ret);
size_t qr_validator_count(const struct qr_state *state);
int64_t qr_validator_total_power(const struct qr_state *state);

/* Whether it can be added: QR_EDUPLICATE for a key or a name that one has, or a key that is or was a member's or an operator's;
 * QR_ENOT_A_MEMBER for one that is nobody's; QR_EINPUT for a bad name; QR_ERANGE for its power; QR_EREFUSED for too many, or too
 * much power together. Adding checks it too. */
QR_MUST_USE int qr_validator_check_add(const struct qr_state *state, const struct qr_validator *validator,
                                       struct qr_error *error);
QR_MUST_USE int qr_validator_add(struct qr_state *state, const struct qr_validator *validator, uint64_t height,
                                 struct qr_error *error);

/* Whether the validator of this key, name and member can be removed: QR_ENOT_FOUND when there is none of this key, QR_EMISMATCH when it
 * is named otherwise or another's, QR_EREFUSED for the last one. Removing checks it too. */
QR_MUST_USE int qr_validator_check_remove(const struct qr_state *state, const struct qr_validator *validator,
                                          struct qr_error *error);
QR_MUST_USE int qr_validator_remove(struct qr_state *state, const struct qr_validator *validator, struct qr_error *error);

/* A change of the set, as engines take it. */
struct qr_validator_change {
    struct qr_public_key key;
    int64_t power; /* 0 removes it */
};
struct qr_node;
/* What the block that was ended last changed, each key once, in the order of keys; one that came and went within the block is not
 * there. The node's, until the next block begins or this one is aborted. */
const struct qr_validator_change *qr_node_validator_changes(const struct qr_node *node, size_t *ret_n);

#endif
