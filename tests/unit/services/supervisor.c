/* The supervisor over small programs that stand for the four services. */
#include "tests/unit/unit.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "common/file.h"
#include "services/lib/lock.h"
#include "services/lib/supervisor.h"
#include "tests/unit/services/folder.h"

static char home[64], folder[96];

static void program(const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/quorate-%s", folder, name);
    unlink(path);
    ck_assert_int_eq(qr_file_write(path, text, strlen(text), 0755, NULL), 0);
}

static const char lasting[] = "#!/bin/sh\nexec sleep 1000\n";
static const char failing[] =
    "#!/bin/sh\necho 'time=x level=error service=x msg=\"the disk is on fire\"' >&2\nexit 5\n";

/* Each writes its name when it is told to end, and a line once it would. */
static const char telling[] = "#!/bin/sh\ntrap 'echo %s >>%s/ended; exit 0' TERM\necho >>%s/ready\nwhile :; do sleep 0.05; done\n";

static char cometbft[160]; /* "" : not of this home */

static pid_t begin(void)
{
    pid_t pid = fork();
    if (pid)
        return pid;
    if (!freopen("/dev/null", "w", stderr))
        exit(9);
    exit(qr_supervisor_run(home, folder, *cometbft ? cometbft : NULL, NULL) ? 1 : 0);
}

static void make_home(void)
{
    *cometbft = 0;
    snprintf(home, sizeof home, "/tmp/quorate-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(home));
    snprintf(folder, sizeof folder, "%s/programs", home);
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    for (int i = 0; i < QR_SERVICES; i++)
        program(qr_service_name((enum qr_service)i), lasting);
}

static struct qr_supervised facts[QR_SUPERVISED];

static bool all_run(void)
{
    qr_supervisor_read(home, facts);
    for (int i = 0; i < QR_SERVICES; i++) {
        if (!facts[i].pid)
            return false;
    }
    return true;
}

static void wait_all(void)
{
    int64_t end = qr_clock_now() + 5000;
    while (!all_run() && qr_clock_now() < end)
        usleep(5000);
    ck_assert(all_run());
}

static void end(pid_t supervisor)
{
    bool any = false;
    int status = -1;
    ck_assert_int_eq(qr_supervisor_end(home, &any, NULL), 0);
    ck_assert(any);
    waitpid(supervisor, &status, 0);
    ck_assert_int_eq(status, 0);
    for (int i = 0; i < QR_SERVICES; i++)
        ck_assert_int_ne(kill(facts[i].pid, 0), 0);
    ck_assert_int_eq(qr_supervisor_end(home, &any, NULL), 0);
    ck_assert(!any);
    folder_remove(home);
}

START_TEST(a_killed_service_is_back_within_two_seconds)
{
    make_home();
    pid_t supervisor = begin();
    wait_all();
    pid_t old = facts[QR_SERVICE_PRICING].pid;
    for (int again = 1; again <= 3; again++) {
        int64_t start = qr_clock_monotonic();
        kill(old, SIGKILL);
        while (!all_run() || facts[QR_SERVICE_PRICING].pid == old) {
            ck_assert_int_lt(qr_clock_monotonic() - start, 2000000);
            usleep(2000);
        }
        old = facts[QR_SERVICE_PRICING].pid;
        ck_assert_uint_eq(facts[QR_SERVICE_PRICING].restarts, (unsigned)again);
    }
    ck_assert_str_eq(facts[QR_SERVICE_PRICING].reason, "killed by signal 9");
    end(supervisor);
}
END_TEST

START_TEST(a_service_that_cannot_start_is_tried_ever_later_and_says_why)
{
    make_home();
    program("governd", failing);
    pid_t supervisor = begin();
    int64_t start = qr_clock_now();
    while (facts[QR_SERVICE_GOVERNANCE].failures < QR_FAILURES_TOLD) {
        ck_assert_int_lt(qr_clock_now() - start, 5000);
        usleep(5000);
        qr_supervisor_read(home, facts);
    }
    ck_assert_int_ge(qr_clock_now() - start, 250 + 500); /* it backed off between the three */
    ck_assert_str_eq(facts[QR_SERVICE_GOVERNANCE].reason, "ended with status 5: the disk is on fire");
    program("governd", lasting);
    wait_all();
    end(supervisor);
}
END_TEST

START_TEST(there_is_one_supervisor_and_its_heir_takes_over)
{
    make_home();
    pid_t supervisor = begin();
    wait_all();
    pid_t second = begin();
    int status = -1;
    waitpid(second, &status, 0);
    ck_assert_int_eq(WEXITSTATUS(status), 1);
    ck_assert_int_eq(qr_supervisor_pid(home), supervisor);
    kill(supervisor, SIGKILL);
    waitpid(supervisor, NULL, 0);
    ck_assert_int_eq(qr_supervisor_pid(home), 0);
    for (int i = 0; i < QR_SERVICES; i++)
        kill(facts[i].pid, SIGKILL); /* these hold no lock, so nobody adopts them */
    supervisor = begin();
    wait_all();
    end(supervisor);
}
END_TEST

/* ---- CometBFT ---- */

static void make_home_of_cometbft(const char *text)
{
    char path[128];
    make_home();
    snprintf(path, sizeof path, "%s/cometbft", home);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    snprintf(cometbft, sizeof cometbft, "%s/cometbft", folder);
    ck_assert_int_eq(qr_file_write(cometbft, text, strlen(text), 0755, NULL), 0);
}

/* Listens as ledgerd does for CometBFT. */
static int listen_for_cometbft(void)
{
    struct qr_run_folder *run = NULL;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(qr_run_folder_open(home, true, &run, NULL), 0);
    qr_run_folder_abci(run, address.sun_path);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 1000), 0);
    qr_run_folder_free(run);
    return fd;
}

