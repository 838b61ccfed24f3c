#include "reservations/sql.h"

static int save_airports(struct qr_reservations *store, const struct qr_network *network, struct qr_error *error)
{
    for (size_t i = 0; i < network->n_airports; i++) {
        const struct qr_airport *airport = &network->airports[i];
        sqlite3_stmt *add = qr_sql(store, QR_SQL_AIRPORT_ADD);
        sqlite3_bind_int64(add, 1, (int64_t)i);
        sqlite3_bind_text(add, 2, airport->code, -1, SQLITE_STATIC);
        sqlite3_bind_text(add, 3, airport->city, -1, SQLITE_STATIC);
        sqlite3_bind_int(add, 4, airport->offset_minutes);
        int code = qr_sql_run(store, add, NULL, error);
        if (code < 0)
            return code;
    }
    return 0;
}

static int save_airlines(struct qr_reservations *store, const struct qr_network *network, struct qr_error *error)
{
    for (size_t i = 0; i < network->n_airlines; i++) {
        const struct qr_airline *airline = &network->airlines[i];
        sqlite3_stmt *add = qr_sql(store, QR_SQL_AIRLINE_ADD);
        sqlite3_bind_int64(add, 1, (int64_t)i);
        sqlite3_bind_text(add, 2, airline->code, -1, SQLITE_STATIC);
        sqlite3_bind_text(add, 3, airline->name, -1, SQLITE_STATIC);
        int code = qr_sql_run(store, add, NULL, error);
        if (code < 0)
            return code;
    }
    return 0;
}

static int save_flights(struct qr_reservations *store, const struct qr_network *network, struct qr_error *error)
{
    for (size_t i = 0; i < network->n_flights; i++) {
        const struct qr_flight *flight = &network->flights[i];
        sqlite3_stmt *add = qr_sql(store, QR_SQL_FLIGHT_ADD);
        sqlite3_bind_int64(add, 1, (int64_t)i);
        sqlite3_bind_text(add, 2, flight->code, -1, SQLITE_STATIC);
        sqlite3_bind_int64(add, 3, flight->airline);
        sqlite3_bind_int64(add, 4, flight->origin);
        sqlite3_bind_int64(add, 5, flight->destination);
        sqlite3_bind_int(add, 6, flight->departure);
        sqlite3_bind_int(add, 7, flight->minutes);
        sqlite3_bind_int(add, 8, flight->stops);
        sqlite3_bind_int64(add, 9, flight->weekdays);
        sqlite3_bind_int(add, 10, flight->seats[QR_ECONOMY]);
        sqlite3_bind_int(add, 11, flight->seats[QR_BUSINESS]);
        int code = qr_sql_run(store, add, NULL, error);
        if (code < 0)
            return code;
    }
    return 0;
}

int qr_network_save(struct qr_reservations *store, const struct qr_network *network, struct qr_error *error)
{
    int code = save_airports(store, network, error);
    if (code == 0)
        code = save_airlines(store, network, error);
    return code < 0 ? code : save_flights(store, network, error);
}

static int load_airport(struct qr_network *network, sqlite3_stmt *row, struct qr_error *error)
{
    struct qr_airport airport = {.offset_minutes = sqlite3_column_int(row, 2)};
    int code = qr_sql_text(row, 0, airport.code, sizeof airport.code, error);
    if (code == 0)
        code = qr_sql_text(row, 1, airport.city, sizeof airport.city, error);
    return code < 0 ? code : qr_network_add_airport(network, &airport, error);
}

static int load_airline(struct qr_network *network, sqlite3_stmt *row, struct qr_error *error)
{
    struct qr_airline airline;
    int code = qr_sql_text(row, 0, airline.code, sizeof airline.code, error);
    if (code == 0)
        code = qr_sql_text(row, 1, airline.name, sizeof airline.name, error);
    return code < 0 ? code : qr_network_add_airline(network, &airline, error);
}

static int load_flight(struct qr_network *network, sqlite3_stmt *row, struct qr_error *error)
{
    struct qr_flight flight = {
        .airline = (uint32_t)sqlite3_column_int(row, 1),
        .origin = (uint32_t)sqlite3_column_int(row, 2),
        .destination = (uint32_t)sqlite3_column_int(row, 3),
        .departure = sqlite3_column_int(row, 4),
        .minutes = sqlite3_column_int(row, 5),
        .stops = sqlite3_column_int(row, 6),
        .weekdays = (unsigned)sqlite3_column_int(row, 7),
        .seats = {sqlite3_column_int(row, 8), sqlite3_column_int(row, 9)},
    };
    int code = qr_sql_text(row, 0, flight.code, sizeof flight.code, error);
    return code < 0 ? code : qr_network_add_flight(network, &flight, error);
}

static int load_all(struct qr_reservations *store, enum qr_sql list,
                    int (*load)(struct qr_network *, sqlite3_stmt *, struct qr_error *), struct qr_error *error)
{
    bool more = true;
    sqlite3_stmt *rows = qr_sql(store, list);
    for (;;) {
        int code = qr_sql_step(store, rows, &more, error);
        if (code < 0 || !more)
            return code;
        if (load(&store->network, rows, error) < 0) {
            sqlite3_reset(rows);
            return qr_prefix(error, "reserved.db: its network");
        }
    }
}

int qr_network_load(struct qr_reservations *store, struct qr_error *error)
{
    int code = load_all(store, QR_SQL_AIRPORTS, load_airport, error);
    if (code == 0)
        code = load_all(store, QR_SQL_AIRLINES, load_airline, error);
    if (code == 0)
        code = load_all(store, QR_SQL_FLIGHTS, load_flight, error);
    if (code == 0)
        code = qr_network_sort(&store->network, error); /* in this order they were numbered */
    return code;
}
