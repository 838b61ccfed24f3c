#ifndef QR_SERVICES_PRICED_SOURCE_H
#define QR_SERVICES_PRICED_SOURCE_H

#include "node/mandate.h"
#include "services/lib/service.h"
#include "xai/decision.h"

/* Where mandates come from: the ledger names model, baseline and rules; their files are fetched piece by piece, and the
 * explainer is built in a thread of the pool, so that pricing under the old mandate goes on meanwhile. The last few
 * stay. */
struct source;

/* A model and baseline with the explainer that was built of them. */
struct pair {
    struct qr_hash model, baseline;
    struct qr_explainer *explainer;
    unsigned references;
};

struct mandate {
    struct qr_hash id;
    struct qr_activation activation;
    struct qr_rules rules;
    struct qr_buffer leaf; /* QRA1 */
    struct pair *pair;
    uint64_t as_of; /* a height at which it was active */
    unsigned references;
};

struct mandate *mandate_ref(struct mandate *mandate);
void mandate_free(struct mandate *mandate); /* drops one reference; NULL is allowed */

struct source *source_new(struct qr_daemon *daemon);
void source_free(struct source *source);

/* Exactly one of mandate and error is not NULL; the mandate is lent for the call: mandate_ref keeps it. */
typedef void source_ready(void *context, struct mandate *mandate, const struct qr_error *error);

/* Gets a mandate; NULL: the active one. */
void source_want(struct source *source, const struct qr_hash *id, source_ready *ready, void *context);

/* Builds the explainer of what may be activated soon, to be at hand when it is. */
void source_prefetch(struct source *source, const struct qr_hash *model, const struct qr_hash *baseline);

#endif
