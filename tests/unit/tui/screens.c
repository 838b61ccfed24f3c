#include <locale.h>

#include "common/file.h"
#include "tests/unit/tui/fixture.h"
#include "tests/unit/unit.h"

/* Each screen as text, compared with what is committed in tests/golden/tui. With QR_GOLDEN_WRITE=1 the files are written instead, to
 * be read before they are committed. And each screen at every size, which must not draw outside its cells or crash. */

static char *golden_path(const char *name, int rows, int cols)
{
    struct qr_buffer path = {0};
    const char *top = getenv("QR_TOP_SRCDIR");
    qr_buffer_text(&path, "%s/tests/golden/tui/", top ? top : "..");
    for (; *name; name++)
        qr_buffer_byte(&path, (uint8_t)tolower((unsigned char)*name));
    qr_buffer_text(&path, "-%dx%d.txt", cols, rows);
    return (char *)path.data;
}

static void check_golden(const char *name, int rows, int cols, const char *text)
{
    QR_CLEANUP(qr_freep) char *path = golden_path(name, rows, cols);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer expected = {0};
    struct qr_error error;
    if (getenv("QR_GOLDEN_WRITE")) {
        unit_ok(qr_file_write(path, text, strlen(text), 0644, &error), error);
        return;
    }
    unit_ok(qr_file_read(path, 1 << 20, &expected, &error), error);
    ck_assert_str_eq(text, qr_buffer_string(&expected));
}

static void check_screen(size_t view, int rows, int cols, bool detail)
{
    struct fixture fixture;
    fixture_open(&fixture, rows, cols);
    tui_app_go(&fixture.app, tui_views[view]->name);
    if (detail && tui_views[view]->n_panes > 1)
        fixture_key(&fixture, TUI_KEY_ENTER);
    QR_CLEANUP(qr_freep) char *text = fixture_text(&fixture);
    check_golden(tui_views[view]->name, rows, cols, text);
    fixture_close(&fixture);
}

START_TEST(screens_of_80_by_24)
{
    check_screen((size_t)_i, 24, 80, true);
}
END_TEST

START_TEST(screens_of_200_by_60)
{
    check_screen((size_t)_i, 60, 200, false);
}
END_TEST

/* A validator has no model and no impact; what changes stands in their place. */
START_TEST(a_proposal_about_a_validator)
{
    struct fixture fixture;
    fixture_open(&fixture, 24, 80);
    struct tui_proposal *proposal = &fixture.data->proposals.items[0];
    proposal->model = proposal->current_model = proposal->report = (struct qr_hash){{0}};
    proposal->reports_needed = proposal->reports_agreeing = 0;
    proposal->validator = (struct tui_proposed_validator){.here = true, .change = "add", .name = "delta", .member = "Indigo",
                                                          .power = 10, .key = fixture_hash(91), .node_key = fixture_hash(92)};
    qr_copy_text(proposal->track, sizeof proposal->track, "validators");
    qr_copy_text(proposal->title, sizeof proposal->title, "A fourth validator, run by Indigo");
    tui_app_go(&fixture.app, "Governance");
    fixture_key(&fixture, TUI_KEY_ENTER);
    QR_CLEANUP(qr_freep) char *added = fixture_text(&fixture);
    check_golden("validator-added", 24, 80, added);
    proposal->validator.power = 0;
    proposal->validator.node_key = (struct qr_hash){{0}};
    qr_copy_text(proposal->validator.change, sizeof proposal->validator.change, "remove");
    tui_app_size(&fixture.app, 24, 80);
    QR_CLEANUP(qr_freep) char *removed = fixture_text(&fixture);
    check_golden("validator-removed", 24, 80, removed);
    fixture_close(&fixture);
}
END_TEST

/* CometBFT, which answers no status of its own, stands below the services; away it is seen to be. */
START_TEST(a_home_with_cometbft)
{
    struct fixture fixture;
    fixture_open(&fixture, 24, 80);
    qr_copy_text(fixture.data->head.engine, sizeof fixture.data->head.engine, "cometbft");
    fixture.data->has_cometbft = true;
    fixture.data->cometbft = (struct tui_service){.up = true, .asked_ms = FIXTURE_NOW, .pid = 4715, .state = "running"};
    struct tui_service *ledgerd = &fixture.data->services[QR_SERVICE_LEDGER];
    tui_app_go(&fixture.app, "Overview");
    QR_CLEANUP(qr_freep) char *up = fixture_text(&fixture);
    check_golden("cometbft-up", 24, 80, up);
    fixture.data->cometbft.up = false;
    qr_copy_text(fixture.data->cometbft.detail, sizeof fixture.data->cometbft.detail, "ended with status 1: listen tcp: address already in use");
    qr_copy_text(ledgerd->state, sizeof ledgerd->state, "waiting_for_cometbft");
    qr_copy_text(ledgerd->detail, sizeof ledgerd->detail, "CometBFT is not connected");
    tui_app_size(&fixture.app, 24, 80);
    QR_CLEANUP(qr_freep) char *away = fixture_text(&fixture);
    check_golden("cometbft-away", 24, 80, away);
    fixture_close(&fixture);
}
END_TEST

