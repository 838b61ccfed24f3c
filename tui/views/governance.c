#include "tui/dialog.h"
#include "tui/impact.h"
#include "tui/views/views.h"

/* Governance: proposals, what each would change, the vote. */

enum { LIST, DETAIL };

static enum tui_role state_role(const char *state)
{
    if (strcmp(state, "voting") == 0 || strcmp(state, "queued") == 0)
        return TUI_WARN;
    if (strcmp(state, "executed") == 0)
        return TUI_GOOD;
    return strcmp(state, "review") == 0 ? TUI_TEXT : TUI_BAD;
}

/* "closes 17:30:00 (in 6 h)": the moment that a proposal waits for. */
static void next_moment(const struct tui_app *app, const struct tui_proposal *proposal, struct qr_buffer *out)
{
    char at[TUI_FORMAT], number[TUI_FORMAT];
    if (strcmp(proposal->state, "review") == 0)
        qr_buffer_text(out, "waits for %u matching report%s, has %u", proposal->reports_needed,
                       proposal->reports_needed == 1 ? "" : "s", proposal->reports_agreeing);
    else if (strcmp(proposal->state, "voting") == 0)
        qr_buffer_text(out, "closes %s", tui_moment(app, proposal->closes_ms, at));
    else if (strcmp(proposal->state, "queued") == 0)
        qr_buffer_text(out, "executable %s", tui_moment(app, proposal->executable_ms, at));
    else if (strcmp(proposal->state, "executed") == 0)
        qr_buffer_text(out, "in block %s", tui_number(proposal->executed_height, number));
    else
        qr_buffer_text(out, "%s", proposal->failure);
}

/* ---- The list ---- */

static void list_title(const struct tui_app *app, struct qr_buffer *out)
{
    (void)app;
    qr_buffer_text(out, "Proposals, newest first");
}

static int list_head(const struct tui_app *app, struct tui_area area)
{
    (void)app;
    tui_put(area, 0, 1, TUI_DIM, "id        state      yes/no/of   title");
    return 1;
}

static size_t list_count(const struct tui_app *app)
{
    return app->data->proposals.n;
}

static void list_id(const struct tui_app *app, size_t i, char id[TUI_ID_TEXT])
{
    snprintf(id, TUI_ID_TEXT, "%s", qr_hash_text(&app->data->proposals.items[i].id).text);
}

static void list_text(const struct tui_app *app, size_t i, struct qr_buffer *out)
{
    const struct tui_proposal *proposal = &app->data->proposals.items[i];
    qr_buffer_text(out, "%s %s %s %s", qr_hash_text(&proposal->id).text, proposal->state, proposal->title, proposal->proposer);
}

static void list_row(const struct tui_app *app, size_t i, struct tui_area area, int row)
{
    const struct tui_proposal *proposal = &app->data->proposals.items[i];
    char text[TUI_FORMAT];
    tui_put(area, row, 1, TUI_DIM, tui_short_hash(&proposal->id, text));
    tui_fit(area, row, 11, 10, TUI_LEFT, state_role(proposal->state), proposal->state);
    snprintf(text, sizeof text, "%" PRId64 "/%" PRId64 "/%" PRId64, proposal->yes, proposal->no + proposal->veto, proposal->total);
    tui_fit(area, row, 22, 11, TUI_LEFT, TUI_TEXT, proposal->total ? text : "-");
    tui_fit(area, row, 34, area.cols - 35, TUI_LEFT, TUI_TEXT, proposal->title);
}

/* ---- One proposal ---- */

static const struct tui_proposal *selected(const struct tui_app *app)
{
    struct qr_hash id;
    return tui_selected_hash(app, &tui_governance, LIST, &id) ? tui_proposal_find(app->data, &id) : NULL;
}

static const struct tui_proposal_page *open_page(const struct tui_app *app, const struct tui_proposal *proposal)
{
    const struct tui_proposal_page *page = &app->data->proposal;
    return page->at_ms && qr_hash_equal(&page->id, &proposal->id) ? page : NULL;
}

static void detail_title(const struct tui_app *app, struct qr_buffer *out)
{
    const struct tui_proposal *proposal = selected(app);
    char text[TUI_FORMAT];
    if (proposal)
        qr_buffer_text(out, "Proposal %s  %s", tui_short_hash(&proposal->id, text), proposal->track);
    else
        qr_buffer_text(out, "Proposal");
}

