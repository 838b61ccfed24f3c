#include "common/clock.h"
#include "common/file.h"
#include "node/genesis.h"
#include "services/reserved/reserved.h"

enum { ROLL_EVERY_MS = 30000, PRUNE_EVERY_MS = 250, PRUNE_MOST = 4096, CHECKPOINT_EVERY_MS = 250 };

/* --- timers --- */

/* New dates come on sale at midnight, first where the day is the furthest on. */
static int roll(struct reserved *reserved, struct qr_error *error)
{
    const struct qr_network *network = qr_reservations_network(reserved->store);
    int64_t now = qr_clock_now();
    int32_t latest = INT32_MIN;
    size_t added = 0;
    for (size_t i = 0; i < network->n_airports; i++) {
        int32_t today = qr_date_of(now, network->airports[i].offset_minutes).days;
        latest = today > latest ? today : latest;
    }
    if (latest == reserved->rolled_on)
        return 0;
    int code = qr_inventory_roll(reserved->store, now, QR_HORIZON_DAYS, &added, error);
    if (code < 0)
        return code;
    reserved->rolled_on = latest;
    if (added > 0)
        qr_log(QR_LOG_INFO, "%zu departures come on sale", added);
    return 0;
}

static void roll_timer(void *context)
{
    struct reserved *reserved = context;
    struct qr_error error;
    if (roll(reserved, &error) < 0)
        qr_log_error("putting new dates on sale", &error);
}

static int prune(struct reserved *reserved, struct qr_error *error)
{
    size_t deleted;
    int64_t before = qr_reservations_time(reserved->store, qr_clock_now()) - RESERVED_PRUNE_AFTER_MS;
    int code = qr_reservations_begin(reserved->store, QR_KEPT, error);
    if (code < 0)
        return code;
    code = qr_offer_prune(reserved->store, before, PRUNE_MOST, &deleted, error);
    if (code < 0) {
        qr_reservations_rollback(reserved->store);
        return code;
    }
    return qr_reservations_commit(reserved->store, error);
}

static void prune_timer(void *context)
{
    struct reserved *reserved = context;
    struct qr_error error;
    if (prune(reserved, &error) < 0)
        qr_log_error("forgetting expired offers", &error);
}

static void checkpoint_in_thread(void *task)
{
    struct reserved *reserved = task;
    struct qr_error error;
    if (qr_reservations_checkpoint(reserved->checkpoint_store, &error) < 0)
        qr_log_error("checkpointing", &error);
}

static void checkpointed(void *task)
{
    struct reserved *reserved = task;
    reserved->checkpointing = false;
}

static void checkpoint_timer(void *context)
{
    struct reserved *reserved = context;
    if (reserved->checkpointing)
        return;
    reserved->checkpointing = true;
    qr_daemon_work(reserved->daemon, checkpoint_in_thread, checkpointed, reserved);
}

/* --- requests --- */

static void show(struct reserved *reserved, struct qr_request *request)
{
    struct qr_error error;
    struct qr_order order;
    const Quorate__OrderRequest *message = qr_request_message(request)->order;
    struct qr_order_question question = {
        .locator = message->locator, .surname = message->surname, .now = qr_clock_now()};
    if (qr_order_show(reserved->store, &question, &order, &error) < 0)
        qr_request_refuse(request, &error);
    else
        answer_order(reserved, request, &order);
}

static void request_came(void *context, struct qr_request *request)
{
    struct reserved *reserved = context;
    const Quorate__Request *message = qr_request_message(request);
    struct qr_error error;
    if (message->body_case == QUORATE__REQUEST__BODY_SEARCH) {
        search_request(reserved, request);
    } else if (message->body_case == QUORATE__REQUEST__BODY_BOOK) {
        book_request(reserved, request);
    } else if (message->body_case == QUORATE__REQUEST__BODY_CANCEL) {
        cancel_request(reserved, request);
    } else if (message->body_case == QUORATE__REQUEST__BODY_ORDER) {
        show(reserved, request);
    } else if (message->body_case == QUORATE__REQUEST__BODY_ORDERS) {
        answer_orders(reserved, request);
    } else if (message->body_case == QUORATE__REQUEST__BODY_NETWORK) {
        answer_network(reserved, request);
    } else {
        qr_fail(&error, QR_EUNSUPPORTED, "quorate-reserved does not answer `%s`", qr_request_word(message->body_case));
        qr_request_refuse(request, &error);
    }
}

