#include "reservations/network.h"

#include "common/codec.h"
#include "common/fixed.h"

static const char *const cabin_names[QR_CABINS] = {"economy", "business"};

const char *qr_cabin_name(enum qr_cabin cabin)
{
    return cabin_names[cabin];
}

bool qr_cabin_parse(const char *name, enum qr_cabin *ret_cabin)
{
    for (int cabin = 0; cabin < QR_CABINS; cabin++) {
        if (strcasecmp(name, cabin_names[cabin]) == 0) {
            *ret_cabin = (enum qr_cabin)cabin;
            return true;
        }
    }
    return false;
}

void qr_network_done(struct qr_network *network)
{
    free(network->airports);
    free(network->airlines);
    free(network->flights);
    *network = (struct qr_network){0};
}

static bool code_valid(const char *code, size_t least, size_t most, const char *also)
{
    size_t length = strlen(code);
    if (length < least || length > most)
        return false;
    for (size_t i = 0; i < length; i++) {
        bool capital = code[i] >= 'A' && code[i] <= 'Z';
        if (!capital && strchr(also, code[i]) == NULL)
            return false;
    }
    return true;
}

static bool name_valid(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || !qr_utf8_valid(name, length))
        return false;
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
            return false;
    }
    return true;
}

/* Room for one more item: capacities are powers of two, so the count alone tells when to grow. */
static void *room_for_one(void *items, size_t count, size_t size)
{
    bool full = (count & (count - 1)) == 0;
    return full ? qr_realloc(items, count == 0 ? 1 : 2 * count, size) : items;
}

int qr_network_add_airport(struct qr_network *network, const struct qr_airport *airport, struct qr_error *error)
{
    uint32_t other;
    if (!code_valid(airport->code, 3, 3, ""))
        return qr_fail(error, QR_EINPUT, "an airport's code is three capital letters");
    if (!name_valid(airport->city))
        return qr_fail(error, QR_EINPUT, "airport %s has no city, or one that is not plain text", airport->code);
    if (airport->offset_minutes < -720 || airport->offset_minutes > 840)
        return qr_fail(error, QR_ERANGE, "airport %s: %d minutes from UTC is not within -720 to 840", airport->code,
                       airport->offset_minutes);
    if (qr_network_airport(network, airport->code, &other))
        return qr_fail(error, QR_EINPUT, "airport %s is there twice", airport->code);
    if (network->n_airports == QR_AIRPORTS_MAX)
        return qr_fail(error, QR_ELIMIT, "more than %d airports", QR_AIRPORTS_MAX);
    network->airports = room_for_one(network->airports, network->n_airports, sizeof *airport);
    network->airports[network->n_airports++] = *airport;
    return 0;
}

int qr_network_add_airline(struct qr_network *network, const struct qr_airline *airline, struct qr_error *error)
{
    uint32_t other;
    if (!code_valid(airline->code, 2, 3, "0123456789"))
        return qr_fail(error, QR_EINPUT, "an airline's code is two or three capital letters and digits");
    if (!name_valid(airline->name))
        return qr_fail(error, QR_EINPUT, "airline %s has no name, or one that is not plain text", airline->code);
    if (qr_network_airline(network, airline->code, &other))
        return qr_fail(error, QR_EINPUT, "airline %s is there twice", airline->code);
    if (network->n_airlines == QR_AIRLINES_MAX)
        return qr_fail(error, QR_ELIMIT, "more than %d airlines", QR_AIRLINES_MAX);
    network->airlines = room_for_one(network->airlines, network->n_airlines, sizeof *airline);
    network->airlines[network->n_airlines++] = *airline;
    return 0;
}