/* What it would change, who proposed it, and what its voters had before them. */
static void draw_subject(struct tui_area area, int row, const struct tui_proposal *proposal)
{
    const struct tui_proposed_validator *validator = &proposal->validator;
    char a[TUI_FORMAT], b[TUI_FORMAT];
    int col = validator->here
                  ? tui_print(area, row, 1, TUI_DIM, "%s validator %s", validator->change, validator->name)
                  : tui_print(area, row, 1, TUI_DIM, "model %s > %s", tui_short_hash(&proposal->current_model, a),
                              tui_short_hash(&proposal->model, b));
    col = tui_print(area, row, col, TUI_DIM, ", by %s", proposal->proposer);
    if (!qr_hash_is_zero(&proposal->report))
        tui_print(area, row, col, TUI_DIM, ", report %s, %u of %u agree", tui_short_hash(&proposal->report, a),
                  proposal->reports_agreeing, proposal->reports_needed);
}

static int draw_heading(const struct tui_app *app, struct tui_area area, const struct tui_proposal *proposal)
{
    char state[TUI_NAME];
    QR_CLEANUP(qr_buffer_done) struct qr_buffer moment = {0};
    next_moment(app, proposal, &moment);
    for (size_t i = 0; i < sizeof state; i++)
        state[i] = (char)toupper((unsigned char)proposal->state[i]);
    int col = tui_put(area, 0, 1, state_role(proposal->state), state);
    tui_fit(area, 0, col + 2, area.cols - col - 3, TUI_LEFT, TUI_TEXT, qr_buffer_string(&moment));
    tui_fit(area, 1, 1, area.cols - 2, TUI_LEFT, TUI_STRONG, proposal->title);
    draw_subject(area, 2, proposal);
    return 4;
}

enum { VOTES_COLS = 30, NUMBER_COLS = 9 };

static void vote_row(struct tui_area area, int row, const char *name, enum tui_role role, int64_t weight, int64_t need)
{
    char text[TUI_FORMAT];
    tui_fit(area, row, 1, 9, TUI_LEFT, role, name);
    tui_fit(area, row, 10, 9, TUI_RIGHT, TUI_STRONG, tui_number((uint64_t)weight, text));
    if (need > 0)
        tui_fit(area, row, 20, 8, TUI_RIGHT, weight >= need ? TUI_GOOD : TUI_DIM, tui_number((uint64_t)need, text));
}

/* The least weight of yes that passes what was cast so far. */
static int64_t yes_need(const struct tui_proposal *proposal)
{
    __int128 counted = (__int128)proposal->yes + proposal->no + proposal->veto;
    if (proposal->threshold_denominator <= 0)
        return 0;
    return (int64_t)(counted * proposal->threshold_numerator / proposal->threshold_denominator) + 1;
}

/* One bar for all weight: who said yes, no, neither; what has not voted stays open. */
static void draw_tally(struct tui_area area, int row, int col, int width, const struct tui_proposal *proposal)
{
    const struct {
        int64_t weight;
        enum tui_role role;
        uint32_t shape;
    } parts[] = {
        {proposal->yes, TUI_GOOD, 0x2588},
        {proposal->no, TUI_BAD, '-'},
        {proposal->veto, TUI_BAD, 'x'},
        {proposal->abstain, TUI_DIM, '='},
    };
    tui_repeat(area, row, col, width, TUI_DIM, 0xb7);
    if (proposal->total <= 0)
        return;
    int64_t sum = 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        int from = (int)((__int128)sum * width / proposal->total);
        sum += parts[i].weight;
        int to = (int)((__int128)sum * width / proposal->total);
        tui_repeat(area, row, col + from, to - from, parts[i].role, parts[i].shape);
    }
}

static int draw_votes(struct tui_area area, int row, const struct tui_proposal *proposal)
{
    int64_t cast = proposal->yes + proposal->no + proposal->abstain + proposal->veto;
    tui_put(area, row, 1, TUI_HEAD, "VOTES");
    tui_put(area, row++, 10, TUI_DIM, "   weight     need");
    vote_row(area, row++, "yes", TUI_GOOD, proposal->yes, yes_need(proposal));
    vote_row(area, row++, "no", TUI_TEXT, proposal->no, 0);
    vote_row(area, row++, "abstain", TUI_TEXT, proposal->abstain, 0);
    vote_row(area, row++, "veto", TUI_TEXT, proposal->veto, proposal->veto_weight);
    vote_row(area, row++, "quorum", TUI_TEXT, cast, proposal->quorum);
    draw_tally(area, row++, 1, VOTES_COLS - 3, proposal);
    return row;
}

