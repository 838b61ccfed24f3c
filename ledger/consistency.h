#ifndef QR_LEDGER_CONSISTENCY_H
#define QR_LEDGER_CONSISTENCY_H

#include "ledger/checkpoint.h"
#include "ledger/merkle.h"

/* Two checkpoints of one log: whether the later one continues the earlier one. Their signatures are not looked at; whoever signed both
 * of two that contradict each other is proved to have lied. */

enum qr_log_relation {
    QR_LOG_SAME,         /* one height, the same in all */
    QR_LOG_GROWN,        /* the later one continues the earlier one: the proof holds, or no leaf was added */
    QR_LOG_OTHER,        /* they are of two ledgers */
    QR_LOG_EQUIVOCATION, /* one height and two contents */
    QR_LOG_SHORTENED,    /* the later height has fewer leaves, or an earlier time */
    QR_LOG_REWRITTEN,    /* what the earlier one says is not the beginning of the later one; or the proof is none */
};

/* Whether a proof is needed to tell, from the size of the lower to that of the higher. */
bool qr_log_needs_proof(const struct qr_checkpoint *a, const struct qr_checkpoint *b);

/* In either order. The proof is read only when it is needed. */
enum qr_log_relation qr_log_compare(const struct qr_checkpoint *a, const struct qr_checkpoint *b, const struct qr_proof *proof);

bool qr_log_agrees(enum qr_log_relation relation); /* same or grown */

/* The error for one that does not: QR_EFORKED, or QR_EMISMATCH for two ledgers. Returns its code. */
int qr_log_fail(enum qr_log_relation relation, const struct qr_checkpoint *a, const struct qr_checkpoint *b,
                struct qr_error *error);

/* A proof as a file: {"version":1,"old_size":N,"new_size":N,"path":[HASH,...]}. Reading is strict, as of a receipt. */
enum { QR_CONSISTENCY_FILE_MAX = 16 << 10 };
struct qr_consistency {
    uint64_t old_size, new_size;
    struct qr_proof proof;
};
void qr_consistency_write(const struct qr_consistency *consistency, struct qr_buffer *out);
QR_MUST_USE int qr_consistency_read(const char *text, size_t size, struct qr_consistency *ret, struct qr_error *error);

#endif
