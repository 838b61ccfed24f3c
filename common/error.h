#ifndef QR_COMMON_ERROR_H
#define QR_COMMON_ERROR_H

#include "common/prelude.h"

/* Errors. What can fail returns 0 or a negative enum qr_code and fills an error that the caller owns: a
 * sentence that says what is wrong, and a hint that says what to do (may be empty). Both are UTF-8 without
 * control characters. An error argument may be NULL where the caller wants only the code.
 *
 * The word of a code ("sold_out") is stable: it travels on the wire and stands in --json output. Its exit
 * status is the command line's: 1 the answer is no, 2 bad usage or input, 3 a service is away or slow,
 * 4 refused by a rule, 5 a store is corrupt or a disk failed. */

/* X(name, word, exit status) */
#define QR_CODES(X) \
    X(INVALID, "invalid", 1) \
    X(FORKED, "forked", 1) \
    X(USAGE, "usage", 2) \
    X(INPUT, "bad_input", 2) \
    X(RANGE, "out_of_range", 2) \
    X(FORMAT, "malformed", 2) \
    X(UNSUPPORTED, "unsupported", 2) \
    X(LIMIT, "limit_exceeded", 2) \
    X(NO_FILE, "no_such_file", 2) \
    X(HOME_EXISTS, "home_exists", 2) \
    X(NO_HOME, "no_home", 2) \
    X(UNREACHABLE, "unreachable", 3) \
    X(TIMEOUT, "timeout", 3) \
    X(BUSY, "busy", 3) \
    X(NOT_FOUND, "not_found", 4) \
    X(REFUSED, "refused", 4) \
    X(NOT_A_MEMBER, "not_a_member", 4) \
    X(WRONG_KEY, "wrong_key", 4) \
    X(BAD_SIGNATURE, "bad_signature", 4) \
    X(SEQUENCE, "bad_sequence", 4) \
    X(DUPLICATE, "duplicate", 4) \
    X(EXPIRED, "expired", 4) \
    X(SOLD_OUT, "sold_out", 4) \
    X(OFFER_USED, "offer_used", 4) \
    X(REVOKED, "mandate_revoked", 4) \
    X(KEY_CONFLICT, "key_conflict", 4) \
    X(RATE_LIMITED, "rate_limited", 4) \
    X(PENDING, "pending", 4) \
    X(NOT_DUE, "not_due", 4) \
    X(VOTING_CLOSED, "voting_closed", 4) \
    X(NOT_ADMITTED, "not_admitted", 4) \
    X(MISMATCH, "mismatch", 4) \
    X(CORRUPT, "corrupt", 5) \
    X(IO, "io_error", 5) \
    X(DISK_FULL, "disk_full", 5) \
    X(OVERFLOW, "overflow", 5) \
    X(MEMORY, "out_of_memory", 5) \
    X(INTERNAL, "internal", 5)

/* Counts the codes from 1, so that each is the negative of its place in the table. */
enum {
    QR_POSITION_OK,
#define X(name, word, status) QR_POSITION_##name,
    QR_CODES(X)
#undef X
};

enum qr_code {
    QR_OK = 0,
#define X(name, word, status) QR_E##name = -QR_POSITION_##name,
    QR_CODES(X)
#undef X
};

enum { QR_ERROR_TEXT_MAX = 320, QR_ERROR_HINT_MAX = 200 };

struct qr_error {
    enum qr_code code;
    char text[QR_ERROR_TEXT_MAX];
    char hint[QR_ERROR_HINT_MAX];
};

/* The stable word of a code; "ok" for QR_OK. Never NULL. */
const char *qr_code_word(enum qr_code code);

/* The code of a word received from elsewhere; QR_EINTERNAL for a word this version does not know. */
enum qr_code qr_code_from_word(const char *word);

/* The command line's exit status for a code: 0 for QR_OK. */
int qr_code_exit_status(enum qr_code code);

/* Fills the error and returns the code, so that `return qr_fail(error, QR_ERANGE, "...", ...)` reads as one
 * sentence. Text that does not fit is cut at a character's end. Clears the hint. */
int qr_fail(struct qr_error *error, enum qr_code code, const char *format, ...) QR_PRINTF(3, 4);

/* Adds what to do about an error that qr_fail filled. Returns error's code, to end a return statement. */
int qr_hint(struct qr_error *error, const char *format, ...) QR_PRINTF(2, 3);

/* Puts "prefix: " before the text that is there: the file or line in which something failed. Returns its code. */
int qr_prefix(struct qr_error *error, const char *format, ...) QR_PRINTF(2, 3);

#endif
