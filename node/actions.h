#ifndef QR_NODE_ACTIONS_H
#define QR_NODE_ACTIONS_H

#include "common/codec.h"
#include "common/key.h"
#include "governance/governance.h"
#include "node/object.h"

/* What a transaction can do: its kind, who may sign it, and its payload. A key can do only what its kind says; any other
 * is refused with QR_EWRONG_KEY. The numbers are recorded; they never change.
 *
 *     kind  action             signed by    payload                                          replay
 *     1     publish            member       struct qr_publish                                expiry height
 *     2     propose            member       struct qr_propose (governance/payload.h)         expiry height
 *     3     ballot             member       struct qr_cast (likewise)                        expiry height
 *     4     appoint            member       struct qr_appoint                                expiry height
 *     5     dismiss            member       struct qr_dismiss                                expiry height
 *     6     propose_validator  member       struct qr_propose_validator (payload.h)          expiry height
 *     10    batch              pricing      struct qr_batch (node/batch.h)                   sequence
 *     20    orders             reservation  struct qr_orders (node/order.h)                  sequence
 *     30    report             agent        struct qr_reported (payload.h)                   sequence
 *     31    execute            agent        struct qr_execute; a member may sign it too      sequence; expiry height */
enum qr_action {
    QR_ACTION_PUBLISH = 1,
    QR_ACTION_PROPOSE = 2,
    QR_ACTION_BALLOT = 3,
    QR_ACTION_APPOINT = 4,
    QR_ACTION_DISMISS = 5,
    QR_ACTION_PROPOSE_VALIDATOR = 6,
    QR_ACTION_BATCH = 10,
    QR_ACTION_ORDERS = 20,
    QR_ACTION_REPORT = 30,
    QR_ACTION_EXECUTE = 31,
};

/* "publish", "propose", ...; NULL for a number that is no action. */
const char *qr_action_name(uint64_t kind);
bool qr_action_allowed(uint64_t kind, enum qr_key_kind signer);

/* One chunk of an object (node/object.h). Chunks come in any order and from one member; the same chunk again is
 * no error. The last missing one completes the object, and fails when the whole does not pass its checks. */
struct qr_publish {
    enum qr_object_kind object;
    struct qr_hash hash; /* of the whole */
    uint64_t size;       /* of the whole */
    uint64_t index;      /* chunk: bytes [index * QR_CHUNK_SIZE, + QR_CHUNK_SIZE) or to the end */
    struct qr_span bytes;
};

struct qr_appoint {
    enum qr_key_kind kind;
    char name[QR_KEY_NAME_MAX];
    struct qr_public_key key;
};

struct qr_dismiss {
    struct qr_public_key key;
};

void qr_publish_encode(const struct qr_publish *publish, struct qr_buffer *out);
/* bytes points into the payload. */
QR_MUST_USE int qr_publish_decode(const void *bytes, size_t size, struct qr_publish *ret, struct qr_error *error);
void qr_appoint_encode(const struct qr_appoint *appoint, struct qr_buffer *out);
QR_MUST_USE int qr_appoint_decode(const void *bytes, size_t size, struct qr_appoint *ret, struct qr_error *error);
void qr_dismiss_encode(const struct qr_dismiss *dismiss, struct qr_buffer *out);
QR_MUST_USE int qr_dismiss_decode(const void *bytes, size_t size, struct qr_dismiss *ret, struct qr_error *error);

#endif