/* A home that follows has two services, none of which is away; it sells nothing, and shows what the ledger has. */
START_TEST(a_home_that_follows)
{
    struct fixture fixture;
    fixture_open(&fixture, 24, 80);
    fixture.data->n_services = QR_SERVICE_GOVERNANCE + 1;
    fixture.data->offers.n = 0;
    for (int i = QR_SERVICE_GOVERNANCE + 1; i < QR_SERVICES; i++)
        fixture.data->services[i] = (struct tui_service){.asked_ms = FIXTURE_NOW};
    qr_copy_text(fixture.data->head.engine, sizeof fixture.data->head.engine, "follower");
    struct tui_service *ledgerd = &fixture.data->services[QR_SERVICE_LEDGER];
    qr_copy_text(ledgerd->state, sizeof ledgerd->state, "stopped_by_invalid_block");
    qr_copy_text(ledgerd->detail, sizeof ledgerd->detail, "block 1248 of ../lead does not hold: no node in office signed it as it is computed here");
    QR_CLEANUP(qr_freep) char *overview = fixture_text(&fixture);
    check_golden("follower", 24, 80, overview);
    fixture_keys(&fixture, "5s");
    QR_CLEANUP(qr_freep) char *fares = fixture_text(&fixture);
    check_golden("follower-fares", 24, 80, fares);
    fixture_close(&fixture);
}
END_TEST

/* Of a service's line, time and sentence; of CometBFT's, all. What is longer than a row goes on in the next. */
START_TEST(a_log)
{
    struct fixture fixture;
    fixture_open(&fixture, 24, 80);
    fixture.data->log = qr_strdup(
        "time=2026-11-25T09:29:58.120Z level=info service=ledgerd msg=\"running\"\n"
        "time=2026-11-24T09:29:58.120Z level=warning service=ledgerd msg=\"a \\\"word\\\" of warning\"\n"
        "time=2026-11-25T09:29:59.120Z level=error service=ledgerd msg=\"following ends: the ledger at ../lead has another block 7 than "
        "the one executed and kept here\"\n"
        "I[2026-11-25|09:29:59.200] executed block module=state height=7\n"
        "time=today level=info service=ledgerd msg=\"no time\"\n");
    fixture_keys(&fixture, "L");
    QR_CLEANUP(qr_freep) char *text = fixture_text(&fixture);
    check_golden("log", 24, 80, text);
    tui_app_size(&fixture.app, 10, 80);
    QR_CLEANUP(qr_freep) char *end = fixture_text(&fixture);
    ck_assert_ptr_nonnull(strstr(end, "no time"));
    ck_assert_ptr_null(strstr(end, "running"));
    fixture_key(&fixture, TUI_KEY_PAGE_UP);
    QR_CLEANUP(qr_freep) char *beginning = fixture_text(&fixture);
    ck_assert_ptr_nonnull(strstr(beginning, "running"));
    fixture_close(&fixture);
}
END_TEST

START_TEST(every_screen_at_every_size)
{
    struct fixture fixture;
    fixture_open(&fixture, 24, 80);
    tui_app_go(&fixture.app, tui_views[_i]->name);
    for (int rows = 1; rows <= 70; rows += 3)
        for (int cols = 1; cols <= 220; cols += 13) {
            tui_app_size(&fixture.app, rows, cols);
            fixture_key(&fixture, TUI_KEY_DOWN);
            free(fixture_text(&fixture));
            fixture_key(&fixture, TUI_KEY_TAB);
            free(fixture_text(&fixture));
        }
    fixture_close(&fixture);
}
END_TEST

START_TEST(nothing_known_is_a_screen_too)
{
    struct fixture fixture;
    fixture_open(&fixture, 24, 80);
    tui_data_free(fixture.data);
    fixture.data = fixture.app.data = tui_data_new();
    for (size_t view = 0; view < tui_views_n; view++) {
        tui_app_go(&fixture.app, tui_views[view]->name);
        for (const char *key = "\njkgG oryvesbt"; *key; key++) {
            fixture_keys(&fixture, (char[]){*key, 0});
            while (fixture.app.n_overlays)
                fixture_key(&fixture, TUI_KEY_ESCAPE);
            free(fixture_text(&fixture));
        }
    }
    fixture_close(&fixture);
}
END_TEST

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    Suite *suite = suite_create("screens");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 60);
    tcase_add_unchecked_fixture(all, fixture_terminal, NULL);
    tcase_add_loop_test(all, screens_of_80_by_24, 0, (int)tui_views_n);
    tcase_add_loop_test(all, screens_of_200_by_60, 0, (int)tui_views_n);
    tcase_add_test(all, a_proposal_about_a_validator);
    tcase_add_test(all, a_home_with_cometbft);
    tcase_add_test(all, a_home_that_follows);
    tcase_add_test(all, a_log);
    tcase_add_loop_test(all, every_screen_at_every_size, 0, (int)tui_views_n);
    tcase_add_test(all, nothing_known_is_a_screen_too);
    suite_add_tcase(suite, all);
    return fixture_run(suite);
}
