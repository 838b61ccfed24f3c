#include "ledger/evidence.h"
#include "common/file.h"
#include "tests/unit/services/folder.h"
#include "tests/unit/unit.h"

#include <dirent.h>

/* Contradictions in a home that keeps them. */

static char home[32];
static struct qr_error error;

static void home_make(void)
{
    snprintf(home, sizeof home, "evidence-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(home));
}

static const struct qr_signed_checkpoint *at(uint64_t height)
{
    static struct qr_signed_checkpoint notes[2];
    static int turn;
    turn = !turn;
    notes[turn] = (struct qr_signed_checkpoint){.checkpoint = {.genesis = {{1}}, .height = height, .size = height}};
    return &notes[turn];
}

static int n_files(void)
{
    char path[64];
    int n = 0;
    snprintf(path, sizeof path, "%s/evidence", home);
    DIR *folder = opendir(path);
    ck_assert_ptr_nonnull(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        n += entry->d_name[0] != '.';
    closedir(folder);
    return n;
}

/* The height that the file's checkpoint is of. */
static uint64_t height_in(const char *name)
{
    char path[64];
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    struct qr_signed_checkpoint note;
    snprintf(path, sizeof path, "%s/evidence/%s", home, name);
    unit_ok(qr_file_read(path, QR_NOTE_MAX, &text, &error), error);
    unit_ok(qr_note_read(qr_buffer_string(&text), text.size, &note, &error), error);
    return note.checkpoint.height;
}

static void keep(uint64_t seen, uint64_t shown)
{
    unit_ok(qr_evidence_keep(home, at(seen), shown ? at(shown) : NULL, &error), error);
}

START_TEST(each_contradiction_has_files_of_its_own)
{
    home_make();
    keep(1, 2);
    keep(3, 4);
    keep(1, 5);
    ck_assert_int_eq(n_files(), 6);
    ck_assert_uint_eq(height_in("seen.checkpoint"), 1);
    ck_assert_uint_eq(height_in("shown.checkpoint"), 2);
    ck_assert_uint_eq(height_in("seen-2.checkpoint"), 3);
    ck_assert_uint_eq(height_in("shown-2.checkpoint"), 4);
    ck_assert_uint_eq(height_in("seen-3.checkpoint"), 1);
    ck_assert_uint_eq(height_in("shown-3.checkpoint"), 5);
    folder_remove(home);
}
END_TEST

START_TEST(what_is_there_is_not_kept_twice)
{
    home_make();
    keep(1, 2);
    keep(3, 4);
    keep(1, 2);
    keep(3, 4);
    ck_assert_int_eq(n_files(), 4);
    folder_remove(home);
}
END_TEST

START_TEST(another_signature_is_another_proof)
{
    struct qr_signed_checkpoint signed_note = *at(2);
    QR_CLEANUP(qr_key_freep) struct qr_key *key = qr_key_generate(QR_KEY_NODE, "node");
    home_make();
    keep(1, 2);
    qr_checkpoint_sign(&signed_note.checkpoint, key, &signed_note.signatures[signed_note.n++]);
    unit_ok(qr_evidence_keep(home, at(1), &signed_note, &error), error);
    ck_assert_int_eq(n_files(), 4);
    folder_remove(home);
}
END_TEST

START_TEST(a_pair_whose_second_half_is_missing_is_completed)
{
    home_make();
    keep(1, 0);
    ck_assert_int_eq(n_files(), 1);
    keep(3, 4);
    keep(1, 2);
    keep(1, 0);
    ck_assert_int_eq(n_files(), 4);
    ck_assert_uint_eq(height_in("shown.checkpoint"), 2);
    folder_remove(home);
}
END_TEST

START_TEST(beyond_the_limit_the_first_and_the_newest_stay)
{
    char last[32];
    home_make();
    for (uint64_t i = 1; i <= QR_EVIDENCE_MAX; i++)
        keep(i, 1000 + i);
    ck_assert_int_eq(n_files(), 2 * QR_EVIDENCE_MAX);
    keep(2000, 2001);
    keep(2002, 2003);
    ck_assert_int_eq(n_files(), 2 * QR_EVIDENCE_MAX);
    snprintf(last, sizeof last, "shown-%d.checkpoint", QR_EVIDENCE_MAX);
    ck_assert_uint_eq(height_in(last), 2003);
    ck_assert_uint_eq(height_in("shown.checkpoint"), 1001);
    keep(2004, 0);
    ck_assert_int_eq(n_files(), 2 * QR_EVIDENCE_MAX - 1);
    folder_remove(home);
}
END_TEST

START_TEST(a_home_that_is_not_there_keeps_nothing)
{
    unit_fails(qr_evidence_keep("evidence-nowhere", at(1), at(2), &error), QR_ENO_FILE, error);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        each_contradiction_has_files_of_its_own,
        what_is_there_is_not_kept_twice,
        another_signature_is_another_proof,
        a_pair_whose_second_half_is_missing_is_completed,
        beyond_the_limit_the_first_and_the_newest_stay,
        a_home_that_is_not_there_keeps_nothing,
    };
    return unit_run("evidence", tests, sizeof tests / sizeof tests[0]);
}
