#ifndef QR_NODE_IMPACT_H
#define QR_NODE_IMPACT_H

#include "xai/report.h"

/* The impact report of a proposal, from the bytes of the objects that it names: what governd records and what anyone
 * recomputes. Equal bytes give an equal report on every machine. Takes seconds for large models. */

/* What the report is made of, as files. */
enum qr_impact_part {
    QR_IMPACT_MODEL_BEFORE,
    QR_IMPACT_BASELINE_BEFORE,
    QR_IMPACT_MODEL_AFTER,
    QR_IMPACT_BASELINE_AFTER,
    QR_IMPACT_RULES,     /* pricing rules of the mandate that would be replaced */
    QR_IMPACT_REFERENCE, /* the ledger's reference rows */
    QR_IMPACT_PARTS
};

/* Fails as decoding the parts does, and with QR_EMISMATCH when they do not fit each other. Thread-safe. */
QR_MUST_USE int qr_impact_report(const struct qr_span parts[QR_IMPACT_PARTS], struct qr_report **ret_report,
                                 struct qr_error *error);

#endif
