#ifndef QR_SERVICES_RESERVED_RESERVED_H
#define QR_SERVICES_RESERVED_RESERVED_H

#include "common/key.h"
#include "reservations/feature.h"
#include "reservations/outbox.h"
#include "services/lib/service.h"

/* quorate-reserved: inventory, offers, orders, and passenger data, which never leaves it.
 *
 *     main.c     start, end, timers, small requests
 *     model.c    what the active model sees, asked of pricing
 *     search.c   candidates, quotes, offers
 *     book.c     bookings and cancellations
 *     turn.c     one transaction for everything that one turn of the loop brought
 *     deliver.c  the outbox: decisions back to pricing, order leaves to the ledger, until heights come back
 *     answer.c   orders and offers as messages
 *
 * Searches need pricing. Bookings of offers that were shown need nobody: the outbox waits until the others are back. */

enum {
    RESERVED_OFFERS_MAX = 32,
    RESERVED_ORDERS_MAX = 200,
    RESERVED_PRUNE_AFTER_MS = 60000, /* an expired offer stays this long */
};

struct search;
struct book;
struct deliver;
struct turn;

struct reserved {
    struct qr_daemon *daemon;
    struct qr_reservations *store;
    struct qr_reservations *checkpoint_store; /* of the thread that checkpoints */
    bool checkpointing;
    struct qr_key *key;
    char chain_id[QR_CHAIN_ID_MAX + 1];
    int64_t offer_ms;
    int32_t rolled_on; /* the date up to which the horizon was rolled */

    struct model *model; /* NULL until pricing told */
    bool model_wanted;

    struct turn *turn;
    struct deliver *deliver;

    int64_t *searches_metric, *offers_metric, *bookings_metric, *cancellations_metric, *refused_metric;
    int64_t *waiting_metric;
};

/* model.c */
struct model {
    struct qr_hash schema;
    struct qr_features *features;
    char currency[QR_CURRENCY_TEXT];
    unsigned minor_digits;
};
void model_want(struct reserved *reserved); /* asks pricing again until it answers */
void model_free(struct model *model);

/* search.c */
void search_request(struct reserved *reserved, struct qr_request *request);
QR_MUST_USE int search_store(struct reserved *reserved, struct search *search,
                             struct qr_error *error); /* inside the transaction */
void search_end(struct reserved *reserved, struct search *search, const struct qr_error *error); /* NULL: stored */

/* book.c */
void book_request(struct reserved *reserved, struct qr_request *request);
void cancel_request(struct reserved *reserved, struct qr_request *request);
QR_MUST_USE int book_store(struct reserved *reserved, struct book *book, struct qr_error *error);
void book_end(struct reserved *reserved, struct book *book, const struct qr_error *error);

/* turn.c */
struct turn *turn_new(void);
void turn_free(struct turn *turn);
void turn_add_search(struct turn *turn, struct search *search);
void turn_add_book(struct turn *turn, struct book *book);
void turn_settle(struct reserved *reserved);

/* deliver.c */
struct deliver *deliver_new(struct reserved *reserved);
void deliver_free(struct deliver *deliver);

/* answer.c */
void answer_order(struct reserved *reserved, struct qr_request *request, const struct qr_order *order);
void answer_orders(struct reserved *reserved, struct qr_request *request);
void answer_network(struct reserved *reserved, struct qr_request *request);
void publish_order(struct reserved *reserved, const struct qr_order *order);

#endif
