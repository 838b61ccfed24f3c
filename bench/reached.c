/* Tells when a ledger that is catching up reaches given heights: bench/follow.sh calls it.
 *
 *     bench/reached HOME HEIGHT...
 *
 * Asks the home's ledgerd for its head every few milliseconds. Prints a line for each height, which must rise: seconds since the
 * first block after height 0 was seen. */
#include <poll.h>

#include "common/clock.h"
#include "services/lib/client.h"

enum { EVERY_MS = 5, PATIENCE_S = 600 };

static void stop(const char *what)
{
    fprintf(stderr, "bench/reached: %.300s\n", what);
    exit(EXIT_FAILURE);
}

static uint64_t height_of(struct qr_client *client)
{
    Quorate__LedgerHeadRequest head = QUORATE__LEDGER_HEAD_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    struct qr_error error = {0};
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_HEAD;
    request.ledger_head = &head;
    int code = qr_client_call(client, QR_SERVICE_LEDGER, &request, QR_CALL_TIMEOUT_MS, &reply, &error);
    if (code == QR_EUNREACHABLE) /* it starts */
        return 0;
    if (code)
        stop(error.text);
    return reply->ledger_head->height;
}

int main(int argc, char **argv)
{
    QR_CLEANUP(qr_client_freep) struct qr_client *client = NULL;
    struct qr_error error = {0};
    if (argc < 3)
        stop("usage: bench/reached HOME HEIGHT...");
    if (qr_client_new(argv[1], &client, &error) != 0)
        stop(error.text);
    int64_t began = qr_clock_monotonic(), first = 0;
    for (int i = 2; i < argc;) {
        uint64_t height = height_of(client);
        int64_t now = qr_clock_monotonic();
        if (height > 0 && first == 0)
            first = now;
        for (; i < argc && height >= strtoull(argv[i], NULL, 10); i++)
            printf("%.3f\n", (double)(now - first) / 1e6);
        if (now - began > PATIENCE_S * INT64_C(1000000))
            stop("the height is not reached");
        (void)poll(NULL, 0, EVERY_MS);
    }
    return EXIT_SUCCESS;
}
