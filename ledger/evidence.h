#ifndef QR_LEDGER_EVIDENCE_H
#define QR_LEDGER_EVIDENCE_H

#include "ledger/checkpoint.h"

/* What proves that a ledger contradicted itself, in HOME/evidence: the checkpoint that was seen and the one that was shown later, as
 * seen.checkpoint and shown.checkpoint, those of a second contradiction as seen-2.checkpoint and shown-2.checkpoint, and so on. */

enum { QR_EVIDENCE_MAX = 64 }; /* pairs of one home; then the last is written over, and the first of all and the newest stay */

/* Keeps both; `shown` is NULL where whoever showed it does not give it. A pair that is there is not kept twice, and one that was cut
 * short is completed. Several processes may keep evidence in one home. */
QR_MUST_USE int qr_evidence_keep(const char *home, const struct qr_signed_checkpoint *seen, const struct qr_signed_checkpoint *shown,
                                 struct qr_error *error);

#endif
