#include "data/fares.h"

#include "common/file.h"
#include "common/fixed.h"

#include <strings.h>

enum column { AIRLINE, FLIGHT, FROM, DEPARTURE, STOPS, ARRIVAL, TO, CLASS, DURATION, DAYS_LEFT, PRICE, COLUMNS };
enum { FIELDS_MAX = 64 };

static const char *const column_names[COLUMNS] = {
    "airline",          "flight", "source_city", "departure_time", "stops", "arrival_time",
    "destination_city", "class",  "duration",    "days_left",      "price"};
static const char *const stop_names[] = {"zero", "one", "two_or_more"};

const char *const qr_fare_city_names[QR_FARE_CITIES] = {"Delhi",   "Mumbai",    "Bangalore",
                                                        "Kolkata", "Hyderabad", "Chennai"};
const char *const qr_fare_airline_codes[QR_FARE_AIRLINES] = {"SG", "I5", "UK", "G8", "6E", "AI"};

struct qr_fares {
    FILE *file;
    char *name;
    size_t line;
    size_t position[COLUMNS]; /* of each column among the fields of a line */
    char text[QR_FARE_LINE_MAX];
    char *fields[FIELDS_MAX];
    size_t n_fields;
};

static int fail_line(const struct qr_fares *fares, struct qr_error *error, const char *what)
{
    return qr_fail(error, QR_EINPUT, "%s, line %zu: %s", fares->name, fares->line, what);
}

static int fail_column(const struct qr_fares *fares, enum column column, struct qr_error *error, const char *what)
{
    return qr_fail(error, QR_EINPUT, "%s, line %zu, column %s: %s", fares->name, fares->line, column_names[column],
                   what);
}

/* Reads a line without its end: 1, or 0 at the end of the file. */
static int read_line(struct qr_fares *fares, struct qr_error *error)
{
    if (!fgets(fares->text, sizeof fares->text, fares->file))
        return ferror(fares->file) ? qr_fail_errno(error, "read", fares->name) : 0;
    fares->line++;
    size_t length = strcspn(fares->text, "\n");
    if (fares->text[length] != '\n' && length + 1 == sizeof fares->text)
        return fail_line(fares, error, "longer than a line of fares can be");
    if (fares->text[length] != '\n' && !feof(fares->file))
        return fail_line(fares, error, "has a zero byte in it: this is no text");
    if (length > 0 && fares->text[length - 1] == '\r')
        length--;
    fares->text[length] = '\0';
    return 1;
}

/* Ends the field that starts at `at`, taking off its quotes; returns where the next starts, or NULL after the last. */
static char *split_field(char *at, char **ret_field, bool *ret_valid)
{
    if (*at != '"') {
        *ret_field = at;
        at += strcspn(at, ",\"");
    } else {
        *ret_field = at + 1;
        at += 1 + strcspn(at + 1, "\"");
        if (*at == '"')
            *at++ = '\0';
        else
            *ret_valid = false;
    }
    *ret_valid = *ret_valid && (*at == ',' || *at == '\0');
    if (*at != ',')
        return NULL;
    *at = '\0';
    return at + 1;
}

static int split_line(struct qr_fares *fares, struct qr_error *error)
{
    bool valid = true;
    fares->n_fields = 0;
    for (char *at = fares->text; at && valid;) {
        if (fares->n_fields == FIELDS_MAX)
            return fail_line(fares, error, "more fields than a line of fares can have");
        at = split_field(at, &fares->fields[fares->n_fields++], &valid);
    }
    return valid ? 0 : fail_line(fares, error, "a double quote stands where none may");
}

static int read_header(struct qr_fares *fares, struct qr_error *error)
{
    int code = read_line(fares, error);
    if (code < 0)
        return code;
    if (code == 0)
        return qr_fail(error, QR_EINPUT, "%s is empty", fares->name);
    if (memcmp(fares->text, "\x1f\x8b", 2) == 0) {
        qr_fail(error, QR_EINPUT, "%s is compressed", fares->name);
        return qr_hint(error, "unpack it first: gunzip --keep");
    }
    if (memcmp(fares->text, "\xef\xbb\xbf", 3) == 0)
        memmove(fares->text, fares->text + 3, strlen(fares->text + 3) + 1);
    code = split_line(fares, error);
    for (int column = 0; code == 0 && column < COLUMNS; column++) {
        size_t at = 0;
        while (at < fares->n_fields && strcasecmp(fares->fields[at], column_names[column]) != 0)
            at++;
        fares->position[column] = at;
        if (at == fares->n_fields) {
            qr_fail(error, QR_EINPUT, "%s has no column %s", fares->name, column_names[column]);
            code =
                qr_hint(error, "the first line must name the columns of a fare file; quorate init --help lists them");
        }
    }
    return code;
}

int qr_fares_open(const char *path, struct qr_fares **ret_fares, struct qr_error *error)
{
    QR_CLEANUP(qr_fares_freep) struct qr_fares *fares = qr_alloc(1, sizeof *fares);
    bool standard = strcmp(path, "-") == 0;
    fares->name = qr_strdup(standard ? "standard input" : path);
    fares->file = standard ? stdin : fopen(path, "re");
    if (!fares->file)
        return qr_fail_errno(error, "open", path);
    int code = read_header(fares, error);
    if (code < 0)
        return code;
    *ret_fares = fares;
    fares = NULL;
    return 0;
}

