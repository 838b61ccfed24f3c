#include "node/audit.h"
#include "tests/unit/node/script.h"
#include "tests/unit/node/power.h"

/* Faults under the store (tests/unit/node/power.h), at every operation in turn of a run that books, votes and upgrades, in both
 * engines. A disk that says what it did loses nothing that was acknowledged, and the ledger goes on to the same application
 * hash. A disk that lies, or gives back what was not written, is found out: the ledger goes on to the same application hash, or
 * stops and says which file is damaged and what to do, or its audit does. */

static char path[64];

static const char *const fault_names[POWER_FAULTS] = {
    "I/O error", "no room", "short write", "power cut", "failed once and forgotten", "reported and not done", "bit flipped"};

static const char *const keep_names[POWER_KEEPS] = {"nothing unsynced", "everything", "any 512 bytes", "any 4096 bytes"};

#ifdef UNIT_SANITIZED
enum { SLOWER = 20 };
#else
enum { SLOWER = 1 };
#endif

static struct unit_random random_bits;

static void random_start(void) { random_bits = unit_random_start(); }

static long first_of(long stride) { return (long)unit_random_below(&random_bits, (uint64_t)stride); }

/* A sentence that names the file, and what to do about it. */
static void says_so(const struct qr_error *error)
{
    bool stops = qr_code_exit_status(error->code) == 5 || error->code == QR_EMISMATCH; /* the genesis that it holds is damaged */
    ck_assert_msg(strstr(error->text, "ledgerd.db") && error->hint[0] && stops,
                  "at %s: %s: %s (%s)", power_operation(), qr_code_word(error->code), error->text, error->hint);
}

/* The mark lies beside the store on a real disk. It is not synced, so a cut may take it. */
static void unmark(void)
{
    char mark[sizeof path + 8];
    snprintf(mark, sizeof mark, "%s-mark", path);
    unlink(mark);
}

static void format(uint64_t seed)
{
    unmark();
    power_format(seed);
}

static void cut(enum power_keep keep)
{
    if (keep == POWER_KEEP_512)
        unmark();
    power_cut(keep);
}

static void audits_to_the_end(struct rig *rig)
{
    struct qr_audit audit;
    struct qr_error error = {0};
    unit_ok(qr_audit_store(rig->store, NULL, NULL, &audit, &error), error);
    unit_holds(audit.height == script.n);
    unit_holds(qr_hash_equal(&audit.app_hash, &qr_chain_head(rig->chain)->app_hash));
}

/* The process ends before it can put anything in order. */
static void dies(const char *step)
{
    if (strcmp(step, "failed") == 0)
        power_break();
}

/* One run into a fault; whether the run came to it. The process that met the fault stops and says why. */
static bool run_into(const struct script_engine *engine, enum power_fault fault, long nth, uint64_t *told,
                     struct qr_error *error)
{
    struct rig rig = {.step = fault == POWER_FORGET ? dies : NULL};
    *told = 0;
    *error = (struct qr_error){.code = QR_OK};
    format(unit_random_next(&random_bits));
    power_arm(fault, nth);
    if (script_play(&rig, engine, path, told, error) == 0)
        rig_stop(&rig);
    return power_struck();
}

/* ---- disks that say what they did ---- */

static void goes_on(const struct script_engine *engine, uint64_t told, bool audit)
{
    struct rig rig = {.step = NULL};
    struct qr_error error = {0};
    int code = rig_start(&rig, engine, path, &error);
    ck_assert_msg(code == 0, "at %s: %s", power_operation(), error.text);
    ck_assert_msg(rig_height(&rig) >= told && rig_in_script(&rig), "at %s: height %" PRIu64 " after %" PRIu64 " was told",
                  power_operation(), rig_height(&rig), told);
    code = script_play(&rig, engine, path, &told, &error);
    ck_assert_msg(code == 0, "at %s: %s", power_operation(), error.text);
    unit_holds(rig_height(&rig) == script.n && rig_in_script(&rig));
    if (audit)
        audits_to_the_end(&rig);
    rig_stop(&rig);
}

static void fail_honestly(const struct script_engine *engine, enum power_fault fault, enum power_keep keep, long stride)
{
    uint64_t told;
    struct qr_error error;
    long nth = first_of(stride);
    for (; run_into(engine, fault, nth, &told, &error); nth += stride) {
        if (error.code != QR_OK)
            says_so(&error);
        cut(keep);
        goes_on(engine, told, nth % 16 == 0);
    }
    printf("# %s, %s, %s kept: every %ld of %ld operations\n", engine->name, fault_names[fault], keep_names[keep], stride, nth);
    unit_holds(nth > 100);
}

