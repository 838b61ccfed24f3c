#ifndef QR_RESERVATIONS_CANDIDATE_H
#define QR_RESERVATIONS_CANDIDATE_H

#include "reservations/inventory.h"

/* Candidates: the departures that answer a search, with everything that a pricing model may see of them. */

enum { QR_CANDIDATES_MAX = 64, QR_SEATS_SHOWN_MAX = 9 };

/* Parts of the day, each of four hours from 04:00 on: how fares are grouped by departure and arrival. */
enum qr_daypart { QR_EARLY_MORNING, QR_MORNING, QR_AFTERNOON, QR_EVENING, QR_NIGHT, QR_LATE_NIGHT, QR_DAYPARTS };
const char *qr_daypart_name(enum qr_daypart part); /* "early_morning", ... */

struct qr_search {
    const char *from, *to; /* IATA codes, any case */
    struct qr_date date;   /* local at the origin */
    enum qr_cabin cabin;   /* QR_CABINS: every cabin */
    int64_t now;           /* flights that have left are no candidates */
};

struct qr_candidate {
    struct qr_departure departure;
    int64_t departs, arrives;               /* ms since the epoch */
    enum qr_daypart departs_in, arrives_in; /* local at origin and destination */
    int days_left;                          /* whole days from the origin's date of `now` to the date of departure */
    int weekday;                            /* of departure, 0 Monday */
    int seats_left;                         /* 1 to QR_SEATS_SHOWN_MAX, which stands for that many or more */
};

/* Candidates with a seat left, by departure and cabin, at most QR_CANDIDATES_MAX of them (the earliest). None is no
 * error. Fails with QR_EINPUT for an airport that is not in the network or a pair of equal ones, and with QR_ERANGE for
 * a date that has passed or is not loaded yet. */
QR_MUST_USE int qr_candidates_find(struct qr_reservations *store, const struct qr_search *search,
                                   struct qr_candidate ret_candidates[QR_CANDIDATES_MAX], size_t *ret_count,
                                   struct qr_error *error);

#endif
