#ifndef QR_SERVICES_GOVERND_NOTICE_H
#define QR_SERVICES_GOVERND_NOTICE_H

#include "services/governd/governd.h"

/* Notices: what a person should know about a proposal, once each, with the time until which they can act. Kept in
 * governd.db, written to the log and published. An event tells of every change of state, also of those that need no
 * words. */
struct notices *notices_new(struct governd *governd);
void notices_free(struct notices *notices);
void notices_changed(struct notices *notices); /* the mirror was read */

/* Answers a NoticesRequest. */
void notices_answer(struct notices *notices, const Quorate__NoticesRequest *asked, struct qr_request *request);

#endif