static bool cometbft_runs_after(pid_t old)
{
    qr_supervisor_read(home, facts);
    return facts[QR_SUPERVISED_COMETBFT].pid && facts[QR_SUPERVISED_COMETBFT].pid != old;
}

static pid_t wait_cometbft(pid_t old)
{
    int64_t end = qr_clock_now() + 10000;
    while (!cometbft_runs_after(old) && qr_clock_now() < end)
        usleep(2000);
    ck_assert(cometbft_runs_after(old));
    return facts[QR_SUPERVISED_COMETBFT].pid;
}

/* A file's text once it is there. */
static void wait_text(const char *name, char *text, size_t capacity)
{
    char path[128];
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    snprintf(path, sizeof path, "%s/%s", home, name);
    for (int64_t end = qr_clock_now() + 5000; qr_clock_now() < end && !bytes.size; usleep(2000))
        if (qr_file_read(path, capacity - 1, &bytes, NULL))
            qr_buffer_clear(&bytes);
    snprintf(text, capacity, "%s", qr_buffer_string(&bytes));
}

START_TEST(cometbft_waits_for_ledgerd_to_listen_and_follows_it)
{
    char said[256], wanted[256];
    make_home_of_cometbft("#!/bin/sh\necho \"$PWD $*\" >../said\nexec sleep 1000\n");
    pid_t supervisor = begin();
    wait_all();
    ck_assert_int_eq(facts[QR_SUPERVISED_COMETBFT].pid, 0);
    int fd = listen_for_cometbft();
    pid_t first = wait_cometbft(0);
    wait_text("said", said, sizeof said);
    snprintf(wanted, sizeof wanted, "%s/cometbft start --home .\n", home);
    ck_assert_str_eq(said, wanted);

    kill(facts[QR_SERVICE_LEDGER].pid, SIGKILL);
    pid_t second = wait_cometbft(first);
    ck_assert_int_ne(kill(first, 0), 0);
    ck_assert_uint_eq(facts[QR_SUPERVISED_COMETBFT].failures, 0);
    kill(second, SIGKILL); /* ledgerd stays where CometBFT alone dies */
    wait_all();
    pid_t ledgerd = facts[QR_SERVICE_LEDGER].pid;
    wait_cometbft(second);
    ck_assert_int_eq(facts[QR_SERVICE_LEDGER].pid, ledgerd);
    end(supervisor);
    close(fd);
}
END_TEST

