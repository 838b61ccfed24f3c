#ifndef QR_RESERVATIONS_INVENTORY_H
#define QR_RESERVATIONS_INVENTORY_H

#include "reservations/store.h"

/* Seats: one count for each flight, date and cabin. Selling is one guarded update whose affected rows are checked,
 * so two buyers of a last seat cannot both succeed, whatever processes they run in. */

/* Names one flight, date and cabin. */
struct qr_departure {
    uint32_t flight; /* index into the network's flights */
    struct qr_date date;
    enum qr_cabin cabin;
};

/* As one number, ordered by date, flight, cabin. */
int64_t qr_departure_pack(const struct qr_departure *departure);
struct qr_departure qr_departure_unpack(int64_t number);

struct qr_seats {
    int capacity;
    int sold;
};

/* Fails with QR_ENOT_FOUND when the flight does not operate on that date or the date is not loaded. */
QR_MUST_USE int qr_inventory_seats(struct qr_reservations *store, const struct qr_departure *departure,
                                   struct qr_seats *ret_seats, struct qr_error *error);

/* Inside a transaction. Fails with QR_ESOLD_OUT, or QR_ENOT_FOUND. */
QR_MUST_USE int qr_inventory_sell(struct qr_reservations *store, const struct qr_departure *departure,
                                  struct qr_error *error);
QR_MUST_USE int qr_inventory_give_back(struct qr_reservations *store, const struct qr_departure *departure,
                                       struct qr_error *error);

/* Adds the inventory that is missing so that all flights of the `days` days from the date of `now` on can be sold.
 * Dates that are there stay as they are. To be called at start and after each midnight, outside a transaction.
 * ret_added: number of counts added. */
QR_MUST_USE int qr_inventory_roll(struct qr_reservations *store, int64_t now, unsigned days, size_t *ret_added,
                                  struct qr_error *error);

/* The last date with inventory. */
QR_MUST_USE int qr_inventory_horizon(struct qr_reservations *store, struct qr_date *ret_last, struct qr_error *error);

/* Seats already sold when a departure is loaded `days_left` days ahead: a booking curve (about a tenth at 60 days,
 * nine tenths on the last day) that a hash of flight, date and cabin shifts by up to a fifth of the cabin either
 * way. Less than or equal to capacity; the same arguments give the same number everywhere. */
int qr_inventory_presold(const char *flight_code, const struct qr_departure *departure, int capacity, int days_left);

#endif
