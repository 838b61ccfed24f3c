#ifndef QR_SERVICES_PRICED_PRICED_H
#define QR_SERVICES_PRICED_PRICED_H

#include "services/priced/source.h"
#include "services/priced/stream.h"

/* quorate-priced: holds the active model, answers quotes with attributions, and sees to it that each decision is
 * recorded.
 *
 *     main.c     start, end, which mandate is active, requests that are answered from memory
 *     quote.c    all quotes of one turn of the loop: built together, journaled, answered
 *     restore.c  decisions that come back from reservation until a height is known
 *     watch.c    what was voted and may soon be activated
 *     source.c   mandates with their explainers, from the ledger
 *     stream.c   lanes, batches, submission; batch.c seals one, journal.c keeps them
 */

enum {
    PRICED_ROWS_MAX = 256,
    PRICED_RECENT = 512,
    PRICED_MANDATES = 4, /* whose activation leaves are remembered */
    PRICED_IDS_MAX = 1024,
    PRICED_RETRY_MS = 300,
    PRICED_OFF_SECONDS_MAX = 600,
};

struct recent {
    struct qr_hash id;
    struct qr_buffer leaf;
    bool recorded; /* false: made while recording was off */
};

struct priced {
    struct qr_daemon *daemon;
    struct stream *stream;
    struct source *source;
    struct qr_key *key;
    char chain_id[QR_CHAIN_ID_MAX + 1];

    struct mandate *mandates[PRICED_MANDATES]; /* the active one first; NULL until the ledger named it */
    bool frozen;                               /* the active mandate may have ended: its as_of does not grow */
    bool sequence_known;
    bool not_appointed; /* the ledger knows no operator with this key, so that nothing could be recorded */
    bool wanted;             /* a mandate is being fetched */
    bool wanted_again;       /* and may have been replaced meanwhile */
    struct qr_error stopped; /* why nothing is priced any more; QR_OK: it is */

    int64_t off_until; /* recording is off until then, by the clock; 0: it is on */

    struct qr_request **queue; /* quotes of this turn */
    size_t queued, queue_capacity;
    struct quote_desk *desk;

    struct recent recent[PRICED_RECENT];
    size_t recent_next;

    bool announcing;
    uint32_t announced;
    struct qr_hash announced_last;

    int64_t *quotes_metric, *decisions_metric, *pending_metric, *restored_metric;
};

bool priced_recording(const struct priced *priced);
/* 0, or why no quote can be given now. */
QR_MUST_USE int priced_ready(const struct priced *priced, struct qr_error *error);

/* quote.c */
struct quote_desk *quote_desk_new(void);
void quote_desk_free(struct quote_desk *desk);
void quote_settle(struct priced *priced);

/* restore.c */
void restore_request(struct priced *priced, struct qr_request *request);

/* watch.c: prefetches the models of proposals that wait for execution. */
void watch_governance(struct priced *priced);

#endif
