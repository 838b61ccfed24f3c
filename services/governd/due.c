#include "services/governd/due.h"

#include "common/clock.h"
#include "node/actions.h"
#include "services/governd/agent.h"
#include "services/governd/mirror.h"

enum { LOOK_MS = 50, AGAIN_MS = 1000, AGAIN_MOST_MS = 60000 };

struct due {
    struct governd *governd;
    struct qr_hash proposal; /* the next one to become executable */
    int64_t at;              /* when; INT64_MAX: none */
    int64_t not_before;      /* after a failure, */
    int64_t wait_ms;         /* which doubles the wait */
    bool busy;
};

static void executed(void *context, uint64_t height, const struct qr_error *error)
{
    struct due *due = context;
    due->busy = false;
    if (!error) {
        qr_log(QR_LOG_INFO, "proposal %.12s was carried out in block %" PRIu64, qr_hash_text(&due->proposal).text,
               height);
        due->at = INT64_MAX; /* the mirror will tell what comes next */
        due->wait_ms = AGAIN_MS;
        return;
    }
    agent_log_failure("executing a proposal", error);
    due->not_before = qr_clock_now() + due->wait_ms;
    due->wait_ms = 2 * due->wait_ms < AGAIN_MOST_MS ? 2 * due->wait_ms : AGAIN_MOST_MS;
}

static void look(void *context)
{
    struct due *due = context;
    int64_t now = qr_clock_now();
    if (due->busy || now < due->at || now < due->not_before)
        return;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    qr_execute_encode(&(struct qr_execute){due->proposal}, &payload);
    due->busy = true;
    agent_submit(due->governd->agent, QR_ACTION_EXECUTE, &payload, executed, due);
}

void due_changed(struct due *due)
{
    const struct qr_state *state = mirror_state(due->governd->mirror);
    struct qr_proposal proposal;
    if (due->busy || !agent_key(due->governd->agent))
        return;
    due->at = INT64_MAX;
    for (uint64_t number = 1; qr_proposal_next(state, number, &proposal); number = proposal.number + 1) {
        if (proposal.state == QR_PROPOSAL_QUEUED && proposal.executable_at < due->at) {
            due->at = proposal.executable_at;
            due->proposal = proposal.id;
        }
    }
}

struct due *due_new(struct governd *governd)
{
    struct due *due = qr_alloc(1, sizeof *due);
    due->governd = governd;
    due->at = INT64_MAX;
    due->wait_ms = AGAIN_MS;
    (void)qr_daemon_every(governd->daemon, LOOK_MS, look, due);
    return due;
}

void due_free(struct due *due)
{
    free(due);
}
