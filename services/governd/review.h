#ifndef QR_SERVICES_GOVERND_REVIEW_H
#define QR_SERVICES_GOVERND_REVIEW_H

#include "services/governd/governd.h"

/* Impact reports. One at a time is computed: first those that somebody asked for, then those of proposals in review
 * that this agent has not reported on yet. A report is stored before its hash is submitted. */
struct reviews *reviews_new(struct governd *governd);
void reviews_free(struct reviews *reviews);    /* refuses those that wait */
void reviews_changed(struct reviews *reviews); /* the mirror was read */

/* Answers a ReportRequest on a proposal of the mirror: at once when the report is stored, else when it is computed. */
void reviews_answer(struct reviews *reviews, const struct qr_hash *proposal, struct qr_request *request);

#endif
