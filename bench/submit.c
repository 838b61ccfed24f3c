/* A load generator for ledgers that share an order: sends signed transactions that were made before (bench/transactions) to each home's
 * ledgerd, as clients do, and counts those that stand in a block.
 *
 *     bench/submit WARM SECONDS WINDOW HOME=FILE...
 *
 * FILE: the home's transactions, sent in order, several in a request, as bench/broadcast sends them to CometBFT. At most WINDOW
 * transactions are on the way at a time. What is answered in the SECONDS after WARM seconds counts. Prints one line: transactions a second,
 * transactions, seconds, blocks, and the transactions of the whole run. */
#include "common/clock.h"
#include "common/codec.h"
#include "common/file.h"
#include "ledger/transaction.h"
#include "services/lib/client.h"

enum { HOMES_MAX = 16, REQUEST_MAX = 64, REQUEST_BYTES = 512 << 10, TURN_MS = 5, CALL_MS = 60000, STALL_SECONDS = 30 };

struct home {
    char *path;
    struct qr_client *client;
    struct qr_buffer file;
    size_t at; /* in file */
    size_t on_the_way, window;
};

struct load {
    size_t n;
    struct home homes[HOMES_MAX];
    uint64_t answered, height;
    int64_t moved; /* when something was last answered */
};

/* A request that waits for its answer. */
struct sent {
    struct load *load;
    struct home *home;
    size_t n;
};

static void stop(const char *what, const char *detail)
{
    fprintf(stderr, "bench/submit: %s%s%.300s\n", what, detail ? ": " : "", detail ? detail : "");
    exit(EXIT_FAILURE);
}

/* ---- Requests ---- */

static void answered(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct sent *sent = context;
    struct load *load = sent->load;
    if (error)
        stop(sent->home->path, error->text);
    if (reply->ledger_submitted->height > load->height)
        load->height = reply->ledger_submitted->height;
    load->answered += sent->n;
    load->moved = qr_clock_monotonic();
    sent->home->on_the_way -= sent->n;
    qr_reply_free(reply);
    free(sent);
}

static size_t size_at(const struct home *home, size_t at)
{
    const uint8_t *bytes = home->file.data + at;
    return (size_t)bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24;
}

/* The next transaction, as a message that points into the file. */
static void take_next(struct home *home, Quorate__Transaction *ret)
{
    struct qr_transaction read;
    struct qr_error error = {0};
    const uint8_t *bytes = home->file.data + home->at + 4;
    size_t size = size_at(home, home->at);
    if (qr_transaction_read(bytes, size, &read, &error) != 0)
        stop(home->path, error.text);
    quorate__transaction__init(ret);
    ret->body = qr_wire_bytes(read.body.bytes, read.body.size);
    ret->signer = qr_wire_bytes(bytes + size - QR_SIGNATURE_SIZE - QR_PUBLIC_KEY_SIZE, QR_PUBLIC_KEY_SIZE);
    ret->signature = qr_wire_bytes(bytes + size - QR_SIGNATURE_SIZE, QR_SIGNATURE_SIZE);
    home->at += 4 + size;
}

static bool send_one(struct load *load, struct home *home)
{
    Quorate__Transaction messages[REQUEST_MAX], *list[REQUEST_MAX];
    Quorate__LedgerSubmitRequest submit = QUORATE__LEDGER_SUBMIT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    size_t room = home->window - home->on_the_way, start = home->at;
    struct qr_error error = {0};
    while (submit.n_transactions < REQUEST_MAX && submit.n_transactions < room && home->at < home->file.size &&
           home->at - start < REQUEST_BYTES) {
        list[submit.n_transactions] = &messages[submit.n_transactions];
        take_next(home, &messages[submit.n_transactions++]);
    }
    if (submit.n_transactions == 0)
        return false;
    struct sent *sent = qr_alloc(1, sizeof *sent);
    *sent = (struct sent){.load = load, .home = home, .n = submit.n_transactions};
    submit.transactions = list;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_SUBMIT;
    request.ledger_submit = &submit;
    home->on_the_way += sent->n;
    if (qr_client_send(home->client, QR_SERVICE_LEDGER, &request, CALL_MS, answered, sent, &error) != 0)
        stop(home->path, error.text);
    return true;
}

/* ---- One run ---- */

static void open_home(struct load *load, const char *argument, size_t window)
{
    struct qr_error error = {0};
    struct home *home = &load->homes[load->n++];
    const char *equals = strchr(argument, '=');
    if (!equals)
        stop("not HOME=FILE", argument);
    home->path = qr_strdup(argument);
    home->path[equals - argument] = 0;
    home->window = window;
    if (qr_file_read(equals + 1, SIZE_MAX >> 2, &home->file, &error) != 0 || qr_client_new(home->path, &home->client, &error) != 0)
        stop(error.text, NULL);
}

static void run_until(struct load *load, int64_t end)
{
    for (int64_t now = qr_clock_monotonic(); now < end; now = qr_clock_monotonic()) {
        for (size_t i = 0; i < load->n; i++) {
            struct home *home = &load->homes[i];
            while (home->window - home->on_the_way >= home->window / 8 && send_one(load, home))
                ;
            (void)qr_client_wait(home->client, i == 0 ? TURN_MS : 0);
        }
        if (now - load->moved > STALL_SECONDS * INT64_C(1000000))
            stop("the ledger stands still", NULL);
    }
}

int main(int argc, char **argv)
{
    static struct load load;
    if (argc < 5 || argc - 4 > HOMES_MAX)
        stop("usage: bench/submit WARM SECONDS WINDOW HOME=FILE...", NULL);
    int64_t warm = strtol(argv[1], NULL, 10) * 1000000, seconds = strtol(argv[2], NULL, 10) * 1000000;
    size_t homes = (size_t)argc - 4;
    for (int i = 4; i < argc; i++)
        open_home(&load, argv[i], strtoul(argv[3], NULL, 10) / homes);
    int64_t start = qr_clock_monotonic();
    load.moved = start;
    run_until(&load, start + warm);
    int64_t from = qr_clock_monotonic();
    uint64_t before = load.answered, height = load.height;
    run_until(&load, from + seconds);
    double took = (double)(qr_clock_monotonic() - from) / 1e6;
    for (size_t i = 0; i < load.n; i++)
        if (load.homes[i].at == load.homes[i].file.size)
            stop("the transactions were too few for this ledger", NULL);
    printf("%.0f %" PRIu64 " %.1f %" PRIu64 " %" PRIu64 "\n", (double)(load.answered - before) / took, load.answered - before, took,
           load.height - height, load.answered);
    return EXIT_SUCCESS;
}
