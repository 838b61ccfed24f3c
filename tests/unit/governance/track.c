#include "tests/unit/governance/stage.h"

static struct qr_track track;

static void setup(void)
{
    qr_track_upgrade(&track);
}

static const char *value_of(size_t i)
{
    static char text[4096];
    QR_CLEANUP(qr_buffer_done) struct qr_buffer out = {0};
    qr_track_value(&track, i, &out);
    ck_assert(qr_copy_text(text, sizeof text, qr_buffer_string(&out)));
    return text;
}

START_TEST(what_is_shown_can_be_set_again)
{
    ck_assert_int_eq(qr_track_check(&track, NULL), 0);
    for (size_t i = 0; qr_track_parameter(i); i++) {
        struct qr_track copy = track;
        ck_assert_int_eq(qr_track_set(&copy, qr_track_parameter(i)->name, value_of(i), NULL), 0);
        ck_assert_mem_eq(&copy, &track, sizeof track);
    }
}
END_TEST

START_TEST(every_parameter_is_in_the_bytes_and_the_hash)
{
    const char *const values[] = {"7", "7", "7", "7", "7/9", "7/9", "7/9", "7", "7", "7", "age,sex"};
    struct qr_hash before = qr_track_hash(&track);
    for (size_t i = 0; qr_track_parameter(i); i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        struct qr_track changed = track, decoded;
        ck_assert_int_eq(qr_track_set(&changed, qr_track_parameter(i)->name, values[i], NULL), 0);
        struct qr_hash after = qr_track_hash(&changed);
        ck_assert(!qr_hash_equal(&before, &after));
        qr_track_encode(&changed, &bytes);
        ck_assert_int_eq(qr_track_decode(bytes.data, bytes.size, &decoded, NULL), 0);
        ck_assert_mem_eq(&decoded, &changed, sizeof changed);
    }
}
END_TEST

