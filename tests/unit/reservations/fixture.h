#ifndef QR_TESTS_RESERVATIONS_FIXTURE_H
#define QR_TESTS_RESERVATIONS_FIXTURE_H

#include <check.h>
#include <stdlib.h>

#include "common/key.h"
#include "reservations/order.h"
#include "reservations/outbox.h"
#include "reservations/store.h"

/* A small network and a store of it in a folder of its own. Tests run at NOW, 2026-11-23T09:30 in India, a Monday. */

#define NOW INT64_C(1795579200000) /* 2026-11-25T04:00:00Z */
enum { OFFSET = 330 };

static const char network_text[] = "# three cities, two airlines\n"
                                   "airport,DEL,Delhi,330\n"
                                   "airport,BOM,Mumbai,330\n"
                                   "airport,DXB,Dubai,240\n"
                                   "airline,AI,Air_India\n"
                                   "airline,6E,Indigo\n"
                                   "flight,AI-101,AI,DEL,BOM,08:00,135,0,1234567,150,20\n"
                                   "flight,6E-201,6E,DEL,BOM,21:30,140,0,1234567,2,0\n"
                                   "flight,AI-102,AI,BOM,DEL,23:10,130,0,1234567,150,20\n"
                                   "flight,AI-995,AI,DEL,DXB,18:00,225,1,1357,100,10\n";

struct fixture {
    char folder[64];
    char path[96];
    struct qr_reservations *store;
};

static struct qr_network parse_network(const char *text)
{
    struct qr_error error;
    struct qr_network network = {0};
    ck_assert_msg(qr_network_parse(text, strlen(text), &network, &error) == 0, "%s", error.text);
    return network;
}

static inline struct fixture fixture_new(void)
{
    struct qr_error error;
    struct fixture fixture = {.folder = "/tmp/quorate-test-XXXXXX"};
    uint8_t secret[QR_SECRET_SIZE];
    qr_crypto_init();
    qr_random(secret, sizeof secret);
    ck_assert_ptr_nonnull(mkdtemp(fixture.folder));
    snprintf(fixture.path, sizeof fixture.path, "%s/reserved.db", fixture.folder);
    struct qr_network network = parse_network(network_text);
    ck_assert_msg(qr_reservations_create(fixture.path, &network, NOW, QR_HORIZON_DAYS, secret, &error) == 0, "%s",
                  error.text);
    qr_network_done(&network);
    ck_assert_msg(qr_reservations_open(fixture.path, &fixture.store, &error) == 0, "%s", error.text);
    return fixture;
}

static inline void fixture_reopen(struct fixture *fixture)
{
    struct qr_error error;
    qr_reservations_close(fixture->store);
    fixture->store = NULL;
    ck_assert_msg(qr_reservations_open(fixture->path, &fixture->store, &error) == 0, "%s", error.text);
}

static inline void fixture_done(struct fixture *fixture)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    qr_reservations_close(fixture->store);
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", fixture->path, endings[i]);
        unlink(path);
    }
    rmdir(fixture->folder);
}

static inline void begin(struct qr_reservations *store)
{
    struct qr_error error;
    ck_assert_msg(qr_reservations_begin(store, QR_DURABLE, &error) == 0, "%s", error.text);
}

static inline void commit(struct qr_reservations *store)
{
    struct qr_error error;
    ck_assert_msg(qr_reservations_commit(store, &error) == 0, "%s", error.text);
}

/* The departure of a flight `days` after NOW's date. */
static inline struct qr_departure departure_of(struct qr_reservations *store, const char *code, int days,
                                               enum qr_cabin cabin)
{
    const struct qr_network *network = qr_reservations_network(store);
    struct qr_departure departure = {.date = {qr_date_of(NOW, OFFSET).days + days}, .cabin = cabin};
    while (strcmp(network->flights[departure.flight].code, code) != 0)
        ck_assert_uint_lt(++departure.flight, network->n_flights);
    return departure;
}

static inline int seats_left(struct qr_reservations *store, struct qr_departure departure)
{
    struct qr_seats seats;
    struct qr_error error;
    ck_assert_msg(qr_inventory_seats(store, &departure, &seats, &error) == 0, "%s", error.text);
    return seats.capacity - seats.sold;
}

/* Puts an offer for the departure; its leaf and hashes are made from `mark`. */
static inline struct qr_offer_id put_offer(struct qr_reservations *store, struct qr_departure departure, uint8_t mark,
                                           int64_t expires)
{
    uint8_t leaf[160];
    struct qr_error error;
    memset(leaf, mark, sizeof leaf);
    struct qr_offer offer = {.departure = departure,
                             .fare = {610400},
                             .currency = "INR",
                             .minor_digits = 2,
                             .created_at = NOW,
                             .expires_at = expires,
                             .decision = qr_sha256(leaf, sizeof leaf),
                             .leaf = {leaf, sizeof leaf},
                             .recorded = true};
    offer.mandate.bytes[0] = mark;
    ck_assert_msg(qr_offer_put(store, &offer, &error) == 0, "%s", error.text);
    return qr_offer_id(store, offer.number);
}

static inline struct qr_offer_id new_offer(struct qr_reservations *store, struct qr_departure departure)
{
    begin(store);
    struct qr_offer_id id = put_offer(store, departure, 7, NOW + 60000);
    commit(store);
    return id;
}

static inline struct qr_booking booking_of(struct qr_offer_id offer, const char *key, const char *name)
{
    struct qr_error error;
    struct qr_booking booking = {.offer = offer, .key = key, .now = NOW};
    qr_random(booking.salt, sizeof booking.salt);
    ck_assert_msg(qr_passenger_parse(name, &booking.passenger, &error) == 0, "%s", error.text);
    return booking;
}

/* One booking in a transaction of its own. Returns its code. */
static inline int book(struct qr_reservations *store, struct qr_booking booking, struct qr_order *order)
{
    struct qr_error error;
    begin(store);
    int code = qr_order_book(store, &booking, order, &error);
    commit(store);
    return code;
}

static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
