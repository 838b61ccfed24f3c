#include "tests/sim/sim.h"

#include <malloc.h>
#include <signal.h>

/* The seeds.
 *
 *     tests/sim/ledger.test                 runs QR_SIM_SEEDS seeds from QR_TEST_SEED, the clock's when none is given
 *     QR_TEST_SEED=N ./run sim 1            replays one; a failing one prints this line */

enum {
#ifdef UNIT_SANITIZED
    SEEDS = 100, /* each costs ten times as much */
#else
    SEEDS = 2000,
#endif
    AUDIT_EVERY = 32,
    SEEDS_TO_SEE_ALL = 1000,
};

/* ---- the one line that replays a failure, whatever ends the process ---- */

static char replay_line[80];

static void tell(void)
{
    (void)!write(STDOUT_FILENO, replay_line, strlen(replay_line));
    replay_line[0] = 0;
}

static void tell_and_die(int signal)
{
    tell();
    raise(signal); /* its action is the default again */
}

void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void tell_when_it_fails(void)
{
    static const int signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM};
    struct sigaction action = {.sa_handler = tell_and_die, .sa_flags = SA_RESETHAND};
    atexit(tell);
    if (__sanitizer_set_death_callback) {
        __sanitizer_set_death_callback(tell);
        return;
    }
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &action, NULL);
}

/* ---- one seed ---- */

static void run_seed(uint64_t seed)
{
    struct sim *sim = qr_alloc(1, sizeof *sim);
    *sim = (struct sim){.random = {seed}, .now = SIM_START};
    sim_genesis(sim);
    sim->oracle = sim_oracle_new(sim);
    sim_nodes_start(sim);
    sim_oracle_check(sim);
    for (int step = 0; step < SIM_STEPS; step++) {
        for (uint64_t n = 1 + sim_chance(sim, 3); n > 0; n--)
            sim_write(sim);
        sim_sequence(sim);
        sim_oracle_check(sim);
        sim_follow(sim);
    }
    sim_catch_up(sim);
    sim_oracle_end(sim);
    if (seed % AUDIT_EVERY == 0)
        sim_nodes_audit(sim);
    sim_nodes_stop(sim);
    sim_oracle_free(sim->oracle);
    sim_parties_done(sim);
    qr_buffer_done(&sim->genesis);
    free(sim);
}

static uint64_t seeds(void)
{
    const char *count = getenv("QR_SIM_SEEDS");
    return count && *count ? strtoull(count, NULL, 10) : SEEDS;
}

/* It was no idle run: every kind of transaction stood in a block, and proposals ended in every way there is. */
static void saw_everything(void)
{
    static const enum qr_action kinds[] = {QR_ACTION_PUBLISH, QR_ACTION_PROPOSE, QR_ACTION_BALLOT,
                                           QR_ACTION_APPOINT, QR_ACTION_DISMISS, QR_ACTION_BATCH,
                                           QR_ACTION_ORDERS,  QR_ACTION_REPORT,  QR_ACTION_EXECUTE,
                                           QR_ACTION_PROPOSE_VALIDATOR};
    static const enum qr_proposal_state ends[] = {QR_PROPOSAL_QUEUED, QR_PROPOSAL_EXECUTED, QR_PROPOSAL_DEFEATED,
                                                  QR_PROPOSAL_EXPIRED, QR_PROPOSAL_FAILED};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        ck_assert_msg(sim_seen.kinds >> kinds[i] & 1, "no block held a transaction of kind %s", qr_action_name(kinds[i]));
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        ck_assert_msg(sim_seen.outcomes >> ends[i] & 1, "no proposal was ever %s", qr_proposal_state_word(ends[i]));
    ck_assert(sim_seen.vetoed && sim_seen.late && sim_seen.replaced && sim_seen.redone);
    ck_assert(sim_seen.added && sim_seen.removed);
}

START_TEST(every_seed_keeps_every_invariant)
{
    struct unit_random first = unit_random_start();
    uint64_t n = seeds();
    sim_setting_open();
    tell_when_it_fails();
    for (uint64_t i = 0; i < n; i++) {
        snprintf(replay_line, sizeof replay_line, "# replay it: QR_TEST_SEED=%" PRIu64 " ./run sim 1\n", first.state + i);
        run_seed(first.state + i);
    }
    replay_line[0] = 0;
    printf("# %" PRIu64 " seeds\n", n);
    if (n >= SEEDS_TO_SEE_ALL)
        saw_everything();
}
END_TEST

int main(void)
{
    mallopt(M_MMAP_THRESHOLD, 256 << 10); /* nodes come and go, and hardly touch their queues: fresh pages need no clearing */
    Suite *suite = suite_create("sim/ledger");
    TCase *tcase = tcase_create("sim/ledger");
    tcase_add_test(tcase, every_seed_keeps_every_invariant);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK); /* a failure comes back here, and the process ends by exit */
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
