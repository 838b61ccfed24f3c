#include <locale.h>

#include "tests/unit/tui/fixture.h"
#include "tests/unit/unit.h"
#include "tui/place.h"

/* A person at the keys. */

static struct fixture fixture;

static void setup(void)
{
    fixture_open(&fixture, 24, 80);
}

static void teardown(void)
{
    fixture_close(&fixture);
}

static void shows(const char *text)
{
    QR_CLEANUP(qr_freep) char *screen = fixture_text(&fixture);
    if (!strstr(screen, text))
        ck_abort_msg("\"%s\" is not on the screen:\n%s", text, screen);
}

static void shows_not(const char *text)
{
    QR_CLEANUP(qr_freep) char *screen = fixture_text(&fixture);
    if (strstr(screen, text))
        ck_abort_msg("\"%s\" is on the screen:\n%s", text, screen);
}

START_TEST(a_selection_follows_its_id)
{
    fixture_keys(&fixture, "4jj");
    char before[TUI_ID_TEXT];
    struct tui_place *place = tui_app_place(&fixture.app, 0);
    memcpy(before, place->id, sizeof before);
    for (unsigned i = 6; i < 60; i++)
        fixture_decide(&fixture, i);
    tui_app_update(&fixture.app);
    ck_assert_str_eq(place->id, before);
    ck_assert_uint_eq(place->index, 2 + 54);
}
END_TEST

START_TEST(what_is_selected_stays_on_its_line)
{
    for (unsigned i = 6; i < 60; i++)
        fixture_decide(&fixture, i);
    fixture_keys(&fixture, "4jj");
    struct tui_place *place = tui_app_place(&fixture.app, 0);
    free(fixture_text(&fixture));
    size_t line = place->index - place->offset;
    for (unsigned i = 60; i < 120; i++) {
        fixture_decide(&fixture, i);
        free(fixture_text(&fixture));
    }
    ck_assert_uint_eq(place->index - place->offset, line);
}
END_TEST

START_TEST(until_something_is_chosen_the_newest_is_selected)
{
    fixture_keys(&fixture, "4");
    fixture_decide(&fixture, 99);
    tui_app_update(&fixture.app);
    ck_assert_uint_eq(tui_app_place(&fixture.app, 0)->index, 0);
    fixture_keys(&fixture, "jg");
    fixture_decide(&fixture, 100);
    tui_app_update(&fixture.app);
    ck_assert_uint_eq(tui_app_place(&fixture.app, 0)->index, 0);
}
END_TEST

START_TEST(a_filter_narrows_and_escape_clears_it)
{
    fixture_keys(&fixture, "3/");
    fixture_keys(&fixture, "november\n");
    ck_assert_uint_eq(tui_app_place(&fixture.app, 0)->n, 1);
    shows("/november");
    fixture_key(&fixture, TUI_KEY_ESCAPE);
    ck_assert_uint_eq(tui_app_place(&fixture.app, 0)->n, 2);
    fixture_keys(&fixture, "/!november\n");
    ck_assert_uint_eq(tui_app_place(&fixture.app, 0)->n, 1);
}
END_TEST

START_TEST(a_ballot_is_cast_as_a_member_whose_key_is_here)
{
    fixture_keys(&fixture, "3v");
    shows("Air_India");
    shows("Vistara");
    shows_not("Indigo ");
    fixture_keys(&fixture, "\n");
    ck_assert_uint_eq(fixture.votes, 0);
    shows("choose the member");
    fixture_keys(&fixture, "v");
    fixture_key(&fixture, TUI_KEY_TAB);
    fixture_keys(&fixture, "n");
    fixture_key(&fixture, TUI_KEY_TAB);
    fixture_keys(&fixture, "too dear\n");
    ck_assert_uint_eq(fixture.votes, 1);
    ck_assert_str_eq(fixture.vote.member, "Vistara");
    ck_assert_str_eq(fixture.vote.choice, "no");
    ck_assert_str_eq(fixture.vote.reason, "too dear");
    ck_assert(qr_hash_equal(&fixture.vote.proposal, &fixture.data->proposals.items[0].id));
}
END_TEST

