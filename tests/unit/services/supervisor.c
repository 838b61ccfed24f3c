/* The supervisor over small programs that stand for the four services. */
#include "tests/unit/unit.h"

#include <sys/stat.h>
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

static pid_t begin(void)
{
    pid_t pid = fork();
    if (pid)
        return pid;
    if (!freopen("/dev/null", "w", stderr))
        exit(9);
    exit(qr_supervisor_run(home, folder, NULL, NULL) ? 1 : 0);
}

static void make_home(void)
{
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

int main(void)
{
    const TTest *const tests[] = {a_killed_service_is_back_within_two_seconds,
                                  a_service_that_cannot_start_is_tried_ever_later_and_says_why,
                                  there_is_one_supervisor_and_its_heir_takes_over};
    return unit_run("supervisor", tests, sizeof tests / sizeof tests[0]);
}
