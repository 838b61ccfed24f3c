#include "node/audit.h"
#include "tests/unit/node/script.h"
#include "tests/unit/node/killer.h"

#include <sys/mman.h>
#include <sys/wait.h>

/* kill -9, on a real disk, of a process that books, votes and upgrades: at each of its steps by name, and at calls into the file
 * system. What was acknowledged stands, and whoever starts next goes on to the same application hash. */

enum { CALLS = 25 }; /* of each engine, drawn at random; tests/unit/node/disk.c has every one, on a disk in memory */

static char folder[40], path[64];

/* What the child tells before it dies. */
static struct shared {
    uint64_t told;
    bool ended;
    char die_at[32]; /* a step */
    uint64_t countdown;
} * shared;

static void clear_disk(void)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-mark"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char name[96];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

static void step(const char *what)
{
    if (strcmp(what, shared->die_at) == 0 && shared->countdown-- == 0)
        raise(SIGKILL);
}

static void run_child(const struct script_engine *engine, long call)
{
    struct rig rig = {.step = step};
    struct qr_error error = {0};
    killer_arm(call);
    if (script_play(&rig, engine, path, &shared->told, &error) != 0)
        _exit(1);
    rig_stop(&rig);
    shared->ended = true;
    _exit(0);
}

/* Whether it was killed before it was done. */
static bool kill_at(const struct script_engine *engine, const char *name, uint64_t time, long call)
{
    int status;
    clear_disk();
    *shared = (struct shared){.countdown = time};
    snprintf(shared->die_at, sizeof shared->die_at, "%s", name);
    pid_t child = fork();
    if (child == 0)
        run_child(engine, call);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    ck_assert_msg(killed || shared->ended, "the child ended by itself: %d", status);
    return killed;
}

static void goes_on(const struct script_engine *engine)
{
    struct rig rig = {.step = NULL};
    struct qr_audit audit;
    struct qr_error error = {0};
    unit_ok(rig_start(&rig, engine, path, &error), error);
    unit_holds(rig_height(&rig) >= shared->told && rig_in_script(&rig));
    unit_ok(script_play(&rig, engine, path, &shared->told, &error), error);
    unit_holds(rig_height(&rig) == script.n && rig_in_script(&rig));
    unit_ok(qr_audit_store(rig.store, NULL, NULL, &audit, &error), error);
    unit_holds(qr_hash_equal(&audit.app_hash, &qr_chain_head(rig.chain)->app_hash));
    rig_stop(&rig);
}

START_TEST(a_kill_at_any_step_loses_nothing_acknowledged)
{
    static const char *const steps[SCRIPT_ENGINES][5] = {{"started", "submitted", "answered", "stopped"},
                                                          {"started", "decided", "finalized", "committed", "stopped"}};
    for (size_t i = 0; i < SCRIPT_ENGINES; i++)
        for (size_t k = 0; k < 5 && steps[i][k]; k++) {
            uint64_t time = 0;
            for (; kill_at(&script_engines[i], steps[i][k], time, -1); time += 2)
                goes_on(&script_engines[i]);
            printf("# %s: killed when %s, the last time of %" PRIu64 "\n", script_engines[i].name, steps[i][k], time);
            ck_assert_uint_gt(time, 0);
        }
}
END_TEST

START_TEST(a_kill_at_any_call_into_the_file_system_loses_nothing_acknowledged)
{
    struct unit_random random = unit_random_start();
    for (size_t i = 0; i < SCRIPT_ENGINES; i++) {
        long calls = 500, killed = 0; /* how many there are is found out by passing the last */
        for (int k = 0; k < CALLS; k++) {
            long call = (long)unit_random_below(&random, (uint64_t)calls);
            if (kill_at(&script_engines[i], "", 0, call))
                killed++;
            else
                calls = call;
            goes_on(&script_engines[i]);
        }
        printf("# %s: killed %ld times within about %ld calls\n", script_engines[i].name, killed, calls);
        ck_assert_int_gt(killed, CALLS / 2);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_kill_at_any_step_loses_nothing_acknowledged,
                                  a_kill_at_any_call_into_the_file_system_loses_nothing_acknowledged};
    snprintf(folder, sizeof folder, "/tmp/quorate-crash-XXXXXX");
    unit_holds(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/ledgerd.db", folder);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    script_record();
    killer_install();
    int status = unit_run("node/crash", tests, sizeof tests / sizeof tests[0]);
    clear_disk();
    rmdir(folder);
    return status;
}