/* The dialog holds the id: another proposal at the top does not become the one that is voted on. */
START_TEST(a_dialog_keeps_what_it_is_about)
{
    struct qr_hash id = fixture.data->proposals.items[0].id;
    fixture_keys(&fixture, "3v");
    struct tui_proposals *proposals = &fixture.data->proposals;
    proposals->items[2] = proposals->items[1];
    proposals->items[1] = proposals->items[0];
    proposals->items[0].id = fixture_hash(77);
    proposals->n = 3;
    tui_app_update(&fixture.app);
    fixture_keys(&fixture, "a");
    fixture_key(&fixture, TUI_KEY_TAB);
    fixture_keys(&fixture, "y\n");
    ck_assert_uint_eq(fixture.votes, 1);
    ck_assert(qr_hash_equal(&fixture.vote.proposal, &id));
}
END_TEST

START_TEST(a_veto_needs_a_reason_and_the_id)
{
    char digits[7];
    qr_hex(fixture.data->proposals.items[0].id.bytes, 3, digits);
    fixture_keys(&fixture, "3va");
    fixture_key(&fixture, TUI_KEY_TAB);
    fixture_keys(&fixture, "v\n");
    shows("a veto needs a reason");
    fixture_key(&fixture, TUI_KEY_TAB);
    fixture_keys(&fixture, "unfair\n");
    ck_assert_uint_eq(fixture.votes, 0);
    fixture_keys(&fixture, "y\n");
    ck_assert_uint_eq(fixture.votes, 0);
    shows("nothing was done");
    fixture_key(&fixture, TUI_KEY_BACKSPACE);
    fixture_keys(&fixture, digits);
    fixture_keys(&fixture, "\n");
    ck_assert_uint_eq(fixture.votes, 1);
    ck_assert_str_eq(fixture.vote.choice, "veto");
    ck_assert_uint_eq(fixture.app.n_overlays, 0);
}
END_TEST

START_TEST(a_refused_key_says_why)
{
    fixture_keys(&fixture, "3e");
    shows("only a proposal that passed its vote is executed");
    ck_assert_uint_eq(fixture.executions, 0);
    fixture.app.readonly = true;
    fixture_keys(&fixture, "v");
    shows("read-only");
    ck_assert_uint_eq(fixture.app.n_overlays, 0);
}
END_TEST

START_TEST(pasted_text_runs_nothing)
{
    fixture_key(&fixture, TUI_KEY_PASTE_BEGIN);
    fixture_keys(&fixture, "3vq\n");
    fixture_key(&fixture, TUI_KEY_PASTE_END);
    ck_assert(!fixture.app.quit);
    ck_assert_uint_eq(fixture.app.view, 0);
    shows("pasted text is ignored");
    fixture_keys(&fixture, "5sX");
    fixture_key(&fixture, TUI_KEY_PASTE_BEGIN);
    fixture_keys(&fixture, "\n");
    fixture_key(&fixture, TUI_KEY_PASTE_END);
    ck_assert_uint_eq(fixture.searches, 0);
}
END_TEST

START_TEST(search_and_book)
{
    fixture_keys(&fixture, ":search ccu del 2026-12-03 business\n");
    ck_assert_uint_eq(fixture.searches, 1);
    ck_assert_str_eq(fixture.query.from, "CCU");
    ck_assert_str_eq(fixture.query.cabin, "business");
    fixture_keys(&fixture, "5jb");
    fixture_keys(&fixture, "Rao");
    fixture_key(&fixture, TUI_KEY_TAB);
    fixture_keys(&fixture, "Asha\n");
    ck_assert_uint_eq(fixture.bookings, 1);
    ck_assert_mem_eq(fixture.booking.offer, fixture.data->offers.items[1].id, 16);
    ck_assert_str_eq(fixture.booking.surname, "Rao");
    ck_assert_str_eq(fixture.booking.given_name, "Asha");
}
END_TEST

START_TEST(an_expired_offer_is_not_booked)
{
    fixture.app.now_ms += 3600000;
    fixture_keys(&fixture, "5b");
    shows("the offer has expired");
}
END_TEST

static void logs_in_turn(const unsigned *processes, size_t n)
{
    fixture_keys(&fixture, "L");
    for (size_t i = 0; i <= n; i++, fixture_key(&fixture, TUI_KEY_RIGHT))
        ck_assert_uint_eq(fixture.data->log_of, processes[i % n]);
    fixture_key(&fixture, TUI_KEY_LEFT);
    fixture_key(&fixture, TUI_KEY_LEFT);
    ck_assert_uint_eq(fixture.data->log_of, processes[n - 1]);
    fixture_key(&fixture, TUI_KEY_ESCAPE);
}

