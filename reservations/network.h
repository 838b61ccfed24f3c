#ifndef QR_RESERVATIONS_NETWORK_H
#define QR_RESERVATIONS_NETWORK_H

#include "common/buffer.h"
#include "common/clock.h"
#include "common/error.h"

/* The network: airports, airlines, and flights as a weekly schedule in local time. It is what a store of
 * reservations is made from, and a store keeps its own copy.
 *
 * As text it is CSV without quotes, one record a line, `#` starting a comment line:
 *
 *     airport,DEL,Delhi,330                    code, city, minutes ahead of UTC
 *     airline,AI,Air_India                     code, name as pricing models know it
 *     flight,AI-101,AI,DEL,BOM,08:00,135,0,1234567,150,28
 *
 * A flight: code, airline, origin, destination, local departure, minutes under way (with its stops), number of
 * stops, weekdays (1 Monday to 7 Sunday), seats in economy, seats in business (0: no such cabin). Airports and
 * airlines stand before the flights that name them. */

enum qr_cabin { QR_ECONOMY, QR_BUSINESS, QR_CABINS };

enum {
    QR_AIRPORTS_MAX = 1000,
    QR_AIRLINES_MAX = 200,
    QR_FLIGHTS_MAX = 20000,
    QR_SEATS_MAX = 1000, /* of one cabin */
    QR_STOPS_MAX = 9,
    QR_FLIGHT_MINUTES_MAX = 60 * 60, /* under way */
    QR_NETWORK_TEXT_MAX = 4 << 20,
    QR_PLACE_CODE = 4, /* of an airport or airline, with the zero byte */
    QR_PLACE_NAME = 40,
    QR_FLIGHT_CODE = 12
};

struct qr_airport {
    char code[QR_PLACE_CODE]; /* IATA: three capital letters */
    char city[QR_PLACE_NAME];
    int offset_minutes; /* local time minus UTC, -720 to 840 */
};

struct qr_airline {
    char code[QR_PLACE_CODE]; /* two or three capital letters and digits */
    char name[QR_PLACE_NAME];
};

struct qr_flight {
    char code[QR_FLIGHT_CODE];
    uint32_t airline, origin, destination; /* indexes into the network */
    int departure;                         /* minutes after local midnight */
    int minutes;                           /* under way */
    int stops;
    unsigned weekdays; /* bit 0 Monday to bit 6 Sunday */
    int seats[QR_CABINS];
};

/* A zeroed struct is an empty network; qr_network_done frees what the others added. */
struct qr_network {
    struct qr_airport *airports;
    struct qr_airline *airlines;
    struct qr_flight
        *flights; /* by origin, destination, departure, code; parallel flights of one code may differ in minutes */
    size_t n_airports, n_airlines, n_flights;
};

void qr_network_done(struct qr_network *network);

/* Adds one; each checks its ranges and references. Flights are put in order by qr_network_sort, which refuses two
 * that are equal in origin, destination, departure, code and minutes. */
QR_MUST_USE int qr_network_add_airport(struct qr_network *network, const struct qr_airport *airport,
                                       struct qr_error *error);
QR_MUST_USE int qr_network_add_airline(struct qr_network *network, const struct qr_airline *airline,
                                       struct qr_error *error);
QR_MUST_USE int qr_network_add_flight(struct qr_network *network, const struct qr_flight *flight,
                                      struct qr_error *error);
QR_MUST_USE int qr_network_sort(struct qr_network *network, struct qr_error *error);

/* Reads the text form into an empty network, sorted. An error names the line. */
QR_MUST_USE int qr_network_parse(const char *text, size_t size, struct qr_network *network, struct qr_error *error);

/* Index of an airport or airline by its code, without regard to case; false when there is none. */
bool qr_network_airport(const struct qr_network *network, const char *code, uint32_t *ret_index);
bool qr_network_airline(const struct qr_network *network, const char *code, uint32_t *ret_index);

/* The flights from origin to destination: indexes [first, first + count) of `flights`. */
size_t qr_network_route(const struct qr_network *network, uint32_t origin, uint32_t destination, size_t *ret_first);

/* Departure and arrival of a flight on a date (local at the origin), in ms since the epoch. */
int64_t qr_flight_departs(const struct qr_network *network, const struct qr_flight *flight, struct qr_date date);
int64_t qr_flight_arrives(const struct qr_network *network, const struct qr_flight *flight, struct qr_date date);

const char *qr_cabin_name(enum qr_cabin cabin); /* "economy", "business" */
bool qr_cabin_parse(const char *name, enum qr_cabin *ret_cabin);

#endif