static int draw_ballots(const struct tui_app *app, struct tui_area area, int row, const struct tui_proposal_page *page)
{
    const struct tui_members *members = &app->data->members;
    for (size_t i = 0; page && i < members->n; i++) {
        const struct tui_member *member = &members->items[i];
        const struct tui_ballot *ballot = NULL;
        char name[TUI_NAME + 4];
        for (size_t k = 0; k < page->n_ballots; k++)
            if (strcmp(page->ballots[k].member, member->name) == 0)
                ballot = &page->ballots[k];
        snprintf(name, sizeof name, "%s%s", member->name, member->here ? "*" : "");
        tui_fit(area, row, 1, 14, TUI_LEFT, TUI_TEXT, name);
        tui_fit(area, row, 16, area.cols - 17, TUI_LEFT, ballot ? TUI_STRONG : TUI_DIM, ballot ? ballot->choice : "not voted");
        row++;
        if (ballot && ballot->reason[0])
            row += tui_wrap(area, row, 3, area.cols - 4, TUI_DIM, ballot->reason);
    }
    if (members->n > 0)
        tui_put(area, row++, 1, TUI_DIM, "* key in this home");
    if (strcmp(app->data->head.custody, "shared") == 0)
        tui_put(area, row++, 1, TUI_WARN, "custody: shared");
    return row;
}

/* Fares of many rows are compared in whole units. */
static char *whole_money(int64_t minor, unsigned digits, char text[TUI_FORMAT])
{
    int64_t unit = 1;
    while (digits-- > 0)
        unit *= 10;
    return tui_money((minor + unit / 2) / unit, 0, text);
}

static void impact_texts(const struct tui_impact *impact, unsigned digits, char now[TUI_FORMAT], char next[TUI_FORMAT],
                         char change[TUI_FORMAT])
{
    switch (impact->kind) {
    case TUI_IMPACT_SHARE:
        tui_basis_points(impact->now, now);
        tui_basis_points(impact->next, next);
        tui_basis_points_change(impact->now, impact->next, change);
        break;
    case TUI_IMPACT_MONEY:
        whole_money(impact->now, digits, now);
        whole_money(impact->next, digits, next);
        tui_signed_basis_points(impact->change, change);
        break;
    case TUI_IMPACT_COUNT:
        tui_number((uint64_t)impact->now, now);
        tui_number((uint64_t)impact->next, next);
        snprintf(change, TUI_FORMAT, impact->change ? "%+" PRId64 : "%" PRId64, impact->change);
        break;
    }
}

static int draw_impact(const struct tui_app *app, struct tui_area area, int row, const struct tui_proposal_page *page)
{
    QR_CLEANUP(qr_freep) struct tui_impacts *impacts = qr_alloc(1, sizeof *impacts);
    int label = area.cols - 3 * NUMBER_COLS - 4;
    label = label < 12 ? 12 : label > 40 ? 40 : label;
    tui_put(area, row, 1, TUI_HEAD, "IMPACT");
    tui_fit(area, row, 1 + label, NUMBER_COLS, TUI_RIGHT, TUI_DIM, "now");
    tui_fit(area, row, 1 + label + NUMBER_COLS, NUMBER_COLS, TUI_RIGHT, TUI_DIM, "new");
    tui_fit(area, row++, 1 + label + 2 * NUMBER_COLS, NUMBER_COLS, TUI_RIGHT, TUI_DIM, "change");
    if (!page || !page->report || !tui_impacts_of(page->report, impacts)) {
        tui_put(area, row, 1, TUI_DIM, "no report yet");
        return row + 1;
    }
    unsigned digits = app->data->network.at_ms ? app->data->network.minor_digits : 2;
    for (size_t i = 0; i < impacts->n; i++, row++) {
        const struct tui_impact *impact = &impacts->items[i];
        char now[TUI_FORMAT], next[TUI_FORMAT], change[TUI_FORMAT];
        impact_texts(impact, digits, now, next, change);
        tui_fit(area, row, 1, label, TUI_LEFT, TUI_TEXT, impact->label);
        tui_fit(area, row, 1 + label, NUMBER_COLS, TUI_RIGHT, TUI_TEXT, now);
        tui_fit(area, row, 1 + label + NUMBER_COLS, NUMBER_COLS, TUI_RIGHT, TUI_TEXT, next);
        tui_fit(area, row, 1 + label + 2 * NUMBER_COLS, NUMBER_COLS, TUI_RIGHT, impact->alarm ? TUI_BAD : TUI_STRONG, change);
        if (impact->alarm)
            tui_put(area, row, 2 + label + 3 * NUMBER_COLS, TUI_BAD, "!");
    }
    char rows[TUI_FORMAT];
    tui_print(area, row++, 1, TUI_DIM, "over %s reference rows", tui_number((uint64_t)impacts->rows, rows));
    return row;
}

