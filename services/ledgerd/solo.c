#include "ledger/solo.h"

#include "common/clock.h"
#include "services/ledgerd/ledgerd.h"

/* The engine solo in the daemon's loop: a run of requests is taken from the socket, then one block is cut for all of them. */

static int start(struct ledgerd *ledgerd, struct qr_error *error)
{
    (void)error;
    struct qr_solo_setup setup = {
        .app = qr_node_app(ledgerd->node),
        .chain = ledgerd->chain,
        .workers = ledgerd->workers,
        .answer = ledgerd_submission_answered,
        .context = ledgerd,
    };
    ledgerd->order = qr_solo_new(&setup);
    return 0;
}

static int submit(struct ledgerd *ledgerd, const struct qr_buffer *encoded, uint64_t token, struct qr_error *error)
{
    return qr_solo_submit(ledgerd->order, encoded->data, encoded->size, token, error);
}

/* Cuts blocks while anything waits or is due. */
static void settle(struct ledgerd *ledgerd)
{
    while (qr_solo_due(ledgerd->order, qr_clock_now())) {
        struct qr_error error;
        bool made = false;
        if (qr_solo_cut(ledgerd->order, qr_clock_now(), &made, &error)) {
            ledgerd_give_up(ledgerd, "cannot make a block", &error);
            return;
        }
        if (made)
            ledgerd_block_made(ledgerd);
    }
}

static void stop(struct ledgerd *ledgerd)
{
    settle(ledgerd);
    qr_solo_free(ledgerd->order);
}

const struct ledgerd_engine ledgerd_solo = {
    .name = "solo", .start = start, .submit = submit, .settle = settle, .stop = stop};