START_TEST(the_logs_are_those_of_the_homes_processes)
{
    static const unsigned processes[] = {QR_SERVICE_LEDGER, QR_SERVICE_GOVERNANCE, QR_SERVICE_PRICING, QR_SERVICE_RESERVATION,
                                         QR_SUPERVISED_COMETBFT};
    logs_in_turn(processes, 4);
    fixture.data->has_cometbft = true;
    logs_in_turn(processes, 5);
    fixture.data->has_cometbft = false;
    fixture.data->n_services = QR_SERVICE_GOVERNANCE + 1;
    logs_in_turn(processes, 2);
}
END_TEST

START_TEST(a_home_that_follows_sells_nothing)
{
    fixture.data->n_services = QR_SERVICE_GOVERNANCE + 1;
    fixture_keys(&fixture, "5s");
    shows("sells nothing itself");
    fixture_keys(&fixture, "b");
    shows("sells nothing itself");
    ck_assert_uint_eq(fixture.app.n_overlays, 0);
    fixture.data->services[QR_SERVICE_PRICING].up = fixture.data->services[QR_SERVICE_RESERVATION].up = false;
    shows_not("away");
    fixture.data->services[QR_SERVICE_LEDGER].up = false;
    fixture.app.now_ms += 14000;
    fixture_keys(&fixture, "4");
    shows("1 away");
    shows("ledgerd away, stale 14 s");
}
END_TEST

START_TEST(stale_data_is_called_stale)
{
    fixture.data->services[QR_SERVICE_GOVERNANCE].up = false;
    fixture.app.now_ms += 14000;
    fixture_keys(&fixture, "3");
    shows("governd away, stale 14 s");
    shows("1 away");
    fixture.data->services[QR_SERVICE_GOVERNANCE].up = true;
    shows_not("stale");
}
END_TEST

/* Keys, hints, help and palette come from one table; a key that two operations of one pane claim would be a lie in the help. */
START_TEST(no_key_means_two_things)
{
    for (size_t view = 0; view < tui_views_n; view++) {
        tui_app_go(&fixture.app, tui_views[view]->name);
        const struct tui_operation *a, *b;
        for (size_t i = 0; (a = tui_app_operation_at(&fixture.app, i, true)); i++)
            for (size_t k = 0; k < i && (b = tui_app_operation_at(&fixture.app, k, true)); k++)
                if (a->key == b->key || (a->other_key && (a->other_key == b->other_key || a->other_key == b->key)))
                    ck_abort_msg("%s and %s have one key", a->name, b->name);
    }
}
END_TEST

START_TEST(help_lists_runs_and_closes)
{
    fixture_keys(&fixture, "?");
    shows("Keys of this screen");
    fixture_keys(&fixture, "governance\n");
    ck_assert_str_eq(tui_app_view(&fixture.app)->name, "Governance");
    ck_assert_uint_eq(fixture.app.n_overlays, 0);
}
END_TEST

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    Suite *suite = suite_create("keys");
    TCase *all = tcase_create("all");
    tcase_add_unchecked_fixture(all, fixture_terminal, NULL);
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_selection_follows_its_id);
    tcase_add_test(all, what_is_selected_stays_on_its_line);
    tcase_add_test(all, until_something_is_chosen_the_newest_is_selected);
    tcase_add_test(all, a_filter_narrows_and_escape_clears_it);
    tcase_add_test(all, a_ballot_is_cast_as_a_member_whose_key_is_here);
    tcase_add_test(all, a_dialog_keeps_what_it_is_about);
    tcase_add_test(all, a_veto_needs_a_reason_and_the_id);
    tcase_add_test(all, a_refused_key_says_why);
    tcase_add_test(all, pasted_text_runs_nothing);
    tcase_add_test(all, search_and_book);
    tcase_add_test(all, an_expired_offer_is_not_booked);
    tcase_add_test(all, the_logs_are_those_of_the_homes_processes);
    tcase_add_test(all, a_home_that_follows_sells_nothing);
    tcase_add_test(all, stale_data_is_called_stale);
    tcase_add_test(all, no_key_means_two_things);
    tcase_add_test(all, help_lists_runs_and_closes);
    suite_add_tcase(suite, all);
    return fixture_run(suite);
}