static void settle(void *context)
{
    turn_settle(context);
}

/* --- life --- */

static void stop(void *context)
{
    struct reserved *reserved = context;
    deliver_free(reserved->deliver);
    turn_free(reserved->turn);
    model_free(reserved->model);
    qr_reservations_close(reserved->checkpoint_store);
    qr_reservations_close(reserved->store);
    qr_key_free(reserved->key);
    free(reserved);
}

static int load_home(struct reserved *reserved, struct qr_error *error)
{
    const char *home = qr_daemon_home(reserved->daemon);
    QR_CLEANUP(qr_freep) char *key = qr_path_join(home, "keys/operators/reservation.key");
    QR_CLEANUP(qr_freep) char *file = qr_path_join(home, "genesis.qrg");
    QR_CLEANUP(qr_freep) char *store = qr_path_join(home, "reserved.db");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    int code = qr_key_load(key, &reserved->key, error);
    if (code == 0)
        code = qr_file_read(file, QR_GENESIS_FILE_MAX, &bytes, error);
    if (code == 0)
        code = qr_genesis_read(bytes.data, bytes.size, &genesis, error);
    if (code < 0)
        return code;
    memcpy(reserved->chain_id, genesis.chain_id, sizeof reserved->chain_id);
    reserved->offer_ms = genesis.offer_seconds * 1000;
    code = qr_reservations_open(store, &reserved->store, error);
    if (code == 0)
        code = qr_reservations_open(store, &reserved->checkpoint_store, error);
    return code < 0 ? code : roll(reserved, error);
}

static void make_metrics(struct reserved *reserved)
{
    struct qr_daemon *daemon = reserved->daemon;
    reserved->searches_metric =
        qr_daemon_metric(daemon, "quorate_reserved_searches_total", "Searches that were asked for");
    reserved->offers_metric = qr_daemon_metric(daemon, "quorate_reserved_offers_total", "Offers that were shown");
    reserved->bookings_metric =
        qr_daemon_metric(daemon, "quorate_reserved_bookings_total", "Bookings that were confirmed");
    reserved->cancellations_metric =
        qr_daemon_metric(daemon, "quorate_reserved_cancellations_total", "Orders that were cancelled");
    reserved->refused_metric =
        qr_daemon_metric(daemon, "quorate_reserved_refused_total", "Searches and bookings that were refused");
    reserved->waiting_metric =
        qr_daemon_metric(daemon, "quorate_reserved_waiting", "Orders that the ledger has not confirmed");
}

static int start(struct qr_daemon *daemon, void **ret_context, struct qr_error *error)
{
    struct reserved *reserved = qr_alloc(1, sizeof *reserved);
    reserved->daemon = daemon;
    make_metrics(reserved);
    int code = load_home(reserved, error);
    if (code < 0) {
        stop(reserved);
        return code;
    }
    reserved->turn = turn_new();
    reserved->deliver = deliver_new(reserved);
    qr_daemon_set_state(daemon, "waiting_for_pricing", "pricing has not told what the model sees yet");
    model_want(reserved);
    qr_daemon_every(daemon, ROLL_EVERY_MS, roll_timer, reserved);
    qr_daemon_every(daemon, PRUNE_EVERY_MS, prune_timer, reserved);
    qr_daemon_every(daemon, CHECKPOINT_EVERY_MS, checkpoint_timer, reserved);
    *ret_context = reserved;
    return 0;
}

int main(int argc, char **argv)
{
    static const struct qr_role role = {.service = QR_SERVICE_RESERVATION,
                                        .summary = "keeps inventory, offers, orders and passenger data",
                                        .start = start,
                                        .request = request_came,
                                        .settle = settle,
                                        .stop = stop};
    return qr_daemon_main(&role, argc, argv);
}
