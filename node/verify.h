#ifndef QR_NODE_VERIFY_H
#define QR_NODE_VERIFY_H

#include "ledger/pin.h"
#include "ledger/receipt.h"

/* Offline verification of a receipt: no service, no home, nothing trusted but the pin. Every check is made and named, also
 * after one has failed:
 *
 *     form           the receipt is one, strictly read (ledger/receipt.h)
 *     origin         its checkpoint's origin is the pinned genesis
 *     signature      `need` pinned nodes signed it, and no line is by anyone else
 *     inclusion      the decision leaf is in that log
 *     mandate        the decision names this activation leaf, which is in that log
 *     arithmetic     base + contributions = score, and the money lines sum to the fare
 *     model          the model file has the hash that the mandate names      (skipped without it)
 *     baseline       likewise the baseline
 *     recomputation  the recorded row priced and explained again gives the same leaf, bit for bit (skipped without both) */

enum qr_verdict_result { QR_CHECK_OK, QR_CHECK_FAILED, QR_CHECK_SKIPPED };

enum { QR_CHECKS_MAX = 12 };

struct qr_named_check {
    const char *name;
    enum qr_verdict_result result;
    char text[QR_ERROR_TEXT_MAX]; /* why it failed or was skipped; "" when ok */
};

/* What was read from the authenticated leaves; meaningful only as far as the checks say. */
struct qr_verification {
    bool valid; /* no check failed */
    size_t n;
    struct qr_named_check checks[QR_CHECKS_MAX];
    struct qr_receipt receipt;
    unsigned signatures; /* of pinned nodes */
    uint64_t signers;    /* a bit for each of the pin's nodes: those that signed */
};

void qr_verification_done(struct qr_verification *verification);

/* model and baseline: the files' bytes, or NULL. Fails (QR_EFORMAT) only for what is no receipt at all; a receipt that does not hold
 * is no error but `valid` false. */
QR_MUST_USE int qr_verify_receipt(const void *text, size_t size, const struct qr_pin *pin, const struct qr_span *model,
                                  const struct qr_span *baseline, struct qr_verification *ret, struct qr_error *error);

const char *qr_check_result_word(enum qr_verdict_result result); /* "ok", "failed", "skipped" */

#endif