void qr_fares_freep(struct qr_fares **fares)
{
    if (!*fares)
        return;
    if ((*fares)->file && (*fares)->file != stdin)
        fclose((*fares)->file);
    free((*fares)->name);
    free(*fares);
    *fares = NULL;
}

static const char *field(const struct qr_fares *fares, enum column column)
{
    return fares->fields[fares->position[column]];
}

static int read_word(const struct qr_fares *fares, enum column column, const char *const *words, int n, int *ret_index,
                     struct qr_error *error)
{
    const char *text = field(fares, column);
    for (int i = 0; i < n; i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *ret_index = i;
            return 0;
        }
    }
    QR_CLEANUP(qr_buffer_done) struct qr_buffer known = {0};
    for (int i = 0; i < n; i++)
        qr_buffer_text(&known, "%s%s", i > 0 ? ", " : "", words[i]);
    qr_fail(error, QR_EINPUT, "%s, line %zu, column %s: \"%.40s\" is not known", fares->name, fares->line,
            column_names[column], text);
    return qr_hint(error, "known are %s", qr_buffer_string(&known));
}

static int read_number(const struct qr_fares *fares, enum column column, int64_t scale, int64_t least, int64_t most,
                       int64_t *ret_value, struct qr_error *error)
{
    const char *text = field(fares, column);
    int64_t value;
    if (qr_fixed_parse(text, strlen(text), scale, &value, NULL) < 0)
        return fail_column(fares, column, error, *text ? "not a number" : "blank");
    if (value < least || value > most)
        return fail_column(fares, column, error, "out of range");
    *ret_value = value;
    return 0;
}

/* The flight's code is its airline's, a hyphen and one to five digits. */
static int read_flight(const struct qr_fares *fares, struct qr_fare_record *record, struct qr_error *error)
{
    const char *text = field(fares, FLIGHT), *code = qr_fare_airline_codes[record->airline];
    size_t digits = strlen(text) > 3 ? strspn(text + 3, "0123456789") : 0;
    if (digits == 0 || digits > 5 || text[3 + digits] != '\0' || strncmp(text, code, 2) != 0 || text[2] != '-') {
        fail_column(fares, FLIGHT, error, "not a flight of its airline");
        return qr_hint(error, "flights of %s are written %s-123", qr_fare_airlines[record->airline], code);
    }
    return qr_copy_text(record->flight, sizeof record->flight, text) ? 0
                                                                     : fail_column(fares, FLIGHT, error, "too long");
}

static int read_words(const struct qr_fares *fares, struct qr_fare_record *record, struct qr_error *error)
{
    struct {
        enum column column;
        const char *const *words;
        int n;
        int *target;
    } of[] = {
        {AIRLINE, qr_fare_airlines, QR_FARE_AIRLINES, &record->airline},
        {FROM, qr_fare_city_names, QR_FARE_CITIES, &record->from},
        {DEPARTURE, qr_fare_parts, QR_FARE_PARTS, &record->departure},
        {STOPS, stop_names, 3, &record->stops},
        {ARRIVAL, qr_fare_parts, QR_FARE_PARTS, &record->arrival},
        {TO, qr_fare_city_names, QR_FARE_CITIES, &record->to},
        {CLASS, qr_fare_cabins, QR_FARE_CABINS, &record->cabin},
    };
    int code = 0;
    for (size_t i = 0; code == 0 && i < sizeof of / sizeof *of; i++)
        code = read_word(fares, of[i].column, of[i].words, of[i].n, of[i].target, error);
    if (code == 0 && record->from == record->to)
        code = fail_column(fares, TO, error, "the city that the flight leaves from");
    return code;
}

int qr_fares_next(struct qr_fares *fares, struct qr_fare_record *ret_record, struct qr_error *error)
{
    int code = read_line(fares, error);
    if (code <= 0)
        return code;
    if ((code = split_line(fares, error)) < 0)
        return code;
    size_t last = 0;
    for (int column = 0; column < COLUMNS; column++)
        last = fares->position[column] > last ? fares->position[column] : last;
    if (fares->n_fields <= last)
        return fail_line(fares, error, "has fewer fields than the first line names");
    struct qr_fare_record record = {0};
    int64_t duration = 0, days_left = 0;
    if ((code = read_words(fares, &record, error)) < 0 || (code = read_flight(fares, &record, error)) < 0 ||
        (code = read_number(fares, DURATION, 100, 1, 6000, &duration, error)) < 0 ||
        (code = read_number(fares, DAYS_LEFT, 1, 0, 365, &days_left, error)) < 0 ||
        (code = read_number(fares, PRICE, 1, 1, INT32_MAX, &record.price, error)) < 0)
        return code;
    record.duration = (int)duration;
    record.days_left = (int)days_left;
    *ret_record = record;
    return 1;
}