START_TEST(what_was_acknowledged_survives_a_fault_at_any_operation)
{
    static const struct {
        enum power_fault fault;
        enum power_keep keep;
        long stride[SCRIPT_ENGINES]; /* 1: at every operation; engines differ little below the chain */
    } cases[] = {
        {POWER_IO_ERROR, POWER_KEEP_ALL, {1, 3}}, {POWER_FULL, POWER_KEEP_ALL, {3, 9}},
        {POWER_SHORT, POWER_KEEP_ALL, {1, 7}},    {POWER_CUT, POWER_KEEP_NOTHING, {1, 1}},
        {POWER_CUT, POWER_KEEP_512, {1, 3}},      {POWER_CUT, POWER_KEEP_4096, {2, 7}},
        {POWER_SHORT, POWER_KEEP_512, {2, 7}},    {POWER_FORGET, POWER_KEEP_ALL, {3, 9}},
    };
    random_start();
    for (size_t engine = 0; engine < SCRIPT_ENGINES; engine++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
            fail_honestly(&script_engines[engine], cases[i].fault, cases[i].keep, SLOWER * cases[i].stride[engine]);
}
END_TEST

/* After a sync failed, the kernel may have dropped what it could not write, and reading gives it all the same. The next start
 * must not build on it. */
START_TEST(what_a_failed_sync_left_in_memory_is_not_built_on)
{
    random_start();
    for (size_t i = 0; i < SCRIPT_ENGINES; i++) {
        const struct script_engine *engine = &script_engines[i];
        struct qr_error error;
        uint64_t told;
        for (long nth = first_of(2 * SLOWER); run_into(engine, POWER_FORGET, nth, &told, &error); nth += 2 * SLOWER) {
            struct rig rig = {.step = NULL};
            cut(POWER_KEEP_ALL);
            if (rig_start(&rig, engine, path, &error) == 0) {
                for (int more = 0; more < 2 && rig_height(&rig) < script.n; more++) {
                    unit_ok(engine->make(&rig, &script.blocks[rig_height(&rig) + 1], &error), error);
                    told = rig_height(&rig);
                }
                power_arm(POWER_CUT, 0); /* the power goes before it ends */
                rig_stop(&rig);
            }
            cut(POWER_KEEP_NOTHING);
            goes_on(engine, told, false);
        }
    }
}
END_TEST

/* ---- disks that lie ---- */

struct tally {
    long struck, went_on, refused, audited; /* what became of it */
};

/* Goes on to the same hash, or somebody says what is wrong. With its mark, a store does not lose a block without a word. */
static void is_found_out(const struct script_engine *engine, uint64_t told, bool marked, struct tally *tally)
{
    struct rig rig = {.step = NULL};
    struct qr_audit audit;
    struct qr_error error = {0};
    int code = rig_start(&rig, engine, path, &error);
    if (code == 0)
        ck_assert_msg(!marked || rig_height(&rig) >= told, "at %s: lost a block", power_operation());
    if (code == 0)
        code = script_play(&rig, engine, path, &told, &error);
    if (code) {
        says_so(&error);
        tally->refused++;
        return;
    }
    ck_assert_msg(rig_height(&rig) == script.n && rig_in_script(&rig), "at %s: a silent difference", power_operation());
    if (qr_audit_store(rig.store, NULL, NULL, &audit, &error) == 0) {
        unit_holds(qr_hash_equal(&audit.app_hash, &qr_chain_head(rig.chain)->app_hash));
        tally->went_on++;
    } else {
        ck_assert_msg(strstr(error.text, "height "), "%s", error.text);
        tally->audited++;
    }
    rig_stop(&rig);
}

static void lie(const struct script_engine *engine, enum power_fault fault, enum power_keep keep, long stride)
{
    struct tally tally = {0};
    struct qr_error error;
    uint64_t told;
    long nth = first_of(stride);
    for (; run_into(engine, fault, nth, &told, &error); nth += stride, tally.struck++) {
        if (error.code != QR_OK)
            says_so(&error);
        cut(keep);
        is_found_out(engine, told, keep != POWER_KEEP_512, &tally);
    }
    printf("# %s, %s, %s kept: at %ld of %ld operations; %ld went on, %ld were refused, %ld found by audit\n", engine->name,
           fault_names[fault], keep_names[keep], tally.struck, nth, tally.went_on, tally.refused, tally.audited);
}

START_TEST(a_disk_that_lies_is_found_out)
{
    random_start();
    for (size_t engine = 0; engine < SCRIPT_ENGINES; engine++) {
        long stride = engine ? 5 * SLOWER : SLOWER;
        lie(&script_engines[engine], POWER_LIE, POWER_KEEP_NOTHING, stride);
        lie(&script_engines[engine], POWER_LIE, POWER_KEEP_ALL, stride);
        lie(&script_engines[engine], POWER_LIE, POWER_KEEP_512, 3 * stride);
        for (int times = 0; times < 4; times++) /* another bit each time */
            lie(&script_engines[engine], POWER_FLIP, POWER_KEEP_ALL, stride);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {what_was_acknowledged_survives_a_fault_at_any_operation,
                                  what_a_failed_sync_left_in_memory_is_not_built_on, a_disk_that_lies_is_found_out};
    char folder[] = "/tmp/quorate-disk-XXXXXX";
    unit_holds(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/ledgerd.db", folder);
    script_record();
    power_install();
    int status = unit_run("node/disk", tests, sizeof tests / sizeof tests[0]);
    unmark();
    rmdir(folder);
    return status;
}