static int check_flight_numbers(const struct qr_flight *flight, struct qr_error *error)
{
    if (flight->departure < 0 || flight->departure >= 24 * 60)
        return qr_fail(error, QR_ERANGE, "flight %s does not depart within a day", flight->code);
    if (flight->minutes < 1 || flight->minutes > QR_FLIGHT_MINUTES_MAX)
        return qr_fail(error, QR_ERANGE, "flight %s is under way for %d minutes, not 1 to %d", flight->code,
                       flight->minutes, QR_FLIGHT_MINUTES_MAX);
    if (flight->stops < 0 || flight->stops > QR_STOPS_MAX)
        return qr_fail(error, QR_ERANGE, "flight %s has %d stops, not 0 to %d", flight->code, flight->stops,
                       QR_STOPS_MAX);
    if (flight->weekdays == 0 || flight->weekdays > 0x7f)
        return qr_fail(error, QR_EINPUT, "flight %s operates on no weekday", flight->code);
    int seats = 0;
    for (int cabin = 0; cabin < QR_CABINS; cabin++) {
        if (flight->seats[cabin] < 0 || flight->seats[cabin] > QR_SEATS_MAX)
            return qr_fail(error, QR_ERANGE, "flight %s has %d seats in %s, not 0 to %d", flight->code,
                           flight->seats[cabin], cabin_names[cabin], QR_SEATS_MAX);
        seats += flight->seats[cabin];
    }
    return seats > 0 ? 0 : qr_fail(error, QR_EINPUT, "flight %s has no seats", flight->code);
}

int qr_network_add_flight(struct qr_network *network, const struct qr_flight *flight, struct qr_error *error)
{
    if (!code_valid(flight->code, 1, QR_FLIGHT_CODE - 1, "0123456789-"))
        return qr_fail(error, QR_EINPUT, "a flight's code is 1 to %d capital letters, digits and hyphens",
                       QR_FLIGHT_CODE - 1);
    if (flight->airline >= network->n_airlines || flight->origin >= network->n_airports ||
        flight->destination >= network->n_airports)
        return qr_fail(error, QR_EINPUT, "flight %s names an airline or airport that is not there", flight->code);
    if (flight->origin == flight->destination)
        return qr_fail(error, QR_EINPUT, "flight %s ends where it starts", flight->code);
    int code = check_flight_numbers(flight, error);
    if (code < 0)
        return code;
    if (network->n_flights == QR_FLIGHTS_MAX)
        return qr_fail(error, QR_ELIMIT, "more than %d flights", QR_FLIGHTS_MAX);
    network->flights = room_for_one(network->flights, network->n_flights, sizeof *flight);
    network->flights[network->n_flights++] = *flight;
    return 0;
}

static int compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int compare_flights(const void *left, const void *right)
{
    const struct qr_flight *a = left, *b = right;
    int order = compare_numbers(a->origin, b->origin);
    if (order == 0)
        order = compare_numbers(a->destination, b->destination);
    if (order == 0)
        order = compare_numbers(a->departure, b->departure);
    if (order == 0)
        order = strcmp(a->code, b->code);
    return order != 0 ? order : compare_numbers(a->minutes, b->minutes);
}

int qr_network_sort(struct qr_network *network, struct qr_error *error)
{
    if (network->n_flights > 1)
        qsort(network->flights, network->n_flights, sizeof *network->flights, compare_flights);
    for (size_t i = 1; i < network->n_flights; i++) {
        const struct qr_flight *flight = &network->flights[i];
        if (compare_flights(flight - 1, flight) == 0)
            return qr_fail(error, QR_EINPUT, "flight %s from %s to %s is there twice", flight->code,
                           network->airports[flight->origin].code, network->airports[flight->destination].code);
    }
    return 0;
}

/* --- text --- */

enum { FIELDS_MAX = 12, LINE_MAX_BYTES = 255 };

struct line {
    char text[LINE_MAX_BYTES + 1];
    char *fields[FIELDS_MAX];
    size_t n_fields;
};

static bool line_split(struct line *line, const char *text, size_t size)
{
    if (size > LINE_MAX_BYTES || memchr(text, 0, size) != NULL)
        return false;
    memcpy(line->text, text, size);
    line->text[size] = 0;
    line->n_fields = 0;
    char *rest = line->text;
    while (rest != NULL && line->n_fields < FIELDS_MAX)
        line->fields[line->n_fields++] = strsep(&rest, ",");
    return rest == NULL;
}

