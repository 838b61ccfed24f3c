#include "data/fares.h"

#include "common/buffer.h"

enum { OFFSET_MINUTES = 330, PART_MINUTES = 240, STEP_MINUTES = 5, EVERY_DAY = 0x7f, PROGRESS_EVERY = 50000 };

/* A record as the order of its bytes: those of one flight stand together, and in it those of one itinerary. */
struct seen {
    uint8_t from, to;
    char flight[QR_FARE_FLIGHT_SIZE];
    uint8_t departure;
    /* here ends what makes a flight */
    uint8_t stops, arrival, duration[2];
    /* here ends what makes an itinerary */
    uint8_t cabin, airline;
};
enum { FLIGHT_BYTES = offsetof(struct seen, stops), ITINERARY_BYTES = offsetof(struct seen, cabin) };

struct records {
    struct seen *items;
    size_t count, capacity;
};

/* Seats of the usual aircraft, by cabin and airline: see data/README.md. */
static const int seats[QR_CABINS][QR_FARE_AIRLINES] = {
    [QR_ECONOMY] = {157, 180, 149, 181, 178, 166},
    [QR_BUSINESS] = {8, 8, 8, 8, 8, 12},
};

static void records_done(struct records *records)
{
    free(records->items);
}

static void keep(struct records *records, const struct qr_fare_record *record)
{
    if (records->count == records->capacity) {
        records->capacity = records->capacity == 0 ? 1 << 16 : 2 * records->capacity;
        records->items = qr_realloc(records->items, records->capacity, sizeof *records->items);
    }
    struct seen *seen = &records->items[records->count++];
    *seen = (struct seen){
        .from = (uint8_t)record->from,
        .to = (uint8_t)record->to,
        .departure = (uint8_t)record->departure,
        .stops = (uint8_t)record->stops,
        .arrival = (uint8_t)record->arrival,
        .duration = {(uint8_t)(record->duration >> 8), (uint8_t)record->duration},
        .cabin = (uint8_t)record->cabin,
        .airline = (uint8_t)record->airline,
    };
    memcpy(seen->flight, record->flight, sizeof seen->flight);
}

static int read_records(const char *path, qr_fares_progress *progress, void *context, struct records *records,
                        struct qr_error *error)
{
    QR_CLEANUP(qr_fares_freep) struct qr_fares *fares = NULL;
    struct qr_fare_record record;
    int code = qr_fares_open(path, &fares, error);
    while (code >= 0 && (code = qr_fares_next(fares, &record, error)) > 0) {
        if (records->count == QR_FARE_RECORDS_MAX)
            return qr_fail(error, QR_ELIMIT, "%s has more than %d fares", path, QR_FARE_RECORDS_MAX);
        keep(records, &record);
        if (progress && records->count % PROGRESS_EVERY == 0)
            progress(context, records->count);
    }
    if (code == 0 && records->count == 0)
        return qr_fail(error, QR_EINPUT, "%s has no fares", path);
    return code;
}

static int compare_seen(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct seen));
}

static uint32_t mix(const char *text)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (; *text; text++)
        hash = (hash ^ (uint8_t)*text) * 16777619u;
    return hash;
}

/* A minute in the part of departure: the first after one that the flight's code picks from which the flight arrives in
 * the part seen, or that one when there is none (the hours in a file are rounded). */
static int departure_minute(const struct seen *seen, int minutes)
{
    enum { STEPS = PART_MINUTES / STEP_MINUTES };
    int start = (seen->departure + 1) % QR_FARE_PARTS * PART_MINUTES;
    int picked = (int)(mix(seen->flight) % STEPS);
    for (int i = 0; i < STEPS; i++) {
        int minute = start + (picked + i) % STEPS * STEP_MINUTES;
        if (qr_fare_part((minute + minutes) % 1440) == seen->arrival)
            return minute;
    }
    return start + picked * STEP_MINUTES;
}

/* The itinerary seen most often among n records of one flight, the first of equals. */
static const struct seen *most_seen(const struct seen *records, size_t n)
{
    const struct seen *best = records;
    size_t most = 0, run = 0;
    for (size_t i = 0; i < n; i++) {
        run = i > 0 && memcmp(&records[i], &records[i - 1], ITINERARY_BYTES) == 0 ? run + 1 : 1;
        if (run > most) {
            most = run;
            best = &records[i];
        }
    }
    return best;
}

static int add_flight(struct qr_network *network, const struct seen *records, size_t n, struct qr_error *error)
{
    const struct seen *best = most_seen(records, n);
    int hundredths = best->duration[0] << 8 | best->duration[1];
    struct qr_flight flight = {
        .airline = best->airline,
        .origin = best->from,
        .destination = best->to,
        .minutes = (hundredths * 60 + 50) / 100,
        .stops = best->stops,
        .weekdays = EVERY_DAY,
    };
    flight.departure = departure_minute(best, flight.minutes);
    qr_copy_text(flight.code, sizeof flight.code, best->flight);
    for (size_t i = 0; i < n; i++)
        flight.seats[records[i].cabin] = seats[records[i].cabin][best->airline];
    return qr_network_add_flight(network, &flight, error);
}

/* All airports and airlines that fares can name, so that their indexes are those of the records. */
static int add_places(struct qr_network *network, struct qr_error *error)
{
    int code = 0;
    for (int i = 0; code == 0 && i < QR_FARE_CITIES; i++) {
        struct qr_airport airport = {.offset_minutes = OFFSET_MINUTES};
        qr_copy_text(airport.code, sizeof airport.code, qr_fare_cities[i]);
        qr_copy_text(airport.city, sizeof airport.city, qr_fare_city_names[i]);
        code = qr_network_add_airport(network, &airport, error);
    }
    for (int i = 0; code == 0 && i < QR_FARE_AIRLINES; i++) {
        struct qr_airline airline = {0};
        qr_copy_text(airline.code, sizeof airline.code, qr_fare_airline_codes[i]);
        qr_copy_text(airline.name, sizeof airline.name, qr_fare_airlines[i]);
        code = qr_network_add_airline(network, &airline, error);
    }
    return code;
}

static int add_flights(struct qr_network *network, struct records *records, struct qr_error *error)
{
    qsort(records->items, records->count, sizeof *records->items, compare_seen);
    int code = 0;
    for (size_t first = 0, end; code == 0 && first < records->count; first = end) {
        end = first + 1;
        while (end < records->count && memcmp(&records->items[first], &records->items[end], FLIGHT_BYTES) == 0)
            end++;
        code = add_flight(network, &records->items[first], end - first, error);
    }
    return code;
}

int qr_fares_network(const char *path, qr_fares_progress *progress, void *context, struct qr_network *network,
                     struct qr_error *error)
{
    QR_CLEANUP(records_done) struct records records = {0};
    QR_CLEANUP(qr_network_done) struct qr_network built = {0};
    int code = read_records(path, progress, context, &records, error);
    if (code == 0)
        code = add_places(&built, error);
    if (code == 0)
        code = add_flights(&built, &records, error);
    if (code == 0)
        code = qr_network_sort(&built, error);
    if (code < 0)
        return code;
    *network = built;
    built = (struct qr_network){0};
    return 0;
}
