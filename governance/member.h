#ifndef QR_GOVERNANCE_MEMBER_H
#define QR_GOVERNANCE_MEMBER_H

#include "common/key.h"
#include "common/state.h"

/* Members: the organisations that own the shared model, with the weight of their vote and the key that signs
 * for them. They live in the replicated state, one entry a member and one a key, so that a signer is found
 * without walking. Only the genesis adds members so far; proposals copy names and weights when their vote
 * opens (governance.h), so a later change never reaches an open vote. */

enum {
    QR_MEMBER_NAME_MAX = 33, /* with the final zero; which names are good: qr_name_valid */
    QR_MEMBERS_MAX = 1000,
};
#define QR_MEMBER_WEIGHT_MAX (INT64_C(1) << 40) /* so that the total of QR_MEMBERS_MAX fits 63 bits */

struct qr_member {
    char name[QR_MEMBER_NAME_MAX];
    struct qr_public_key key;
    int64_t weight; /* 1 to QR_MEMBER_WEIGHT_MAX */
};

/* Adds a member or replaces the one of that name. Fails with QR_EINPUT on a bad name, QR_ERANGE on a weight
 * out of bounds, QR_EDUPLICATE when the key belongs to another member, QR_ELIMIT beyond QR_MEMBERS_MAX. */
QR_MUST_USE int qr_member_put(struct qr_state *state, const struct qr_member *member, struct qr_error *error);

/* Fails with QR_ENOT_A_MEMBER. */
QR_MUST_USE int qr_member_by_name(const struct qr_state *state, const char *name, struct qr_member *ret_member,
                                  struct qr_error *error);
QR_MUST_USE int qr_member_by_key(const struct qr_state *state, const struct qr_public_key *key,
                                 struct qr_member *ret_member, struct qr_error *error);

/* The member after `after` ("" or NULL: the first) in the order of names. False when there is none. */
bool qr_member_next(const struct qr_state *state, const char *after, struct qr_member *ret_member);

size_t qr_member_count(const struct qr_state *state);
int64_t qr_member_total_weight(const struct qr_state *state);

#endif
