#include "tests/unit/tui/fixture.h"

#include "tui/term/term.h"
#include "xai/decision.h"

struct qr_hash fixture_hash(unsigned number)
{
    return qr_sha256(&number, sizeof number);
}

static void show(void *context, unsigned sets) { (void)context; (void)sets; }
static void number(void *context, uint64_t height) { (void)context; (void)height; }
static void id(void *context, const struct qr_hash *hash) { (void)context; (void)hash; }
static void logs(void *context, unsigned process)
{
    struct fixture *fixture = context;
    fixture->data->log_of = process;
}

static void search(void *context, const struct tui_query *query)
{
    struct fixture *fixture = context;
    fixture->searches++;
    fixture->query = *query;
}

static void book(void *context, const struct tui_booking *booking)
{
    struct fixture *fixture = context;
    fixture->bookings++;
    fixture->booking = *booking;
}

static void vote(void *context, const struct tui_vote *ballot)
{
    struct fixture *fixture = context;
    fixture->votes++;
    fixture->vote = *ballot;
}

static void execute(void *context, const struct qr_hash *proposal)
{
    struct fixture *fixture = context;
    fixture->executions++;
    fixture->executed = *proposal;
}

static void verify(void *context, const struct qr_hash *decision)
{
    struct fixture *fixture = context;
    fixture->verifications++;
    fixture->verified = *decision;
}

void fixture_terminal(void)
{
    static struct tui_term *term;
    const struct tui_term_options options = {.device = "/dev/null", .type = "xterm"};
    if (!term && tui_term_open(&options, &term, NULL) != QR_OK)
        abort();
}

