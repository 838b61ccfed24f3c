#include "common/file.h"
#include "node/genesis.h"
#include "services/governd/agent.h"
#include "services/governd/answer.h"
#include "services/governd/due.h"
#include "services/governd/mirror.h"
#include "services/governd/notice.h"
#include "services/governd/review.h"
#include "services/governd/store.h"

/* quorate-governd: see governd.h for the tour. */

static void changed(struct governd *governd)
{
    notices_changed(governd->notices);
    due_changed(governd->due);
    reviews_changed(governd->reviews);
}

static int read_genesis(struct governd *governd, const char *home, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "genesis.qrg");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    int rc = qr_file_read(path, QR_GENESIS_FILE_MAX, &bytes, error);
    if (rc == 0)
        rc = qr_genesis_read(bytes.data, bytes.size, &genesis, error);
    if (rc < 0)
        return qr_prefix(error, "genesis");
    (void)qr_copy_text(governd->chain, sizeof governd->chain, genesis.chain_id);
    qr_buffer_add(&governd->reference, genesis.rows.data, genesis.rows.size);
    return 0;
}

static void stop(void *context)
{
    struct governd *governd = context;
    reviews_free(governd->reviews);
    due_free(governd->due);
    notices_free(governd->notices);
    agent_free(governd->agent);
    mirror_free(governd->mirror);
    store_close(governd->store);
    qr_buffer_done(&governd->reference);
    free(governd);
}

static int start(struct qr_daemon *daemon, void **ret_context, struct qr_error *error)
{
    struct governd *governd = qr_alloc(1, sizeof *governd);
    QR_CLEANUP(qr_freep) char *path = qr_path_join(qr_daemon_home(daemon), "governd.db");
    governd->daemon = daemon;
    governd->client = qr_daemon_client(daemon);
    int rc = read_genesis(governd, qr_daemon_home(daemon), error);
    if (rc == 0)
        rc = store_open(path, &governd->store, error);
    if (rc == 0)
        rc = agent_new(governd, &governd->agent, error);
    if (rc == 0) {
        governd->mirror = mirror_new(governd, changed);
        governd->notices = notices_new(governd);
        governd->due = due_new(governd);
        governd->reviews = reviews_new(governd);
        rc = mirror_start(governd->mirror, error);
    }
    if (rc < 0) {
        stop(governd);
        return rc;
    }
    *ret_context = governd;
    return 0;
}

static void request(void *context, struct qr_request *request)
{
    answer_request(context, request);
}

static const struct qr_role role = {
    .service = QR_SERVICE_GOVERNANCE,
    .summary = "a member's agent: impact reports, due executions, proposals and tallies to read",
    .start = start,
    .request = request,
    .stop = stop,
};

int main(int argc, char **argv)
{
    return qr_daemon_main(&role, argc, argv);
}