START_TEST(a_cometbft_that_does_not_end_with_ledgerd_is_killed)
{
    char said[8];
    make_home_of_cometbft("#!/bin/sh\ntrap '' TERM\necho deaf >../deaf\nwhile :; do sleep 0.05; done\n");
    pid_t supervisor = begin();
    wait_all();
    int fd = listen_for_cometbft();
    pid_t first = wait_cometbft(0);
    wait_text("deaf", said, sizeof said);
    kill(facts[QR_SERVICE_LEDGER].pid, SIGKILL);
    pid_t second = wait_cometbft(first);
    ck_assert_str_eq(facts[QR_SUPERVISED_COMETBFT].reason, "killed by signal 9");
    kill(supervisor, SIGKILL); /* else its end takes as long as a stubborn process is given */
    waitpid(supervisor, NULL, 0);
    for (int i = 0; i < QR_SERVICES; i++)
        kill(facts[i].pid, SIGKILL); /* these hold no lock, so nobody adopts them */
    qr_supervisor_read(home, facts);
    ck_assert_int_eq(facts[QR_SUPERVISED_COMETBFT].pid, second);
    supervisor = begin(); /* finds it by its lock, which was kept across exec */
    wait_all();
    ck_assert_int_eq(wait_cometbft(0), second);
    unlink(cometbft); /* the one that runs is stubborn: the next one is not */
    ck_assert_int_eq(qr_file_write(cometbft, lasting, strlen(lasting), 0755, NULL), 0);
    kill(second, SIGKILL);
    wait_cometbft(second);
    end(supervisor);
    close(fd);
}
END_TEST

START_TEST(cometbft_ends_after_the_services_and_before_ledgerd)
{
    char text[512];
    make_home_of_cometbft("");
    for (unsigned i = 0; i < QR_SUPERVISED; i++) {
        snprintf(text, sizeof text, telling, qr_supervised_name(i), home, home);
        if (i < QR_SERVICES)
            program(qr_supervised_name(i), text);
        else
            ck_assert_int_eq(qr_file_write(cometbft, text, strlen(text), 0755, NULL), 0);
    }
    int fd = listen_for_cometbft();
    pid_t supervisor = begin();
    wait_cometbft(0);
    wait_all();
    for (*text = 0; strlen(text) < QR_SUPERVISED; usleep(2000))
        wait_text("ready", text, sizeof text);
    bool any;
    int status = -1;
    ck_assert_int_eq(qr_supervisor_end(home, &any, NULL), 0);
    waitpid(supervisor, &status, 0);
    wait_text("ended", text, sizeof text);
    const char *ledgerd = strstr(text, "ledgerd\n"), *engine = strstr(text, "cometbft\n");
    ck_assert_ptr_nonnull(ledgerd);
    ck_assert_ptr_nonnull(engine);
    ck_assert_str_eq(engine, "cometbft\nledgerd\n");
    close(fd);
    folder_remove(home);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_killed_service_is_back_within_two_seconds,
                                  a_service_that_cannot_start_is_tried_ever_later_and_says_why,
                                  there_is_one_supervisor_and_its_heir_takes_over,
                                  cometbft_waits_for_ledgerd_to_listen_and_follows_it,
                                  a_cometbft_that_does_not_end_with_ledgerd_is_killed,
                                  cometbft_ends_after_the_services_and_before_ledgerd};
    return unit_run("supervisor", tests, sizeof tests / sizeof tests[0]);
}
