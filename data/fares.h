#ifndef QR_DATA_FARES_H
#define QR_DATA_FARES_H

#include "common/error.h"
#include "data/generate.h"
#include "reservations/network.h"

/* Files of real fares, as travel sites show them: CSV with a header that names these columns, in any order and among
 * others: airline (Air_India), flight (AI-887), source_city and destination_city (Delhi), departure_time and
 * arrival_time (Early_Morning, a part of the day), stops (zero, one, two_or_more), class (Economy), duration
 * (hours, 2.17), days_left, price (rupees). Words count without regard to case. A field may stand in double quotes;
 * lines end in LF or CRLF. */

enum {
    QR_FARE_LINE_MAX = 4096,
    QR_FARE_RECORDS_MAX = 5000000,
    QR_FARE_FLIGHT_SIZE = 10 /* "AI-12345" with the zero byte */
};

/* One line of the file: indexes as in data/generate.h. */
struct qr_fare_record {
    char flight[QR_FARE_FLIGHT_SIZE];
    int cabin, airline, from, to;
    int stops; /* 2 is two or more */
    int departure, arrival;
    int duration;  /* hundredths of an hour, 1 to 6000 */
    int days_left; /* 0 to 365 */
    int64_t price; /* rupees, above 0 */
};

/* What such files call the cities and airlines of data/generate.h. */
extern const char *const qr_fare_city_names[QR_FARE_CITIES];      /* "Delhi" for DEL */
extern const char *const qr_fare_airline_codes[QR_FARE_AIRLINES]; /* "AI" for Air_India */

struct qr_fares;

/* `path` "-" is standard input. Fails with QR_ENO_FILE, or QR_EINPUT when a column is missing. */
QR_MUST_USE int qr_fares_open(const char *path, struct qr_fares **ret_fares, struct qr_error *error);
void qr_fares_freep(struct qr_fares **fares);

/* The next record: 1, or 0 at the end, or QR_EINPUT with the line and the column: "f.csv, line 7, column stops: ...".
 */
QR_MUST_USE int qr_fares_next(struct qr_fares *fares, struct qr_fare_record *ret_record, struct qr_error *error);

/* Called now and then with the number of records read so far. */
typedef void qr_fares_progress(void *context, size_t records);

/* Builds a network from a file of fares: its airports, airlines and, of the itineraries that share flight, route and
 * part of the day, the one seen most often, flown every day. Seats are the airline's usual ones; a cabin is there when
 * the file has a fare in it. A part of the day becomes a time in it that agrees with the part of arrival where one does,
 * the same at every run. progress may be NULL. The network must be empty; it is untouched on failure. */
QR_MUST_USE int qr_fares_network(const char *path, qr_fares_progress *progress, void *context,
                                 struct qr_network *network, struct qr_error *error);

#endif