static void change_row(struct tui_area area, int row, const char *name, const char *value)
{
    tui_fit(area, row, 1, 10, TUI_LEFT, TUI_DIM, name);
    tui_fit(area, row, 12, area.cols - 13, TUI_LEFT, TUI_TEXT, value);
}

/* A key in two lines, so that voters can compare all of it. */
static int key_rows(struct tui_area area, int row, const char *name, const struct qr_hash *key)
{
    struct qr_hash_text text = qr_hash_text(key);
    char half[QR_HASH_HEX / 2 + 1];
    snprintf(half, sizeof half, "%.*s", QR_HASH_HEX / 2, text.text);
    change_row(area, row, name, half);
    change_row(area, row + 1, "", text.text + QR_HASH_HEX / 2);
    return row + 2;
}

/* A validator has no impact on fares; what changes is who orders blocks. */
static int draw_validator(struct tui_area area, int row, const struct tui_proposed_validator *validator)
{
    bool adds = strcmp(validator->change, "add") == 0;
    char number[TUI_FORMAT];
    tui_put(area, row++, 1, TUI_HEAD, adds ? "ADDS A VALIDATOR" : "REMOVES A VALIDATOR");
    change_row(area, row++, "name", validator->name);
    change_row(area, row++, "member", validator->member);
    if (adds)
        change_row(area, row++, "power", tui_number((uint64_t)validator->power, number));
    row = key_rows(area, row, "key", &validator->key);
    return adds ? key_rows(area, row, "node key", &validator->node_key) : row;
}

static int detail_page(const struct tui_app *app, struct tui_area area)
{
    const struct tui_proposal *proposal = selected(app);
    if (!proposal) {
        tui_put(area, 1, 1, TUI_DIM, "no proposal is selected");
        return 2;
    }
    const struct tui_proposal_page *page = open_page(app, proposal);
    int row = draw_heading(app, area, proposal);
    int left = area.cols - VOTES_COLS;
    struct tui_area impact = area;
    struct tui_area votes = area;
    impact.cols = left > 80 ? 80 : left - 1;
    votes.col += impact.cols + 1;
    votes.cols = VOTES_COLS;
    int end = proposal->validator.here ? draw_validator(impact, row, &proposal->validator)
                                       : draw_impact(app, impact, row, page);
    int votes_end = draw_ballots(app, votes, draw_votes(votes, row, proposal), page);
    end = votes_end > end ? votes_end : end;
    for (int at = row; at < end; at++)
        tui_repeat(area, at, impact.cols, 1, TUI_RULE, 0x2502);
    return end;
}

/* ---- Voting ---- */

static const char *vote_why_not(const struct tui_app *app)
{
    const struct tui_proposal *proposal = selected(app);
    if (app->readonly)
        return "the dashboard was opened read-only";
    if (!proposal)
        return "no proposal is selected";
    if (strcmp(proposal->state, "review") == 0)
        return "voting opens when enough reports agree";
    if (strcmp(proposal->state, "voting") != 0)
        return "voting is closed";
    for (size_t i = 0; i < app->data->members.n; i++)
        if (app->data->members.items[i].here)
            return NULL;
    return "no member's key is in this home";
}

static void cast(struct tui_app *app, const void *about)
{
    app->source.vote(app->source.context, about);
    tui_app_say(app, TUI_DIM, "casting the ballot");
}

