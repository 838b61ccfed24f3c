#ifndef QR_XAI_JSONL_H
#define QR_XAI_JSONL_H

#include "xai/csv.h"

/* Rows as JSON lines (RFC 8259, one object a line), through the reader of csv.h and in its memory. Numbers stay the
 * text that they are, so that decimals are read as those of CSV are. Internal to xai/. */

/* Fills csv->fields with key, value, key, value, ... of the next line's object, valid until the next call: texts with
 * their escapes resolved; numbers, true, false, lists and objects as they stand there; null as an empty field. 1, 0 at
 * the end, or a negative code with a sentence that names the line. Empty lines are passed over. */
QR_MUST_USE int jsonl_next(struct csv *csv, struct qr_error *error);

#endif