int fixture_run(Suite *suite)
{
    qr_crypto_init();
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static const char features[] =
    "{\"output\":{\"unit\":\"INR\",\"minor_digits\":2,\"link\":\"log\"},\"features\":["
    "{\"name\":\"cabin\",\"categories\":[\"economy\",\"business\"]},"
    "{\"name\":\"airline\",\"categories\":[\"AirAsia\",\"Air_India\"]},"
    "{\"name\":\"from\",\"categories\":[\"DEL\",\"BOM\"]},{\"name\":\"to\",\"categories\":[\"DEL\",\"BOM\"]},"
    "{\"name\":\"stops\",\"unit\":\"stop\",\"scale\":1,\"min\":0,\"max\":2},"
    "{\"name\":\"duration\",\"unit\":\"hour\",\"scale\":100,\"min\":0,\"max\":60},"
    "{\"name\":\"days_left\",\"unit\":\"day\",\"scale\":1,\"min\":0,\"max\":365},"
    "{\"name\":\"seats_left\",\"unit\":\"seat\",\"scale\":1,\"min\":0,\"max\":9}]}";

static void decision_of(struct tui_decision *to, unsigned number, const struct qr_hash *mandate)
{
    static const int32_t row[] = {0, 1, 0, 1, 1, 225, 3, 4};
    static const int64_t amounts[] = {-65000, 81240, 1210, 0, -23610, -11865, 591835, 6490};
    struct qr_decision *decision = qr_alloc(1, sizeof *decision);
    decision->mandate = *mandate;
    memcpy(decision->nonce, &number, sizeof number);
    decision->time_ms = FIXTURE_NOW - 1000 * (int64_t)(1000 - number);
    decision->n_features = 8;
    decision->base = 1000;
    decision->score = 1000;
    decision->base_amount.minor = 610400;
    decision->fare.minor = 610400;
    for (size_t i = 0; i < 8; i++) {
        decision->row[i] = row[i];
        decision->amounts[i].minor = amounts[i];
        decision->contributions[i] = amounts[i];
        decision->score += amounts[i];
        decision->fare.minor += amounts[i];
    }
    decision->n_lines = 1;
    decision->lines[0] = (struct qr_rule_line){QR_RULE_CAP, {-5700}};
    decision->fare.minor -= 5700;
    struct qr_buffer leaf = {0};
    qr_decision_encode(decision, &leaf);
    if (!tui_decision_set(to, leaf.data, leaf.size))
        abort();
    qr_buffer_done(&leaf);
    free(decision);
}

void fixture_decide(struct fixture *fixture, unsigned number)
{
    struct tui_decisions *decisions = &fixture->data->decisions;
    memmove(decisions->items + 1, decisions->items, decisions->n * sizeof decisions->items[0]);
    decisions->items[0] = (struct tui_decision){0};
    struct qr_hash mandate = fixture_hash(1);
    decision_of(&decisions->items[0], number, &mandate);
    decisions->items[0].height = number % 4 ? 1000 + number : 0;
    qr_copy_text(decisions->items[0].state, TUI_NAME, number % 4 ? "recorded" : "pending");
    decisions->n++;
    decisions->at_ms = FIXTURE_NOW;
    tui_decisions_describe(fixture->data);
}

static void fill_services(struct tui_data *data)
{
    for (int i = 0; i < QR_SERVICES; i++) {
        struct tui_service *service = &data->services[i];
        *service = (struct tui_service){.up = true, .answered_ms = FIXTURE_NOW, .asked_ms = FIXTURE_NOW, .pid = 4711 + i};
        service->started_ms = FIXTURE_NOW - 3600000;
        qr_copy_text(service->state, sizeof service->state, "running");
    }
}

static void fill_ledger(struct tui_data *data)
{
    struct tui_head *head = &data->head;
    *head = (struct tui_head){.at_ms = FIXTURE_NOW, .height = 1247, .log_size = 5120, .decisions = 5019, .time_ms = FIXTURE_NOW - 2000};
    head->log_root = fixture_hash(2);
    head->mandate = fixture_hash(1);
    qr_copy_text(head->chain, sizeof head->chain, "quorate-demo");
    qr_copy_text(head->custody, sizeof head->custody, "shared");
    qr_copy_text(head->engine, sizeof head->engine, "solo");
    data->blocks = (struct tui_blocks){.at_ms = FIXTURE_NOW, .n = 40};
    for (size_t i = 0; i < 40; i++)
        data->blocks.items[i] = (struct tui_block){.height = 1247 - i, .transactions = i % 3, .decisions = i % 3 * 8,
                                                   .time_ms = FIXTURE_NOW - 2000 * (int64_t)i, .hash = fixture_hash(100 + (unsigned)i)};
    data->block.at_ms = FIXTURE_NOW;
    data->block.block = data->blocks.items[0];
    data->block.n = 2;
    for (unsigned i = 0; i < 2; i++) {
        struct tui_summary *summary = &data->block.items[i];
        summary->id = fixture_hash(200 + i);
        qr_copy_text(summary->kind, sizeof summary->kind, i ? "ballot" : "batch");
        qr_copy_text(summary->signer, sizeof summary->signer, i ? "Vistara" : "priced");
        qr_copy_text(summary->text, sizeof summary->text, i ? "yes on the proposal" : "16 decisions");
        summary->size = 500;
    }
}

static void fill_proposals(struct tui_data *data)
{
    data->proposals = (struct tui_proposals){.at_ms = FIXTURE_NOW, .n = 2};
    for (unsigned i = 0; i < 2; i++) {
        struct tui_proposal *proposal = &data->proposals.items[i];
        proposal->id = fixture_hash(10 + i);
        proposal->model = fixture_hash(20 + i);
        proposal->current_model = fixture_hash(21 + i);
        proposal->report = fixture_hash(30 + i);
        proposal->reports_needed = proposal->reports_agreeing = 1;
        proposal->total = 100;
        proposal->yes = 51;
        proposal->no = 18;
        proposal->abstain = 6;
        proposal->quorum = 60;
        proposal->veto_weight = 34;
        proposal->threshold_numerator = 1;
        proposal->threshold_denominator = 2;
        proposal->closes_ms = i ? FIXTURE_NOW - 86400000 : FIXTURE_NOW + 6 * 3600000;
        proposal->executed_height = i ? 900 : 0;
        qr_copy_text(proposal->track, sizeof proposal->track, "upgrade");
        qr_copy_text(proposal->state, sizeof proposal->state, i ? "executed" : "voting");
        qr_copy_text(proposal->title, sizeof proposal->title, i ? "First model" : "Fare model of November, trained on autumn fares");
        qr_copy_text(proposal->proposer, sizeof proposal->proposer, "Vistara");
    }
    data->proposal = (struct tui_proposal_page){.at_ms = FIXTURE_NOW, .id = fixture_hash(10), .n_ballots = 1};
    data->proposal.ballots[0] = (struct tui_ballot){.member = "Air_India", .choice = "yes", .weight = 51};
    data->proposal.report = qr_strdup(
        "{\"rows\":4000,\"fares\":{\"mean_before\":577200,\"mean_after\":580100},"
        "\"segments\":[{\"name\":\"cabin\",\"segments\":[{\"value\":\"economy\",\"mean_before\":577200,\"mean_after\":580100,\"change_bp\":50}]},"
        "{\"name\":\"route\",\"segments\":[{\"value\":\"DEL-BOM\",\"mean_before\":1248000,\"mean_after\":1397800,\"change_bp\":1200}]}],"
        "\"attribution\":[{\"feature\":\"days_left\",\"share_before_bp\":6100,\"share_after_bp\":6420}],"
        "\"accuracy\":[{\"segment\":\"economy\",\"mape_before_bp\":1440,\"mape_after_bp\":1390}],"
        "\"rules\":[{\"kind\":\"cap\",\"breaches_before\":0,\"breaches_after\":3}]}");
    data->members = (struct tui_members){.at_ms = FIXTURE_NOW, .n = 3, .total = 100};
    static const char *const names[] = {"Air_India", "Indigo", "Vistara"};
    for (size_t i = 0; i < 3; i++) {
        qr_copy_text(data->members.items[i].name, TUI_NAME, names[i]);
        data->members.items[i].here = i != 1;
    }
}

static void fill_fares(struct fixture *fixture)
{
    struct tui_data *data = fixture->data;
    data->network = (struct tui_network){.at_ms = FIXTURE_NOW, .currency = "INR", .minor_digits = 2};
    data->offers = (struct tui_offers){.at_ms = FIXTURE_NOW, .n = 3, .query = {.from = "DEL", .to = "BOM", .date = 20789, .cabin = "economy"}};
    for (unsigned i = 0; i < 3; i++) {
        struct tui_offer *offer = &data->offers.items[i];
        *offer = (struct tui_offer){.from = "DEL", .to = "BOM", .currency = "INR", .minor_digits = 2, .departs_offset = 330, .arrives_offset = 330};
        memset(offer->id, (int)i + 1, sizeof offer->id);
        snprintf(offer->flight, sizeof offer->flight, "AI-%u", 101 + i);
        qr_copy_text(offer->airline, sizeof offer->airline, "Air_India");
        qr_copy_text(offer->cabin, sizeof offer->cabin, "economy");
        offer->fare = 1250000 + 12345 * (int64_t)i;
        offer->departs_ms = FIXTURE_NOW + 7 * 86400000;
        offer->arrives_ms = offer->departs_ms + 8100000;
        offer->expires_ms = FIXTURE_NOW + 600000;
        offer->seats_left = 9 - 3 * i;
        offer->decision = data->decisions.items[i].id;
    }
}

static void fill_mandate(struct tui_data *data)
{
    struct qr_hash mandate_id = fixture_hash(1);
    struct tui_mandate *mandate = tui_mandate_add(data, &mandate_id);
    mandate->model = fixture_hash(21);
    mandate->proposal = fixture_hash(11);
    mandate->rules_version = 6;
    mandate->known = true;
    mandate->described = qr_schema_parse(features, strlen(features), &mandate->schema, NULL) == QR_OK;
    if (!mandate->described)
        abort();
}

void fixture_open(struct fixture *fixture, int rows, int cols)
{
    *fixture = (struct fixture){.data = tui_data_new()};
    const struct tui_source source = {.context = fixture, .show = show, .block = number, .transaction = id, .decision = id,
                                      .mandate = id, .proposal = id, .log = logs, .search = search, .book = book,
                                      .vote = vote, .execute = execute, .verify = verify};
    tui_app_init(&fixture->app, fixture->data, source);
    fixture->app.views = tui_views;
    fixture->app.n_views = tui_views_n;
    fixture->app.utc = true;
    fixture->app.now_ms = FIXTURE_NOW;
    fill_services(fixture->data);
    fill_ledger(fixture->data);
    fill_proposals(fixture->data);
    fill_mandate(fixture->data);
    for (unsigned i = 1; i <= 5; i++)
        fixture_decide(fixture, i);
    fill_fares(fixture);
    tui_data_block_event(fixture->data, FIXTURE_NOW - 2000, 1247, 2, 16);
    tui_data_event(fixture->data, FIXTURE_NOW - 1000, TUI_WARNING, "governance", "a vote closes in 6 h");
    tui_app_size(&fixture->app, rows, cols);
    tui_app_go(&fixture->app, "Overview");
}

void fixture_close(struct fixture *fixture)
{
    tui_app_done(&fixture->app);
    tui_screen_done(&fixture->screen);
    tui_data_free(fixture->data);
}

void fixture_key(struct fixture *fixture, int key)
{
    tui_app_key(&fixture->app, key);
}

void fixture_keys(struct fixture *fixture, const char *keys)
{
    for (; *keys; keys++)
        fixture_key(fixture, (unsigned char)*keys == '\n' ? TUI_KEY_ENTER : (unsigned char)*keys);
}

char *fixture_text(struct fixture *fixture)
{
    struct qr_buffer text = {0};
    tui_app_update(&fixture->app);
    tui_app_draw(&fixture->app, &fixture->screen);
    tui_screen_text(&fixture->screen, &text);
    return (char *)text.data;
}
