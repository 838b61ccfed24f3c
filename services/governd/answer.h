#ifndef QR_SERVICES_GOVERND_ANSWER_H
#define QR_SERVICES_GOVERND_ANSWER_H

#include "services/governd/governd.h"

/* Answers to questions about members and proposals, from the mirror. What a person reads is at least as new as the
 * ledger was when they asked; while the ledger cannot be reached, it is what was read last. */

/* Takes members, proposals, proposal, report, execute and notices requests. */
void answer_request(struct governd *governd, struct qr_request *request);

#endif
