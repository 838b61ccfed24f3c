#include "xai/csv.h"

#include "common/file.h"

#include <fcntl.h>

enum { READ_SIZE = 256 << 10 };

int csv_open(struct csv *csv, const char *path, struct qr_error *error)
{
    *csv = (struct csv){.file = STDIN_FILENO, .line = 1, .capacity = 2 * READ_SIZE};
    csv->data = qr_alloc(csv->capacity, 1);
    if (strcmp(path, "-") == 0)
        return 0;
    csv->file = open(path, O_RDONLY | O_CLOEXEC);
    csv->close_file = true;
    return csv->file < 0 ? qr_fail_errno(error, "open", path) : 0;
}

void csv_of_memory(struct csv *csv, const void *bytes, size_t size)
{
    *csv = (struct csv){.file = -1, .ended = true, .line = 1, .size = size, .capacity = size};
    csv->data = qr_memdup(bytes, size);
}

void csv_done(struct csv *csv)
{
    if (csv->close_file && csv->file >= 0)
        close(csv->file);
    free(csv->data);
    free(csv->fields);
}

static int read_more(struct csv *csv, struct qr_error *error)
{
    if (csv->at > 0) {
        memmove(csv->data, csv->data + csv->at, csv->size - csv->at);
        csv->size -= csv->at;
        csv->at = 0;
    }
    if (csv->size > CSV_RECORD_MAX)
        return qr_fail(error, QR_ELIMIT, "line %" PRIu64 ": a record is longer than %d bytes", csv->line,
                       CSV_RECORD_MAX);
    if (csv->capacity - csv->size < READ_SIZE) {
        csv->capacity = csv->size + 2 * READ_SIZE;
        csv->data = qr_realloc(csv->data, csv->capacity, 1);
    }
    ssize_t n;
    do
        n = read(csv->file, csv->data + csv->size, csv->capacity - csv->size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return qr_fail_errno(error, "read", "the rows");
    csv->ended = n == 0;
    csv->size += (size_t)n;
    return 0;
}

/* The end of the record that begins at `at`, quotes minded: its line end, or the end of the data when all was read.
 * False: more data is needed. */
static bool find_end(const struct csv *csv, size_t *ret_end)
{
    if (csv->at == csv->size) {
        *ret_end = csv->size;
        return csv->ended;
    }
    const char *start = csv->data + csv->at, *end = csv->data + csv->size, *at = start;
    for (;;) {
        const char *line = at < end ? memchr(at, '\n', (size_t)(end - at)) : NULL;
        const char *stop = line ? line : end;
        const char *quote = at < stop && !csv->lines ? memchr(at, '"', (size_t)(stop - at)) : NULL;
        if (!quote) {
            *ret_end = (size_t)(stop - csv->data);
            return line || csv->ended;
        }
        const char *close_quote = memchr(quote + 1, '"', (size_t)(end - quote - 1));
        if (!close_quote) {
            *ret_end = csv->size;
            return csv->ended;
        }
        at = close_quote + 1;
    }
}

void csv_add_field(struct csv *csv, const char *text, size_t size)
{
    if (csv->n_fields == csv->fields_capacity) {
        csv->fields_capacity = csv->fields_capacity ? 2 * csv->fields_capacity : 32;
        csv->fields = qr_realloc(csv->fields, csv->fields_capacity, sizeof *csv->fields);
    }
    csv->fields[csv->n_fields++] = (struct csv_field){text, size};
}

/* A field in quotes, from behind the first one. Returns where it ends, or NULL when it does not. */
static char *unquote(struct csv *csv, char *at, char *end)
{
    char *text = at, *to = at;
    for (; at < end; at++) {
        if (*at != '"')
            *to++ = *at;
        else if (at + 1 < end && at[1] == '"')
            *to++ = *at++;
        else {
            csv_add_field(csv, text, (size_t)(to - text));
            return at + 1;
        }
    }
    return NULL;
}

static char *plain(struct csv *csv, char *at, char *end)
{
    char *comma = memchr(at, ',', (size_t)(end - at));
    char *stop = comma ? comma : end;
    if (memchr(at, '"', (size_t)(stop - at)))
        return NULL;
    csv_add_field(csv, at, (size_t)(stop - at));
    return stop;
}

static int split(struct csv *csv, char *at, char *end, struct qr_error *error)
{
    csv->n_fields = 0;
    for (;;) {
        if (csv->n_fields == CSV_FIELDS_MAX)
            return qr_fail(error, QR_ELIMIT, "line %" PRIu64 ": there are more than %d fields", csv->last_line,
                           CSV_FIELDS_MAX);
        at = at < end && *at == '"' ? unquote(csv, at + 1, end) : plain(csv, at, end);
        if (!at || (at < end && *at != ','))
            return qr_fail(error, QR_EFORMAT, "line %" PRIu64 ": a quotation mark is out of place", csv->last_line);
        if (at == end)
            return 1;
        at++;
    }
}

static void skip_byte_order_mark(struct csv *csv)
{
    if (csv->line == 1 && csv->at == 0 && csv->size >= 3 && memcmp(csv->data, "\xef\xbb\xbf", 3) == 0)
        csv->at = 3;
}

/* The next record's bounds without its line end; 0 at the end of the file. */
static int next_record(struct csv *csv, size_t *ret_start, size_t *ret_end, struct qr_error *error)
{
    size_t end;
    while (!find_end(csv, &end)) {
        int code = read_more(csv, error);
        if (code)
            return code;
    }
    skip_byte_order_mark(csv);
    if (csv->at >= csv->size)
        return 0;
    if (end - csv->at > CSV_RECORD_MAX)
        return qr_fail(error, QR_ELIMIT, "line %" PRIu64 ": a record is longer than %d bytes", csv->line,
                       CSV_RECORD_MAX);
    *ret_start = csv->at;
    *ret_end = end > csv->at && csv->data[end - 1] == '\r' ? end - 1 : end;
    csv->last_line = csv->line;
    for (const char *at = csv->data + csv->at; (at = memchr(at, '\n', (size_t)(csv->data + end - at))); at++)
        csv->line++;
    csv->line++;
    csv->at = end < csv->size ? end + 1 : end;
    return 1;
}

int csv_next(struct csv *csv, struct qr_error *error)
{
    size_t start = 0, end = 0;
    int code;
    do
        code = next_record(csv, &start, &end, error);
    while (code == 1 && start == end);
    return code == 1 ? split(csv, csv->data + start, csv->data + end, error) : code;
}

static int have(struct csv *csv, size_t size, struct qr_error *error)
{
    int code = 0;
    while (code == 0 && csv->size - csv->at < size && !csv->ended)
        code = read_more(csv, error);
    return code;
}

int csv_peek(struct csv *csv, int *ret_byte, struct qr_error *error)
{
    int code = have(csv, 3, error);
    skip_byte_order_mark(csv);
    for (size_t i = 0; !code; i++) {
        code = have(csv, i + 1, error);
        *ret_byte = csv->at + i < csv->size ? (unsigned char)csv->data[csv->at + i] : -1;
        if (*ret_byte < 0 || !memchr(" \t\r\n", *ret_byte, 4))
            break;
    }
    return code;
}

int csv_next_line(struct csv *csv, char **ret_start, char **ret_end, struct qr_error *error)
{
    size_t start = 0, end = 0;
    csv->lines = true;
    int code = next_record(csv, &start, &end, error);
    *ret_start = csv->data + start;
    *ret_end = csv->data + end;
    return code;
}
