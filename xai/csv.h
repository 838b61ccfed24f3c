#ifndef QR_XAI_CSV_H
#define QR_XAI_CSV_H

#include "common/buffer.h"
#include "common/error.h"

/* Records of a CSV file (RFC 4180), one at a time and in the reader's own memory: fields are found in place, quotes
 * taken off, doubled quotes made one. Internal to xai/. */

enum { CSV_RECORD_MAX = 1 << 20, CSV_FIELDS_MAX = 4096 };

struct csv_field {
    const char *text; /* not zero-terminated */
    size_t size;
};

struct csv {
    int file; /* -1: all of it is in memory */
    bool close_file;
    bool ended; /* nothing more to read */
    bool lines; /* a line end ends a record, whatever quotation marks stand before it */
    char *data; /* what has been read and not yet given out is data[at .. size) */
    size_t at, size, capacity;
    uint64_t line;      /* where the next record begins */
    uint64_t last_line; /* where the last one began */
    struct csv_field *fields;
    size_t n_fields, fields_capacity;
};

QR_MUST_USE int csv_open(struct csv *csv, const char *path, struct qr_error *error);
void csv_of_memory(struct csv *csv, const void *bytes, size_t size); /* copies */
void csv_done(struct csv *csv);

/* Fills csv->fields, valid until the next call: 1, 0 at the end, or a negative code with a sentence that names the
 * line. Empty lines are passed over. */
QR_MUST_USE int csv_next(struct csv *csv, struct qr_error *error);

/* What jsonl.h reads with: the first byte of all that is no blank, left to be read (-1: there is none); the next line
 * as it stands there, 1, 0 or a negative code; and a field. */
QR_MUST_USE int csv_peek(struct csv *csv, int *ret_byte, struct qr_error *error);
QR_MUST_USE int csv_next_line(struct csv *csv, char **ret_start, char **ret_end, struct qr_error *error);
void csv_add_field(struct csv *csv, const char *text, size_t size);

#endif
