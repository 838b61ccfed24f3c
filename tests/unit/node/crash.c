#include "node/audit.h"
#include "tests/unit/node/stage.h"

#include <sys/wait.h>

/* kill -9 at any moment: what was acknowledged stands, what stands audits, and the next start goes on from there. */

enum { ROUNDS = 25 };

/* Runs until it is killed; tells each acknowledged height, with the pricing sequence it belongs to, through the pipe. */
static void run_child(struct stage *stage, int out)
{
    uint64_t acknowledged[2] = {0, 0};
    stage_start(stage);
    if (write(out, acknowledged, sizeof acknowledged) != sizeof acknowledged) /* it is up */
        _exit(1);
    for (;;) {
        if (stage_record(stage, 1 + stage->pricing % 3) != 0)
            _exit(1);
        acknowledged[0] = stage->answer.height;
        acknowledged[1] = stage->pricing;
        if (write(out, acknowledged, sizeof acknowledged) != sizeof acknowledged)
            _exit(1);
    }
}

/* Every fifth dies while it starts, the others some time after. */
static void kill_one(struct stage *stage, int round, unsigned after_us, uint64_t ret_last[2])
{
    int ends[2], status;
    uint64_t seen[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        run_child(stage, ends[1]);
    }
    close(ends[1]);
    if (round % 5 != 0)
        ck_assert_int_eq(read(ends[0], seen, sizeof seen), sizeof seen);
    usleep(after_us);
    kill(child, SIGKILL);
    while (read(ends[0], seen, sizeof seen) == sizeof seen) {
        ret_last[0] = seen[0] > ret_last[0] ? seen[0] : ret_last[0];
        ret_last[1] = seen[1] > ret_last[1] ? seen[1] : ret_last[1];
    }
    close(ends[0]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the child ended by itself: %d", status);
}

START_TEST(nothing_acknowledged_is_lost_and_every_start_goes_on)
{
    struct unit_random random = unit_random_start();
    struct stage stage;
    uint64_t last[2] = {0, 0};
    stage_open();
    stage_init(&stage);
    for (int round = 0; round < ROUNDS; round++) {
        struct qr_audit audit;
        struct qr_error error = {0};
        stage_stop(&stage);
        kill_one(&stage, round, 2000 + (unsigned)unit_random_below(&random, 60000), last);
        stage_start(&stage);
        unit_holds(stage_height(&stage) >= last[0]);
        stage.pricing = 0;
        uint64_t height;
        struct qr_hash id;
        while (qr_store_find_use(stage.store, qr_key_public(stage_pricing), stage.pricing + 1, &height, &id, NULL) == 0)
            stage.pricing++;
        unit_holds(stage.pricing >= last[1]);
        stage.now = qr_chain_head(stage.chain)->time;
        unit_ok(qr_audit_store(stage.store, NULL, NULL, &audit, &error), error);
        unit_holds(qr_hash_equal(&audit.app_hash, &qr_chain_head(stage.chain)->app_hash));
    }
    printf("# %" PRIu64 " batches survived %d kills\n", stage.pricing, ROUNDS);
    ck_assert_uint_gt(stage.pricing, 0);
    stage_done(&stage);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {nothing_acknowledged_is_lost_and_every_start_goes_on};
    return unit_run("node/crash", tests, sizeof tests / sizeof tests[0]);
}