static const char *vote_submit(struct tui_app *app, struct tui_dialog *dialog)
{
    struct tui_vote vote;
    char value[TUI_VALUE_MAX];
    memcpy(&vote, dialog->about, sizeof vote);
    qr_copy_text(vote.member, sizeof vote.member, tui_dialog_value(dialog, 0, value));
    qr_copy_text(vote.choice, sizeof vote.choice, tui_dialog_value(dialog, 1, value));
    qr_copy_text(vote.reason, sizeof vote.reason, tui_dialog_value(dialog, 2, value));
    if (!vote.member[0])
        return "choose the member whose ballot this is";
    if (!vote.choice[0])
        return "choose yes, no, abstain or veto";
    if (strcmp(vote.choice, "veto") != 0) {
        cast(app, &vote);
        return NULL;
    }
    if (!vote.reason[0])
        return "a veto needs a reason";
    tui_confirm(app, "Veto", "A veto can stop the proposal alone.", &vote.proposal, &vote, sizeof vote, cast);
    return NULL;
}

/* The ballot is about the proposal that is selected now, whatever the list does meanwhile. */
static void vote_open(struct tui_app *app, const char *argument)
{
    (void)argument;
    const struct tui_proposal *proposal = selected(app);
    struct tui_vote vote = {.proposal = proposal->id, .report = proposal->report};
    char text[QR_ERROR_TEXT_MAX], id[TUI_FORMAT];
    snprintf(text, sizeof text, "%s  %s", tui_short_hash(&proposal->id, id), proposal->title);
    struct tui_dialog *dialog = tui_dialog_new("Cast a ballot", text, vote_submit);
    memcpy(dialog->about, &vote, sizeof vote);
    struct tui_field *member = tui_dialog_choice(dialog, "Member", -1);
    for (size_t i = 0; i < app->data->members.n; i++)
        if (app->data->members.items[i].here)
            tui_field_add(member, app->data->members.items[i].name);
    if (member->n_choices == 1)
        member->chosen = 0;
    struct tui_field *choice = tui_dialog_choice(dialog, "Choice", -1);
    const char *const choices[] = {"yes", "no", "abstain", "veto"};
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++)
        tui_field_add(choice, choices[i]);
    tui_dialog_text(dialog, "Reason", "", TUI_LINE - 1);
    dialog->focus = member->n_choices == 1;
    tui_app_open(app, &dialog->overlay);
}

static void execute_confirmed(struct tui_app *app, const void *about)
{
    app->source.execute(app->source.context, about);
    tui_app_say(app, TUI_DIM, "executing");
}

static void execute(struct tui_app *app, const char *argument)
{
    (void)argument;
    const struct tui_proposal *proposal = selected(app);
    const char *what = proposal->validator.here ? "Who orders the ledger's blocks changes a block later."
                                                : "The model behind every fare is replaced at once.";
    tui_confirm(app, "Execute", what, &proposal->id, &proposal->id, sizeof proposal->id, execute_confirmed);
}

static const char *execute_why_not(const struct tui_app *app)
{
    const struct tui_proposal *proposal = selected(app);
    if (app->readonly)
        return "the dashboard was opened read-only";
    if (!proposal)
        return "no proposal is selected";
    if (strcmp(proposal->state, "queued") != 0)
        return "only a proposal that passed its vote is executed";
    return proposal->executable_ms > app->now_ms ? "its timelock has not passed" : NULL;
}

static const struct tui_operation items[] = {
    {'v', 0, "vote", "vote", "cast a ballot as one of the members whose key is in this home", 0, vote_open, vote_why_not},
    {'e', 0, "execute", "execute", "carry out what passed, once its timelock is over", 0, execute, execute_why_not},
};

static const struct tui_pane panes[] = {
    [LIST] = {.name = "proposals", .from = QR_SERVICE_GOVERNANCE, .title = list_title, .page = list_head, .count = list_count,
              .id = list_id, .text = list_text, .row = list_row,
              .empty = "no proposal yet; `quorate proposal create upgrade --help` says how to make one"},
    [DETAIL] = {.name = "proposal", .from = QR_SERVICE_GOVERNANCE, .title = detail_title, .page = detail_page},
};

static void want(struct tui_app *app)
{
    const struct tui_proposal *proposal = selected(app);
    bool beside = app->layout.shape == TUI_TWO_PANES;
    if (proposal && (beside || app->states[app->view].focus == DETAIL))
        app->source.proposal(app->source.context, &proposal->id);
}

const struct tui_view tui_governance = {
    .name = "Governance",
    .key = '3',
    .sets = TUI_SET_PROPOSALS | TUI_SET_MEMBERS,
    .n_panes = 2,
    .panes = panes,
    .operations = {items, sizeof items / sizeof items[0]},
    .want = want,
};