static int read_number(const char *text, const char *what, int64_t least, int64_t most, int *ret_number,
                       struct qr_error *error)
{
    int64_t number;
    int code = qr_integer_parse(text, what, least, most, &number, error);
    if (code == 0)
        *ret_number = (int)number;
    return code;
}

static int read_text(const char *text, const char *what, char *target, size_t capacity, struct qr_error *error)
{
    if (!qr_copy_text(target, capacity, text))
        return qr_fail(error, QR_EINPUT, "%s `%.60s` is longer than %zu bytes", what, text, capacity - 1);
    return 0;
}

static int read_airport(struct qr_network *network, const struct line *line, struct qr_error *error)
{
    if (line->n_fields != 4)
        return qr_fail(error, QR_EFORMAT, "an airport has 4 fields, not %zu", line->n_fields);
    struct qr_airport airport;
    int code = read_text(line->fields[1], "airport code", airport.code, sizeof airport.code, error);
    if (code == 0)
        code = read_text(line->fields[2], "city", airport.city, sizeof airport.city, error);
    if (code == 0)
        code = read_number(line->fields[3], "minutes from UTC", -720, 840, &airport.offset_minutes, error);
    return code < 0 ? code : qr_network_add_airport(network, &airport, error);
}

static int read_airline(struct qr_network *network, const struct line *line, struct qr_error *error)
{
    if (line->n_fields != 3)
        return qr_fail(error, QR_EFORMAT, "an airline has 3 fields, not %zu", line->n_fields);
    struct qr_airline airline;
    int code = read_text(line->fields[1], "airline code", airline.code, sizeof airline.code, error);
    if (code == 0)
        code = read_text(line->fields[2], "airline", airline.name, sizeof airline.name, error);
    return code < 0 ? code : qr_network_add_airline(network, &airline, error);
}

static bool read_time_of_day(const char *text, int *ret_minutes)
{
    if (strlen(text) != 5 || text[2] != ':')
        return false;
    for (int i = 0; i < 5; i++) {
        if (i != 2 && (text[i] < '0' || text[i] > '9'))
            return false;
    }
    int hours = 10 * (text[0] - '0') + (text[1] - '0'), minutes = 10 * (text[3] - '0') + (text[4] - '0');
    *ret_minutes = 60 * hours + minutes;
    return hours < 24 && minutes < 60;
}

static bool read_weekdays(const char *text, unsigned *ret_weekdays)
{
    unsigned weekdays = 0;
    for (; *text != 0; text++) {
        if (*text < '1' || *text > '7')
            return false;
        weekdays |= 1u << (*text - '1');
    }
    *ret_weekdays = weekdays;
    return weekdays != 0;
}

static int read_flight_places(const struct qr_network *network, const struct line *line, struct qr_flight *flight,
                              struct qr_error *error)
{
    if (!qr_network_airline(network, line->fields[2], &flight->airline))
        return qr_fail(error, QR_EINPUT, "no airline `%.20s` above this line", line->fields[2]);
    if (!qr_network_airport(network, line->fields[3], &flight->origin))
        return qr_fail(error, QR_EINPUT, "no airport `%.20s` above this line", line->fields[3]);
    if (!qr_network_airport(network, line->fields[4], &flight->destination))
        return qr_fail(error, QR_EINPUT, "no airport `%.20s` above this line", line->fields[4]);
    return 0;
}

static int read_flight(struct qr_network *network, const struct line *line, struct qr_error *error)
{
    if (line->n_fields != 11)
        return qr_fail(error, QR_EFORMAT, "a flight has 11 fields, not %zu", line->n_fields);
    struct qr_flight flight = {0};
    int code = read_text(line->fields[1], "flight code", flight.code, sizeof flight.code, error);
    if (code == 0)
        code = read_flight_places(network, line, &flight, error);
    if (code < 0)
        return code;
    if (!read_time_of_day(line->fields[5], &flight.departure))
        return qr_fail(error, QR_EFORMAT, "`%.20s` is no time of day like 08:05", line->fields[5]);
    if (!read_weekdays(line->fields[8], &flight.weekdays))
        return qr_fail(error, QR_EFORMAT, "`%.20s` are no weekdays like 1234567", line->fields[8]);
    code = read_number(line->fields[6], "minutes under way", 1, QR_FLIGHT_MINUTES_MAX, &flight.minutes, error);
    if (code == 0)
        code = read_number(line->fields[7], "stops", 0, QR_STOPS_MAX, &flight.stops, error);
    for (int cabin = 0; code == 0 && cabin < QR_CABINS; cabin++)
        code = read_number(line->fields[9 + cabin], "seats", 0, QR_SEATS_MAX, &flight.seats[cabin], error);
    return code < 0 ? code : qr_network_add_flight(network, &flight, error);
}

