#ifndef QR_NODE_MANDATE_H
#define QR_NODE_MANDATE_H

#include "common/codec.h"
#include "common/state.h"

/* Mandates: what authorises a decision. An activation leaf "QRA1" names model, baseline, pricing rules, the proposal that was voted (zero
 * for the genesis) and the height that activated it; the mandate is the leaf's RFC 9162 hash. One is active at each height. */

enum { QR_ACTIVATION_LEAF_MAX = 160 };

struct qr_activation {
    struct qr_hash model;
    struct qr_hash baseline;
    struct qr_hash rules;
    uint64_t rules_version;
    struct qr_hash proposal;
    uint64_t height;
};

/* Leaf: "QRA1", model, baseline, rules, rules version, proposal, height. */
void qr_activation_encode(const struct qr_activation *activation, struct qr_buffer *out);
QR_MUST_USE int qr_activation_decode(const void *bytes, size_t size, struct qr_activation *ret,
                                     struct qr_error *error);
struct qr_hash qr_activation_mandate(const struct qr_activation *activation);

/* As the replicated state keeps it. Active at heights [activation.height, ended); decisions name the height that they were
 * priced at. */
struct qr_mandate {
    struct qr_hash id;
    struct qr_activation activation;
    uint64_t ended; /* UINT64_MAX while it is active */
    bool revoked;   /* by an emergency: offers that are not booked are void */
};

/* QR_ENOT_FOUND. */
QR_MUST_USE int qr_mandate_get(const struct qr_state *state, const struct qr_hash *id, struct qr_mandate *ret,
                               struct qr_error *error);
QR_MUST_USE int qr_mandate_active(const struct qr_state *state, struct qr_mandate *ret, struct qr_error *error);
/* Ends the active one and makes this the active one. */
void qr_mandate_activate(struct qr_state *state, const struct qr_activation *activation);

#endif