/* Parameters that would brick governance are refused when they are set, and nothing changes. */
START_TEST(values_out_of_bounds_are_refused)
{
    const struct {
        const char *name, *value;
        int code;
    } rows[] = {
        {"voting_seconds", "0", QR_ERANGE},
        {"voting_seconds", "31622401", QR_ERANGE},
        {"voting_seconds", "-1", QR_ERANGE},
        {"voting_seconds", "99999999999999999999", QR_ERANGE},
        {"voting_seconds", "five", QR_EFORMAT},
        {"voting_seconds", "", QR_EFORMAT},
        {"voting_seconds", "5s", QR_EFORMAT},
        {"grace_seconds", "0", QR_ERANGE},
        {"review_seconds", "0", QR_ERANGE},
        {"timelock_seconds", "-1", QR_ERANGE},
        {"quorum", "0/2", QR_ERANGE},
        {"quorum", "3/2", QR_ERANGE},
        {"quorum", "1/0", QR_ERANGE},
        {"quorum", "1", QR_EFORMAT},
        {"quorum", "1/2/3", QR_EFORMAT},
        {"quorum", "1/1000001", QR_ERANGE},
        {"threshold", "1/3", QR_ERANGE},
        {"threshold", "1/1", QR_ERANGE},
        {"threshold", "499999/1000000", QR_ERANGE},
        {"veto", "0/3", QR_ERANGE},
        {"reports", "0", QR_ERANGE},
        {"reports", "101", QR_ERANGE},
        {"live_proposals", "0", QR_ERANGE},
        {"live_proposals", "101", QR_ERANGE},
        {"step_limit_bp", "-1", QR_ERANGE},
        {"step_limit_bp", "1000001", QR_ERANGE},
        {"banned_features", "a_name_of_64_letters_is_one_too_many_for_what_is_to_be_banned_by", QR_EFORMAT},
        {"banned_features", ",", QR_EFORMAT},
        {"banned_features", "a,,b", QR_EFORMAT},
        {"banned_features", "a,", QR_EFORMAT},
        {"nonsense", "1", QR_EINPUT},
        {"", "1", QR_EINPUT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct qr_track copy = track;
        struct qr_error error = {0};
        ck_assert_msg(qr_track_set(&copy, rows[i].name, rows[i].value, &error) == rows[i].code, "%s=%s: %s",
                      rows[i].name, rows[i].value, error.text);
        ck_assert_uint_gt(strlen(error.text), 0);
        ck_assert_mem_eq(&copy, &track, sizeof track);
    }
}
END_TEST

START_TEST(a_validator_has_no_report)
{
    struct qr_track validators;
    qr_track_validators(&validators);
    ck_assert_int_eq(qr_track_check(&validators, NULL), 0);
    ck_assert_int_eq(qr_track_subject(validators.name), QR_SUBJECT_VALIDATOR);
    ck_assert_int_eq(qr_track_subject("upgrade"), QR_SUBJECT_UPGRADE);
    ck_assert_int_eq(qr_track_set(&validators, "reports", "1", NULL), QR_ERANGE);
    ck_assert_int_eq(qr_track_set(&validators, "reports", "0", NULL), 0);
    ck_assert_int_eq(qr_track_set(&validators, "quorum", "1/2", NULL), 0);
}
END_TEST

START_TEST(bounds_themselves_are_allowed)
{
    ck_assert_int_eq(qr_track_set(&track, "voting_seconds", "1", NULL), 0);
    ck_assert_int_eq(qr_track_set(&track, "timelock_seconds", "0", NULL), 0);
    ck_assert_int_eq(qr_track_set(&track, "grace_seconds", "31622400", NULL), 0);
    ck_assert_int_eq(qr_track_set(&track, "quorum", "1000000/1000000", NULL), 0);
    ck_assert_int_eq(qr_track_set(&track, "threshold", "999999/1000000", NULL), 0);
    ck_assert_int_eq(qr_track_set(&track, "veto", "1/1000000", NULL), 0);
    ck_assert_int_eq(qr_track_set(&track, "live_proposals", "100", NULL), 0);
    ck_assert_int_eq(qr_track_set(&track, "step_limit_bp", "1000000", NULL), 0);
    ck_assert_int_eq(qr_track_set(&track, "banned_features",
                                  "a_name_of_63_letters_is_not_too_much_for_a_feature_to_be_banned", NULL), 0);
    ck_assert_int_eq(qr_track_set(&track, "banned_features", "", NULL), 0);
    ck_assert_uint_eq(track.n_banned, 0);
}
END_TEST

START_TEST(banned_features_are_sorted_and_stand_once)
{
    ck_assert_int_eq(qr_track_set(&track, "banned_features", "sex,age,sex,name", NULL), 0);
    ck_assert_uint_eq(track.n_banned, 3);
    ck_assert_str_eq(track.banned[0], "age");
    ck_assert_str_eq(track.banned[1], "name");
    ck_assert_str_eq(track.banned[2], "sex");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer many = {0};
    for (int i = 0; i <= QR_TRACK_BANNED_MAX; i++)
        qr_buffer_text(&many, "%sf%d", i > 0 ? "," : "", i);
    ck_assert_int_eq(qr_track_set(&track, "banned_features", qr_buffer_string(&many), NULL), QR_ERANGE);
}
END_TEST

START_TEST(only_canonical_bytes_are_read)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0}, unsorted = {0};
    struct qr_track decoded;
    qr_track_encode(&track, &bytes);
    for (size_t size = 0; size < bytes.size; size++)
        ck_assert_int_eq(qr_track_decode(bytes.data, size, &decoded, NULL), QR_EFORMAT);
    qr_buffer_byte(&bytes, 0);
    ck_assert_int_eq(qr_track_decode(bytes.data, bytes.size, &decoded, NULL), QR_EFORMAT);
    memcpy(track.banned[0], "zzz", 4);
    qr_track_encode(&track, &unsorted);
    ck_assert_int_eq(qr_track_decode(unsorted.data, unsorted.size, &decoded, NULL), QR_EFORMAT);
}
END_TEST

START_TEST(rules_in_force_are_kept_in_the_state)
{
    struct qr_state *state = qr_state_new();
    struct qr_track found;
    ck_assert_int_eq(qr_track_get(state, "upgrade", &found, NULL), QR_ENOT_FOUND);
    ck_assert_int_eq(qr_track_put(state, &track, NULL), 0);
    ck_assert_int_eq(qr_track_get(state, "upgrade", &found, NULL), 0);
    ck_assert_mem_eq(&found, &track, sizeof track);
    ck_assert_int_eq(qr_track_get(state, "downgrade", &found, NULL), QR_ENOT_FOUND);
    track.threshold = (struct qr_ratio){0, 1};
    ck_assert_int_eq(qr_track_put(state, &track, NULL), QR_ERANGE);
    qr_state_free(state);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("governance/track");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, NULL);
    tcase_add_test(all, what_is_shown_can_be_set_again);
    tcase_add_test(all, every_parameter_is_in_the_bytes_and_the_hash);
    tcase_add_test(all, values_out_of_bounds_are_refused);
    tcase_add_test(all, a_validator_has_no_report);
    tcase_add_test(all, bounds_themselves_are_allowed);
    tcase_add_test(all, banned_features_are_sorted_and_stand_once);
    tcase_add_test(all, only_canonical_bytes_are_read);
    tcase_add_test(all, rules_in_force_are_kept_in_the_state);
    suite_add_tcase(suite, all);
    return stage_run(suite);
}
