#ifndef QR_SERVICES_LIB_CLIENT_CONTEXT_H
#define QR_SERVICES_LIB_CLIENT_CONTEXT_H

#include "services/lib/client.h"
#include "services/lib/config.h"

/* A client on a ZeroMQ context that is there already, as in a daemon. Private to services/lib. */
QR_MUST_USE int qr_client_new_in(void *context, const char *home, struct qr_client **ret_client,
                                 struct qr_error *error);
/* With other settings than the home's; the client takes them over, also when it fails. */
QR_MUST_USE int qr_client_new_with(void *context, const char *home, struct qr_config *config, struct qr_client **ret_client,
                                   struct qr_error *error);

#endif
