#include "tests/unit/governance/stage.h"

static struct qr_state *state;

static void setup(void)
{
    state = qr_state_new();
}

static void teardown(void)
{
    qr_state_free(state);
}

static int put(const char *name, uint8_t key, int64_t weight, struct qr_error *error)
{
    struct qr_member member = {.key = {{key}}, .weight = weight};
    ck_assert(qr_copy_text(member.name, sizeof member.name, name));
    return qr_member_put(state, &member, error);
}

START_TEST(a_member_is_found_by_name_and_by_key)
{
    struct qr_member found;
    ck_assert_int_eq(put("Vistara", 1, 5, NULL), 0);
    ck_assert_int_eq(qr_member_by_name(state, "Vistara", &found, NULL), 0);
    ck_assert_int_eq(found.weight, 5);
    ck_assert_int_eq(qr_member_by_key(state, &(struct qr_public_key){{1}}, &found, NULL), 0);
    ck_assert_str_eq(found.name, "Vistara");
    ck_assert_int_eq(qr_member_by_key(state, &(struct qr_public_key){{2}}, &found, NULL), QR_ENOT_A_MEMBER);
    ck_assert_int_eq(qr_member_by_name(state, "Vistar", &found, NULL), QR_ENOT_A_MEMBER);
    ck_assert_int_eq(qr_member_by_name(state, "", &found, NULL), QR_ENOT_A_MEMBER);
    ck_assert_int_eq(qr_member_by_name(state, "../../etc", &found, NULL), QR_ENOT_A_MEMBER);
}
END_TEST

START_TEST(a_new_key_ends_the_old_one)
{
    struct qr_member found;
    ck_assert_int_eq(put("Vistara", 1, 5, NULL), 0);
    ck_assert_int_eq(put("Vistara", 2, 6, NULL), 0);
    ck_assert_int_eq(qr_member_by_key(state, &(struct qr_public_key){{1}}, &found, NULL), QR_ENOT_A_MEMBER);
    ck_assert_int_eq(qr_member_by_key(state, &(struct qr_public_key){{2}}, &found, NULL), 0);
    ck_assert_int_eq(found.weight, 6);
    ck_assert_uint_eq(qr_member_count(state), 1);
}
END_TEST

START_TEST(what_no_member_can_be_is_refused)
{
    struct qr_hash before = qr_state_digest(state), after;
    ck_assert_int_eq(put("no spaces", 1, 1, NULL), QR_EINPUT);
    ck_assert_int_eq(put("", 1, 1, NULL), QR_EINPUT);
    ck_assert_int_eq(put("Zero", 1, 0, NULL), QR_ERANGE);
    ck_assert_int_eq(put("Less", 1, -1, NULL), QR_ERANGE);
    ck_assert_int_eq(put("More", 1, QR_MEMBER_WEIGHT_MAX + 1, NULL), QR_ERANGE);
    after = qr_state_digest(state);
    ck_assert(qr_hash_equal(&before, &after));
    ck_assert_int_eq(put("Ada", 1, QR_MEMBER_WEIGHT_MAX, NULL), 0);
    ck_assert_int_eq(put("Bob", 1, 1, NULL), QR_EDUPLICATE);
}
END_TEST

START_TEST(members_are_walked_in_the_order_of_names)
{
    const char *const names[] = {"b", "A", "a.b", "a", "ab", "B-1"}, *const sorted[] = {"A",   "B-1", "a",
                                                                                        "a.b", "ab",  "b"};
    struct qr_member member = {0};
    for (uint8_t i = 0; i < 6; i++)
        ck_assert_int_eq(put(names[i], (uint8_t)(i + 1), i + 1, NULL), 0);
    for (int i = 0; i < 6; i++) {
        ck_assert(qr_member_next(state, member.name, &member));
        ck_assert_str_eq(member.name, sorted[i]);
    }
    ck_assert(!qr_member_next(state, member.name, &member));
    ck_assert_int_eq(qr_member_total_weight(state), 21);
}
END_TEST

START_TEST(there_is_a_most_of_members)
{
    for (int i = 0; i < QR_MEMBERS_MAX + 1; i++) {
        struct qr_member member = {.key = {{(uint8_t)i, (uint8_t)(i >> 8)}}, .weight = QR_MEMBER_WEIGHT_MAX};
        snprintf(member.name, sizeof member.name, "member-%d", i);
        ck_assert_int_eq(qr_member_put(state, &member, NULL), i < QR_MEMBERS_MAX ? 0 : QR_ELIMIT);
    }
    ck_assert_int_eq(qr_member_total_weight(state), QR_MEMBER_WEIGHT_MAX * QR_MEMBERS_MAX);
    ck_assert_int_eq(put("member-7", 7, 1, NULL), 0); /* replacing one is no growth */
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("governance/member");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_member_is_found_by_name_and_by_key);
    tcase_add_test(all, a_new_key_ends_the_old_one);
    tcase_add_test(all, what_no_member_can_be_is_refused);
    tcase_add_test(all, members_are_walked_in_the_order_of_names);
    tcase_add_test(all, there_is_a_most_of_members);
    suite_add_tcase(suite, all);
    return stage_run(suite);
}
