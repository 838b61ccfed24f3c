#ifndef QR_SERVICES_GOVERND_STORE_H
#define QR_SERVICES_GOVERND_STORE_H

#include "services/governd/governd.h"

/* HOME/governd.db: the reports that this agent computed, the notices it gave, and which state of which proposal they
 * told. It holds nothing that cannot be made again. Errors are QR_EIO, QR_EDISK_FULL or QR_ECORRUPT. */

QR_MUST_USE int store_open(const char *path, struct store **ret_store, struct qr_error *error);
void store_close(struct store *store);

struct stored_report {
    struct qr_hash hash;
    struct qr_buffer bytes; /* canonical */
    struct qr_buffer json;  /* text */
};
void stored_report_done(struct stored_report *report);
QR_MUST_USE int store_put_report(struct store *store, const struct qr_hash *proposal,
                                 const struct stored_report *report, struct qr_error *error);
/* QR_ENOT_FOUND also for a report that is not what its hash says, so that it is made again. */
QR_MUST_USE int store_report(struct store *store, const struct qr_hash *proposal, struct stored_report *ret_report,
                             struct qr_error *error);

struct notice {
    uint64_t sequence; /* from 1, given by the store */
    int64_t time;
    bool warning;
    char text[512];
    struct qr_hash proposal;
    int64_t deadline; /* 0: none */
};
/* Notes that `mark` of the proposal was told, with the notice that told it; false when it was told before. A mark is a
 * state, or one of those beyond QR_PROPOSAL_STATES for what is told beside it. */
QR_MUST_USE int store_tell(struct store *store, unsigned mark, struct notice *notice, bool *ret_new,
                           struct qr_error *error);
/* Up to `most` notices after a sequence number, into an array of that size. */
QR_MUST_USE int store_notices(struct store *store, uint64_t after, size_t most, struct notice *ret_notices,
                              size_t *ret_n, struct qr_error *error);

#endif
