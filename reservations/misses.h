#ifndef QR_RESERVATIONS_MISSES_H
#define QR_RESERVATIONS_MISSES_H

#include "common/error.h"

/* A limit on guessing record locators and surnames. Each locator has a few tries, and all locators together have
 * some more; both come back with time. Nothing here tells whether a locator exists. */

enum {
    QR_MISSES_PER_LOCATOR = 5,
    QR_MISSES_IN_ALL = 30,
    QR_MISS_FORGIVEN_MS = 12000,       /* one try of a locator comes back */
    QR_MISS_IN_ALL_FORGIVEN_MS = 2000, /* one try in all comes back */
    QR_MISS_SLOTS = 1024               /* locators remembered; the longest ago missed makes room */
};

struct qr_misses {
    struct qr_miss {
        uint64_t locator;
        int64_t spent_until; /* the time when all its misses are forgiven */
    } slots[QR_MISS_SLOTS];
    int64_t all_spent_until;
};

/* Before a look-up: QR_ERATE_LIMITED saying how long to wait, or 0. */
QR_MUST_USE int qr_misses_check(const struct qr_misses *misses, uint64_t locator, int64_t now, struct qr_error *error);
/* After a look-up that found nothing. */
void qr_misses_count(struct qr_misses *misses, uint64_t locator, int64_t now);

#endif