static int read_line(struct qr_network *network, const char *text, size_t size, struct qr_error *error)
{
    struct line line;
    if (size > 0 && text[size - 1] == '\r')
        size--;
    if (size == 0 || text[0] == '#')
        return 0;
    if (!line_split(&line, text, size))
        return qr_fail(error, QR_EFORMAT, "more than %d fields or %d bytes", FIELDS_MAX, LINE_MAX_BYTES);
    if (strcmp(line.fields[0], "airport") == 0)
        return read_airport(network, &line, error);
    if (strcmp(line.fields[0], "airline") == 0)
        return read_airline(network, &line, error);
    if (strcmp(line.fields[0], "flight") == 0)
        return read_flight(network, &line, error);
    return qr_fail(error, QR_EFORMAT, "a line starts with airport, airline or flight, not `%.20s`", line.fields[0]);
}

int qr_network_parse(const char *text, size_t size, struct qr_network *network, struct qr_error *error)
{
    if (size > QR_NETWORK_TEXT_MAX)
        return qr_fail(error, QR_ELIMIT, "a network has at most %d bytes, not %zu", QR_NETWORK_TEXT_MAX, size);
    size_t number = 0;
    for (size_t at = 0; at < size;) {
        const char *newline = memchr(text + at, '\n', size - at);
        size_t length = newline == NULL ? size - at : (size_t)(newline - (text + at));
        number++;
        if (read_line(network, text + at, length, error) < 0)
            return qr_prefix(error, "line %zu", number);
        at += length + 1;
    }
    return qr_network_sort(network, error);
}

/* --- questions --- */

bool qr_network_airport(const struct qr_network *network, const char *code, uint32_t *ret_index)
{
    for (size_t i = 0; i < network->n_airports; i++) {
        if (strcasecmp(network->airports[i].code, code) == 0) {
            *ret_index = (uint32_t)i;
            return true;
        }
    }
    return false;
}

bool qr_network_airline(const struct qr_network *network, const char *code, uint32_t *ret_index)
{
    for (size_t i = 0; i < network->n_airlines; i++) {
        if (strcasecmp(network->airlines[i].code, code) == 0) {
            *ret_index = (uint32_t)i;
            return true;
        }
    }
    return false;
}

/* The first flight that does not come before (origin, destination). */
static size_t lower_bound(const struct qr_network *network, uint32_t origin, uint32_t destination)
{
    size_t least = 0, most = network->n_flights;
    while (least < most) {
        size_t middle = least + (most - least) / 2;
        const struct qr_flight *flight = &network->flights[middle];
        bool before = flight->origin < origin || (flight->origin == origin && flight->destination < destination);
        if (before)
            least = middle + 1;
        else
            most = middle;
    }
    return least;
}

size_t qr_network_route(const struct qr_network *network, uint32_t origin, uint32_t destination, size_t *ret_first)
{
    *ret_first = lower_bound(network, origin, destination);
    return lower_bound(network, origin, destination + 1) - *ret_first;
}

int64_t qr_flight_departs(const struct qr_network *network, const struct qr_flight *flight, struct qr_date date)
{
    int64_t local = (int64_t)date.days * 24 * 60 + flight->departure;
    return (local - network->airports[flight->origin].offset_minutes) * 60000;
}

int64_t qr_flight_arrives(const struct qr_network *network, const struct qr_flight *flight, struct qr_date date)
{
    return qr_flight_departs(network, flight, date) + (int64_t)flight->minutes * 60000;
}
