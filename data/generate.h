#ifndef QR_DATA_GENERATE_H
#define QR_DATA_GENERATE_H

#include "common/prelude.h"

/* The fare generator: rows of fares like those that travel sites showed for the six Indian metros in 2022, from a seed.
 *
 *     log fare = curve(class base + airline + route + stops + duration + departure + f_class(days) + weekday
 *                      + scarcity(seats left) + itinerary + noise), snapped to the itinerary's fare ladder
 *
 * The tables (data/fare_tables.h) are held to the published statistics of 300,153 real fares; the test of this module
 * is their acceptance test. What real fares do not tell is simulated, and no more than that: demand, load, seats left
 * and what the weekday does. A development tool: it computes in floating point, and nothing recorded comes from it. */

enum { QR_FARE_CABINS = 2, QR_FARE_AIRLINES = 6, QR_FARE_CITIES = 6, QR_FARE_PARTS = 6, QR_FARE_WEEKDAYS = 7 };
enum { QR_FARE_DAYS_MAX = 49 }; /* rows have 1 to 49 days left */

/* The names of the categories, by index, in the order of data/features.json. */
extern const char *const qr_fare_cabins[QR_FARE_CABINS];
extern const char *const qr_fare_airlines[QR_FARE_AIRLINES];
extern const char *const qr_fare_cities[QR_FARE_CITIES];
extern const char *const qr_fare_parts[QR_FARE_PARTS]; /* of the day, four hours each; late_night is 0:00 to 4:00 */
extern const char *const qr_fare_weekdays[QR_FARE_WEEKDAYS];

struct qr_fare_row {
    int cabin, airline, from, to;
    int stops; /* 0 to 2 */
    int departure, arrival;
    int duration; /* hundredths of an hour */
    int days_left;
    int weekday;    /* of the departure; 0 Monday */
    int seats_left; /* 1 to 9, 9 meaning 9 or more */
    int itinerary;  /* rows of one itinerary differ in days left, weekday and seats left alone */
    int price;      /* whole rupees */
};

/* The part of the day that a minute of the day (0 to 1439) falls in. */
int qr_fare_part(int minute);

/* A stream of rows, the same for the same seed. Itineraries come one after the other with all their rows. */
struct qr_faregen;

struct qr_faregen *qr_faregen_new(uint64_t seed);
void qr_faregen_freep(struct qr_faregen **generator);
void qr_faregen_next(struct qr_faregen *generator, struct qr_fare_row *ret_row);

#endif
