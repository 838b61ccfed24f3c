#include "tests/unit/reservations/fixture.h"

#include <pthread.h>
#include <sys/wait.h>

/* Many at once for the last seats, and processes that die in the middle. */

enum { BUYERS = 8, OFFERS = 40 };

struct buyer {
    const char *path;
    const struct qr_offer_id *offers;
    int number;
    int sold;
};

static int try_all(struct buyer *buyer)
{
    struct qr_error error;
    struct qr_reservations *store = NULL;
    ck_assert_msg(qr_reservations_open(buyer->path, &store, &error) == 0, "%s", error.text);
    for (int i = 0; i < OFFERS; i++) {
        char key[32];
        struct qr_order order;
        snprintf(key, sizeof key, "buyer %d offer %d", buyer->number, i);
        int code = book(store, booking_of(buyer->offers[i], key, "RAO/ASHA"), &order);
        ck_assert(code == 0 || code == QR_ESOLD_OUT || code == QR_EOFFER_USED);
        buyer->sold += code == 0;
    }
    qr_reservations_close(store);
    return buyer->sold;
}

static void *buy(void *context)
{
    try_all(context);
    return NULL;
}

static void put_offers(struct qr_reservations *store, struct qr_departure departure, struct qr_offer_id *offers)
{
    begin(store);
    for (int i = 0; i < OFFERS; i++)
        offers[i] = put_offer(store, departure, 1, NOW + 60000);
    commit(store);
}

START_TEST(threads_do_not_oversell)
{
    struct qr_error error;
    struct fixture fixture = fixture_new();
    struct qr_departure departure = departure_of(fixture.store, "AI-101", 55, QR_BUSINESS);
    int left = seats_left(fixture.store, departure), sold = 0;
    ck_assert_int_gt(left, 0);
    struct qr_offer_id offers[OFFERS];
    put_offers(fixture.store, departure, offers);
    pthread_t threads[BUYERS];
    struct buyer buyers[BUYERS];
    for (int i = 0; i < BUYERS; i++) {
        buyers[i] = (struct buyer){.path = fixture.path, .offers = offers, .number = i};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, buy, &buyers[i]), 0);
    }
    for (int i = 0; i < BUYERS; i++) {
        pthread_join(threads[i], NULL);
        sold += buyers[i].sold;
    }
    ck_assert_int_eq(sold, left);
    ck_assert_int_eq(seats_left(fixture.store, departure), 0);
    ck_assert_int_eq(qr_reservations_check(fixture.store, &error), 0);
    fixture_done(&fixture);
}
END_TEST

START_TEST(processes_do_not_oversell)
{
    struct qr_error error;
    struct fixture fixture = fixture_new();
    struct qr_departure departure = departure_of(fixture.store, "AI-101", 54, QR_BUSINESS);
    int left = seats_left(fixture.store, departure), sold = 0;
    struct qr_offer_id offers[OFFERS];
    put_offers(fixture.store, departure, offers);
    qr_reservations_close(fixture.store); /* SQLite's handles must not cross a fork */
    fixture.store = NULL;
    pid_t children[BUYERS];
    for (int i = 0; i < BUYERS; i++) {
        children[i] = fork();
        struct buyer buyer = {.path = fixture.path, .offers = offers, .number = i};
        if (children[i] == 0)
            _exit(try_all(&buyer));
    }
    for (int i = 0; i < BUYERS; i++) {
        int status;
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert(WIFEXITED(status));
        sold += WEXITSTATUS(status);
    }
    ck_assert_int_eq(sold, left);
    ck_assert_int_eq(qr_reservations_open(fixture.path, &fixture.store, &error), 0);
    ck_assert_int_eq(seats_left(fixture.store, departure), 0);
    ck_assert_int_eq(qr_reservations_check(fixture.store, &error), 0);
    fixture_done(&fixture);
}
END_TEST

/* Books in groups and tells the number of each order through a pipe after its commit, until it is killed. */
static void book_forever(const char *path, int round, int pipe)
{
    struct qr_error error;
    struct qr_reservations *store = NULL;
    if (qr_reservations_open(path, &store, &error) < 0)
        _exit(1);
    for (int turn = 0;; turn++) {
        enum { GROUP = 8 };
        char locators[GROUP][QR_LOCATOR_TEXT];
        if (qr_reservations_begin(store, QR_DURABLE, &error) < 0)
            _exit(1);
        for (int i = 0; i < GROUP; i++) {
            char key[48];
            struct qr_order order;
            snprintf(key, sizeof key, "round %d turn %d order %d", round, turn, i);
            struct qr_departure departure = departure_of(store, "AI-101", 20 + (turn * GROUP + i) % 40, QR_ECONOMY);
            struct qr_booking booking = booking_of(put_offer(store, departure, 1, NOW + 60000), key, "RAO/ASHA");
            int code = qr_order_book(store, &booking, &order, &error);
            memcpy(locators[i], code == 0 ? order.locator : "------", QR_LOCATOR_TEXT);
            if (code != 0 && code != QR_ESOLD_OUT)
                _exit(1);
        }
        if (qr_reservations_commit(store, &error) < 0 || write(pipe, locators, sizeof locators) != sizeof locators)
            _exit(1);
    }
}

START_TEST(nothing_told_is_lost_by_kill_9)
{
    struct qr_error error;
    struct fixture fixture = fixture_new();
    qr_reservations_close(fixture.store);
    fixture.store = NULL;
    int told = 0;
    for (int round = 0; round < 12; round++) {
        int ends[2];
        char locator[QR_LOCATOR_TEXT];
        ck_assert_int_eq(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0)
            book_forever(fixture.path, round, ends[1]);
        close(ends[1]);
        QR_CLEANUP(qr_buffer_done) struct qr_buffer locators = {0};
        while (read(ends[0], locator, sizeof locator) == sizeof locator) {
            qr_buffer_add(&locators, locator, sizeof locator);
            if (locators.size == sizeof locator * (size_t)(1 + round * 5))
                kill(child, SIGKILL);
        }
        close(ends[0]);
        int status;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_msg(WIFSIGNALED(status), "the child ended by itself with %d", WEXITSTATUS(status));

        ck_assert_msg(qr_reservations_open(fixture.path, &fixture.store, &error) == 0, "%s", error.text);
        ck_assert_msg(qr_reservations_check(fixture.store, &error) == 0, "%s", error.text);
        for (size_t at = 0; at < locators.size; at += QR_LOCATOR_TEXT) {
            struct qr_order order;
            const char *text = (const char *)locators.data + at;
            struct qr_order_question question = {.locator = text, .surname = "RAO", .now = NOW};
            if (strcmp(text, "------") == 0)
                continue;
            ck_assert_msg(qr_order_show(fixture.store, &question, &order, &error) == 0, "%s: %s", text, error.text);
            told++;
        }
        struct qr_outbox_backlog backlog;
        ck_assert_int_eq(qr_outbox_backlog(fixture.store, &backlog, &error), 0);
        ck_assert_uint_eq(backlog.decisions, backlog.events); /* each order left both, or none */
        ck_assert_uint_ge(backlog.decisions, (uint64_t)told);
        qr_reservations_close(fixture.store);
        fixture.store = NULL;
    }
    ck_assert_int_gt(told, 100);
    fixture_done(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("storm");
    TCase *tests = tcase_create("storm");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, threads_do_not_oversell);
    tcase_add_test(tests, processes_do_not_oversell);
    tcase_add_test(tests, nothing_told_is_lost_by_kill_9);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
