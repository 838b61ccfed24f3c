#ifndef QR_XAI_ROWS_H
#define QR_XAI_ROWS_H

#include "xai/schema.h"

/* Rows from CSV (RFC 4180) or JSON lines, told apart by their first character, one at a time, so that a file of any
 * length takes the memory of one record.
 *
 * The first record names the columns, in any order; columns that are no feature are ignored; a blank is a missing
 * value; categories stand by name; numbers are decimals, rounded half to even to the feature's scale. Lines may end
 * in LF or CRLF, the last may lack an end, a byte-order mark and empty lines are passed over. Errors name the
 * line and the column: "fares.csv, line 7, column days_left: ...".
 *
 * In JSON lines each line is an object with a member for every feature, null where it is missing; what else it has is
 * ignored. Numbers may stand as such or as texts, and are read as CSV's are. */
struct qr_rows;

enum { QR_ROW_RECORD_MAX = 1 << 20, QR_ROW_COLUMNS_MAX = 4096 };

/* `path` "-" is standard input. The schema must outlive the reader. */
QR_MUST_USE int qr_rows_open(const struct qr_schema *schema, const char *path, struct qr_rows **ret_rows,
                             struct qr_error *error);
/* From memory that outlives the reader; `name` stands in errors. */
QR_MUST_USE int qr_rows_of_memory(const struct qr_schema *schema, const char *name, const void *bytes, size_t size,
                                  struct qr_rows **ret_rows, struct qr_error *error);
void qr_rows_free(struct qr_rows *rows);
void qr_rows_freep(struct qr_rows **rows);

/* Also reads this column, as an amount of the output's unit, into minor units: "5953" is 595,300 paise. Fails
 * with QR_EINPUT when the file has no such column. Call before the first row. */
QR_MUST_USE int qr_rows_amount_column(struct qr_rows *rows, const char *column, struct qr_error *error);

/* The next row into row[n_features]: 1, or 0 at the end, or a negative code. amount may be NULL; it is set to -1
 * where the amount is blank or no column was named. */
QR_MUST_USE int qr_rows_next(struct qr_rows *rows, int32_t *row, int64_t *ret_amount, struct qr_error *error);

/* Line on which the last row began, from 1. */
uint64_t qr_rows_line(const struct qr_rows *rows);

#endif
