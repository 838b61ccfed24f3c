#ifndef QR_SERVICES_LIB_CLIENT_H
#define QR_SERVICES_LIB_CLIENT_H

#include "common/error.h"
#include "services/lib/endpoint.h"
#include "wire/message.h"

/* One client of the four services, for the command line, the dashboard, the load tester and the daemons themselves.
 *
 * A client belongs to one thread. It connects to a service when the first request or subscription needs it, and stays
 * connected. Nobody at the socket is QR_EUNREACHABLE at once, with the hint to run `quorate up`. When a connection that
 * stood is lost with requests in flight, they are sent again once the service is back within QR_CLIENT_GRACE_MS: every
 * request of the contract is idempotent (changes carry a key, a sequence number or an id), so an answer is worth
 * waiting for.
 *
 * A blocking call:
 *
 *     Quorate__LedgerHeadRequest head = QUORATE__LEDGER_HEAD_REQUEST__INIT;
 *     Quorate__Request request = QUORATE__REQUEST__INIT;
 *     request.body_case = QUORATE__REQUEST__BODY_LEDGER_HEAD;
 *     request.ledger_head = &head;
 *     QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
 *     int failed = qr_client_call(client, QR_SERVICE_LEDGER, &request, QR_CALL_TIMEOUT_MS, &reply, error);
 *     if (failed) return failed;
 *     ... reply->ledger_head is there: a reply whose body does not answer the request is an error, never returned.
 */
struct qr_client;

enum {
    QR_CALL_TIMEOUT_MS = 5000,
    QR_CLIENT_GRACE_MS = 2500, /* how long a lost service may take to come back */
    QR_CLIENT_IN_FLIGHT_MAX =
        16384, /* requests that one client may be waiting for: as many answers as a service keeps for it */
};

/* Never fails for a service that is away: that shows when it is used. Fails with QR_ENO_HOME. Reads HOME/quorate.ini
 * for services that are elsewhere ([connect] section, see config.h). */
QR_MUST_USE int qr_client_new(const char *home, struct qr_client **ret_client, struct qr_error *error);
void qr_client_free(struct qr_client *client); /* requests in flight end without a callback */
void qr_client_freep(struct qr_client **client);

/* Sends and waits. request->id and deadline_ms are filled in. An error that the service answers comes back as its code,
 * text and hint. QR_ETIMEOUT after timeout_ms. Callbacks of other requests and events may run meanwhile. */
QR_MUST_USE int qr_client_call(struct qr_client *client, enum qr_service service, Quorate__Request *request,
                               int64_t timeout_ms, Quorate__Reply **ret_reply, struct qr_error *error);

/* Whether the service accepts connections now. Sends nothing. */
bool qr_client_reachable(struct qr_client *client, enum qr_service service);

/* ---- Without waiting ----
 * Poll qr_client_fd for POLLIN and call qr_client_process when it is ready; callbacks run in there (and in
 * qr_client_call), never in qr_client_send. In a daemon's loop, qr_daemon_client has done that already. */

/* Exactly one of reply and error is not NULL. The reply becomes the callback's, freed with qr_reply_free; the error is
 * lent. */
typedef void qr_client_done(void *context, Quorate__Reply *reply, const struct qr_error *error);

/* Every outcome reaches the callback, also that the service is unreachable. QR_ELIMIT when QR_CLIENT_IN_FLIGHT_MAX
 * requests wait or the request is larger than QR_FRAME_MAX: then there is no callback. The request is encoded before
 * this returns. */
QR_MUST_USE int qr_client_send(struct qr_client *client, enum qr_service service, Quorate__Request *request,
                               int64_t timeout_ms, qr_client_done *done, void *context, struct qr_error *error);

int qr_client_fd(const struct qr_client *client);
void qr_client_process(struct qr_client *client);
/* Waits until something was processed or timeout_ms have passed (0: does not wait). Returns whether anything was. */
bool qr_client_wait(struct qr_client *client, int64_t timeout_ms);
size_t qr_client_in_flight(const struct qr_client *client);

/* ---- Events ---- */

enum qr_news {
    QR_NEWS_EVENT, /* event is not NULL */
    QR_NEWS_GAP,   /* events were missed, or the service was restarted: ask for what you show */
    QR_NEWS_UP,    /* the connection to the events stands, for the first time or again */
    QR_NEWS_DOWN,  /* it is lost; it comes back by itself */
};
/* The event is lent for the call. A gap is told before the event that shows it. */
typedef void qr_client_news(void *context, enum qr_service service, enum qr_news news, const Quorate__Event *event);

/* Tells the callback everything that the service publishes from now on. One subscription a service; another call
 * replaces its callback. */
QR_MUST_USE int qr_client_subscribe(struct qr_client *client, enum qr_service service, qr_client_news *news,
                                    void *context, struct qr_error *error);

#endif
