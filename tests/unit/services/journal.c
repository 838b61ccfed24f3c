#include <check.h>
#include <stdlib.h>

#include "common/file.h"
#include "common/key.h"
#include "services/priced/journal.h"

/* What was flushed is told again, in order; what a power cut tore is cut off, and nothing else is. */

struct told {
    struct qr_buffer text;
};

static void leaf(void *context, uint64_t as_of, struct qr_span bytes)
{
    struct told *told = context;
    qr_buffer_text(&told->text, "leaf %" PRIu64 " %.*s;", as_of, (int)bytes.size, (const char *)bytes.bytes);
}

static void batch(void *context, uint64_t sequence, const struct qr_hash *mandate, uint64_t as_of, size_t n)
{
    struct told *told = context;
    qr_buffer_text(&told->text, "batch %" PRIu64 " %d %" PRIu64 " %zu;", sequence, mandate->bytes[0], as_of, n);
}

static void recorded(void *context, uint64_t sequence, uint64_t height)
{
    struct told *told = context;
    qr_buffer_text(&told->text, "recorded %" PRIu64 " %" PRIu64 ";", sequence, height);
}

static const struct journal_events events = {leaf, batch, recorded};

static struct journal *open_journal(const char *path, struct told *told)
{
    struct qr_error error;
    struct journal *journal = NULL;
    ck_assert_msg(journal_open(path, &events, told, &journal, &error) == 0, "%s", error.text);
    return journal;
}

static void write_some(struct journal *journal)
{
    struct qr_hash mandate = {{5}};
    journal_leaf(journal, 2, (struct qr_span){"one", 3});
    journal_leaf(journal, 3, (struct qr_span){"two", 3});
    journal_batch(journal, 1, &mandate, 3, 2);
    journal_recorded(journal, 1, 7);
    ck_assert_int_eq(journal_flush(journal, NULL), 0);
}

static const char all[] = "leaf 2 one;leaf 3 two;batch 1 5 3 2;recorded 1 7;";

static char folder[] = "/tmp/quorate-journal-XXXXXX", path[64];

static void new_folder(void)
{
    qr_crypto_init();
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/priced.db", folder);
}

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

START_TEST(tells_what_was_flushed)
{
    struct told none = {0}, told = {0};
    struct journal *journal = open_journal(path, &none);
    ck_assert_uint_eq(none.text.size, 0);
    write_some(journal);
    journal_leaf(journal, 4, (struct qr_span){"never flushed", 13});
    journal_close(journal);
    journal_close(open_journal(path, &told));
    ck_assert_str_eq(qr_buffer_string(&told.text), all);
    qr_buffer_done(&told.text);
}
END_TEST

START_TEST(a_torn_end_is_cut_off_at_every_byte)
{
    struct told none = {0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer whole = {0};
    struct journal *journal = open_journal(path, &none);
    write_some(journal);
    journal_close(journal);
    ck_assert_int_eq(qr_file_read(path, 1 << 20, &whole, NULL), 0);
    for (size_t size = 4; size <= whole.size; size++) {
        struct told told = {0}, again = {0};
        ck_assert_int_eq(qr_file_write(path, whole.data, size, 0600, NULL), 0);
        journal = open_journal(path, &told);
        ck_assert_msg(strncmp(all, qr_buffer_string(&told.text), told.text.size) == 0, "after %zu bytes: %s", size,
                      qr_buffer_string(&told.text));
        ck_assert(size < whole.size || told.text.size == strlen(all));
        journal_recorded(journal, 99, 99); /* and what is written then is found behind what was there */
        ck_assert_int_eq(journal_flush(journal, NULL), 0);
        journal_close(journal);
        recorded(&told, 99, 99);
        journal_close(open_journal(path, &again));
        ck_assert_str_eq(qr_buffer_string(&again.text), qr_buffer_string(&told.text));
        qr_buffer_done(&told.text);
        qr_buffer_done(&again.text);
    }
}
END_TEST

START_TEST(no_flipped_bit_is_told)
{
    struct told none = {0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer whole = {0};
    struct journal *journal = open_journal(path, &none);
    write_some(journal);
    journal_close(journal);
    ck_assert_int_eq(qr_file_read(path, 1 << 20, &whole, NULL), 0);
    for (size_t at = 4; at < whole.size; at++) {
        struct told told = {0};
        whole.data[at] ^= 0x10;
        ck_assert_int_eq(qr_file_write(path, whole.data, whole.size, 0600, NULL), 0);
        journal_close(open_journal(path, &told));
        ck_assert(told.text.size < strlen(all) && strncmp(all, qr_buffer_string(&told.text), told.text.size) == 0);
        whole.data[at] ^= 0x10;
        qr_buffer_done(&told.text);
    }
}
END_TEST

START_TEST(a_file_that_is_no_journal_is_left_alone)
{
    struct told told = {0};
    struct qr_error error;
    struct journal *journal = NULL;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer after = {0};
    ck_assert_int_eq(qr_file_write(path, "SQLite format 3", 15, 0600, NULL), 0);
    ck_assert_int_eq(journal_open(path, &events, &told, &journal, &error), QR_ECORRUPT);
    ck_assert_int_eq(qr_file_read(path, 100, &after, NULL), 0);
    ck_assert_uint_eq(after.size, 15);
}
END_TEST

START_TEST(compaction_replaces_everything_in_one_step)
{
    struct told none = {0}, told = {0};
    struct journal *journal = open_journal(path, &none);
    write_some(journal);
    journal_rewrite(journal);
    journal_leaf(journal, 8, (struct qr_span){"live", 4});
    ck_assert_int_eq(journal_replace(journal, NULL), 0);
    journal_leaf(journal, 9, (struct qr_span){"later", 5});
    ck_assert_int_eq(journal_flush(journal, NULL), 0);
    journal_close(journal);
    journal_close(open_journal(path, &told));
    ck_assert_str_eq(qr_buffer_string(&told.text), "leaf 8 live;leaf 9 later;");
    qr_buffer_done(&told.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal");
    TCase *tests = tcase_create("journal");
    tcase_add_checked_fixture(tests, new_folder, remove_folder);
    tcase_add_test(tests, tells_what_was_flushed);
    tcase_add_test(tests, a_torn_end_is_cut_off_at_every_byte);
    tcase_add_test(tests, no_flipped_bit_is_told);
    tcase_add_test(tests, a_file_that_is_no_journal_is_left_alone);
    tcase_add_test(tests, compaction_replaces_everything_in_one_step);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
