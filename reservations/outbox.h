#ifndef QR_RESERVATIONS_OUTBOX_H
#define QR_RESERVATIONS_OUTBOX_H

#include "reservations/order.h"

/* What the ledger has not confirmed yet.
 *
 * Two streams. Decisions of orders: written with the order, kept until the pricing service reports the height at which
 * the decision was recorded. Order events (confirmed, cancelled): cut into submissions, each under the next sequence
 * number of the reservation key and kept as bytes, so that a submission is never cut differently after a crash; a
 * submission is kept until a height comes back. */

struct qr_outbox_decision {
    uint64_t order; /* its number */
    struct qr_hash decision;
    struct qr_span leaf; /* into the buffer of qr_outbox_decisions */
};

/* Decisions without a height, of orders after number `after`, in order. Leaves are copied to leaf_bytes (emptied
 * first). */
QR_MUST_USE int qr_outbox_decisions(struct qr_reservations *store, uint64_t after, size_t most,
                                    struct qr_buffer *leaf_bytes, struct qr_outbox_decision *ret_decisions,
                                    size_t *ret_count, struct qr_error *error);
/* Inside a transaction. */
QR_MUST_USE int qr_outbox_decision_recorded(struct qr_reservations *store, uint64_t order, uint64_t height,
                                            struct qr_error *error);

struct qr_outbox_event {
    uint64_t number; /* later events have higher numbers */
    uint64_t order;
    enum qr_order_state state; /* what the order became */
    int64_t time;
    struct qr_hash decision;
    struct qr_hash commitment;
};

/* Events not yet in a submission, in order. */
QR_MUST_USE int qr_outbox_events(struct qr_reservations *store, size_t most, struct qr_outbox_event *ret_events,
                                 size_t *ret_count, struct qr_error *error);

/* Turns the events up to number `through` into submission `sequence`, higher than any before. Inside a transaction that
 * is committed durably before the bytes are sent. */
QR_MUST_USE int qr_outbox_submit(struct qr_reservations *store, uint64_t sequence, uint64_t through, const void *bytes,
                                 size_t size, struct qr_error *error);
/* The last sequence number that was used; 0: none. */
QR_MUST_USE int qr_outbox_last_sequence(struct qr_reservations *store, uint64_t *ret_sequence, struct qr_error *error);

/* The oldest submission without a height after sequence `after`; its bytes are copied (`bytes` is emptied first).
 * QR_ENOT_FOUND when there is none. */
QR_MUST_USE int qr_outbox_submission(struct qr_reservations *store, uint64_t after, uint64_t *ret_sequence,
                                     struct qr_buffer *bytes, struct qr_error *error);
/* Inside a transaction. */
QR_MUST_USE int qr_outbox_submission_recorded(struct qr_reservations *store, uint64_t sequence, struct qr_error *error);

/* How much waits: for status and metrics. */
struct qr_outbox_backlog {
    uint64_t decisions, events, submissions;
};
QR_MUST_USE int qr_outbox_backlog(struct qr_reservations *store, struct qr_outbox_backlog *ret_backlog,
                                  struct qr_error *error);

#endif
