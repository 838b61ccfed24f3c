#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "common/file.h"

static char folder[64];

static void folder_make(void)
{
    snprintf(folder, sizeof folder, "file-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

/* Counts what is left in the folder and takes it away. */
static int folder_remove(void)
{
    char command[256];
    snprintf(command, sizeof command, "ls -A %s | wc -l; rm -rf %s", folder, folder);
    FILE *counted = popen(command, "r");
    int n = -1;
    ck_assert_int_eq(fscanf(counted, "%d", &n), 1);
    pclose(counted);
    return n;
}

static const char *in_folder(const char *name)
{
    static char path[2][128];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static void assert_content(const char *path, const char *content)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer read = {0};
    struct qr_error error;
    unit_ok(qr_file_read(path, 1 << 20, &read, &error), error);
    ck_assert_str_eq(qr_buffer_string(&read), content);
}

START_TEST(what_is_written_reads_back_up_to_the_limit)
{
    struct qr_error error;
    folder_make();
    static uint8_t bytes[200001];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7);
    unit_ok(qr_file_write(in_folder("a"), bytes, sizeof bytes, 0600, &error), error);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer read = {0};
    qr_buffer_text(&read, "before");
    unit_ok(qr_file_read(in_folder("a"), sizeof bytes, &read, &error), error);
    ck_assert_uint_eq(read.size, sizeof bytes + 6);
    ck_assert_mem_eq(read.data + 6, bytes, sizeof bytes);
    unit_fails(qr_file_read(in_folder("a"), sizeof bytes - 1, &read, &error), QR_ELIMIT, error);
    ck_assert_int_eq(folder_remove(), 1);
}
END_TEST

START_TEST(a_file_is_replaced_with_its_mode_and_nothing_is_left_beside)
{
    struct qr_error error;
    struct stat file;
    folder_make();
    umask(022);
    unit_ok(qr_file_write(in_folder("a"), "one", 3, 0644, &error), error);
    unit_ok(qr_file_write(in_folder("a"), "two", 3, 0600, &error), error);
    assert_content(in_folder("a"), "two");
    ck_assert_int_eq(stat(in_folder("a"), &file), 0);
    ck_assert_uint_eq(file.st_mode & 0777, 0600);
    ck_assert_int_eq(folder_remove(), 1);
}
END_TEST

/* A limit on the size of files stands in for a full disk: the write fails half way. */
START_TEST(a_write_that_fails_leaves_the_old_file)
{
    struct qr_error error;
    static char large[100000];
    folder_make();
    unit_ok(qr_file_write(in_folder("a"), "old", 3, 0600, &error), error);
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {5000, 5000};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    memset(large, 'x', sizeof large);
    unit_fails(qr_file_write(in_folder("a"), large, sizeof large, 0600, &error), QR_EIO, error);
    unit_fails(qr_file_create(in_folder("b"), large, sizeof large, 0600, &error), QR_EIO, error);
    assert_content(in_folder("a"), "old");
    ck_assert_int_eq(folder_remove(), 1);
}
END_TEST

START_TEST(create_never_overwrites)
{
    struct qr_error error;
    folder_make();
    unit_ok(qr_file_create(in_folder("a"), "old", 3, 0600, &error), error);
    unit_fails(qr_file_create(in_folder("a"), "new", 3, 0600, &error), QR_EINPUT, error);
    assert_content(in_folder("a"), "old");
    ck_assert_int_eq(folder_remove(), 1);
}
END_TEST

START_TEST(links_and_devices_are_written_through)
{
    struct qr_error error;
    struct stat file;
    folder_make();
    unit_ok(qr_file_write(in_folder("a"), "old", 3, 0600, &error), error);
    ck_assert_int_eq(symlink("a", in_folder("link")), 0);
    unit_ok(qr_file_write(in_folder("link"), "new", 3, 0600, &error), error);
    assert_content(in_folder("a"), "new");
    ck_assert(lstat(in_folder("link"), &file) == 0 && S_ISLNK(file.st_mode));
    unit_ok(qr_file_write("/dev/null", "x", 1, 0600, &error), error);
    ck_assert(stat("/dev/null", &file) == 0 && S_ISCHR(file.st_mode));
    unit_fails(qr_file_write("/dev/full", "x", 1, 0600, &error), QR_EDISK_FULL, error);
    ck_assert_int_eq(folder_remove(), 2);
}
END_TEST

START_TEST(a_path_that_cannot_be_is_named)
{
    struct qr_error error;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer read = {0};
    folder_make();
    unit_fails(qr_file_read(in_folder("none"), 10, &read, &error), QR_ENO_FILE, error);
    ck_assert_ptr_nonnull(strstr(error.text, "none"));
    unit_fails(qr_file_read(folder, 10, &read, &error), QR_EINPUT, error);
    unit_fails(qr_file_write(in_folder("none/x"), "x", 1, 0600, &error), QR_ENO_FILE, error);
    unit_fails(qr_file_write(folder, "x", 1, 0600, &error), QR_EINPUT, error);
    unit_fails(qr_file_create(folder, "x", 1, 0600, &error), QR_EINPUT, error);
    char name[5000];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    unit_fails(qr_file_read(name, 10, &read, &error), QR_EINPUT, error);
    ck_assert_int_eq(folder_remove(), 0);
}
END_TEST

START_TEST(a_file_of_another_kind_is_refused_after_its_first_bytes)
{
    struct qr_error error;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer read = {0};
    folder_make();
    unit_ok(qr_file_write(in_folder("a"), "QRX1 and more", 13, 0600, &error), error);
    unit_ok(qr_file_read_kind(in_folder("a"), "QRX1", 13, &read, &error), error);
    ck_assert_str_eq(qr_buffer_string(&read), "QRX1 and more");
    unit_fails(qr_file_read_kind(in_folder("a"), "QRX2", 13, &read, &error), QR_EFORMAT, error);
    unit_ok(qr_file_write(in_folder("a"), "QR", 2, 0600, &error), error);
    unit_fails(qr_file_read_kind(in_folder("a"), "QRX1", 13, &read, &error), QR_EFORMAT, error);
    unit_fails(qr_file_read_kind("/dev/zero", "QRX1", SIZE_MAX >> 2, &read, &error), QR_EFORMAT, error);
    ck_assert_int_eq(folder_remove(), 1);
}
END_TEST

START_TEST(a_joined_path_is_freed_by_its_owner)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join("a/b", "c");
    ck_assert_str_eq(path, "a/b/c");
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        what_is_written_reads_back_up_to_the_limit,
        a_file_is_replaced_with_its_mode_and_nothing_is_left_beside,
        a_write_that_fails_leaves_the_old_file,
        create_never_overwrites,
        links_and_devices_are_written_through,
        a_path_that_cannot_be_is_named,
        a_file_of_another_kind_is_refused_after_its_first_bytes,
        a_joined_path_is_freed_by_its_owner,
    };
    return unit_run("file", tests, sizeof tests / sizeof tests[0]);
}
