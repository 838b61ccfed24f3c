#include "tui/live_parts.h"

#include "common/clock.h"
#include "common/file.h"
#include "services/lib/lock.h"

enum {
    STATUS_EVERY_MS = 1000,
    CALL_TIMEOUT_MS = 5000,
    BLOCKS_WANTED = 100,
    DECISIONS_WANTED = 100,
    PROPOSALS_WANTED = 100,
    ORDERS_WANTED = 100,
    NOTICES_WANTED = 100,
    FOREVER_MS = 60000,
};

bool tui_live_send(struct tui_live *live, enum qr_service service, Quorate__Request *request, qr_client_done *done, int kind,
                   const struct qr_hash *key)
{
    struct tui_call *call = qr_alloc(1, sizeof *call);
    *call = (struct tui_call){.live = live, .kind = kind};
    if (key)
        call->key = *key;
    if (qr_client_send(live->client, service, request, CALL_TIMEOUT_MS, done, call, NULL) == QR_OK)
        return true;
    free(call);
    return false;
}

/* ---- Sets of data ---- */

struct ask {
    enum qr_service service;
    unsigned set;   /* shown with which sets; 0: always */
    int least_ms;   /* between two of them */
    Quorate__Request__BodyCase body;
};

static const struct ask asks[TUI_ASKS] = {
    [TUI_ASK_HEAD] = {QR_SERVICE_LEDGER, 0, 100, QUORATE__REQUEST__BODY_LEDGER_HEAD},
    [TUI_ASK_BLOCKS] = {QR_SERVICE_LEDGER, TUI_SET_BLOCKS, 200, QUORATE__REQUEST__BODY_LEDGER_BLOCKS},
    [TUI_ASK_DECISIONS] = {QR_SERVICE_PRICING, TUI_SET_DECISIONS, 250, QUORATE__REQUEST__BODY_RECENT_DECISIONS},
    [TUI_ASK_RECORDED] = {QR_SERVICE_LEDGER, TUI_SET_DECISIONS, 1000, QUORATE__REQUEST__BODY_LEDGER_DECISIONS},
    [TUI_ASK_PROPOSALS] = {QR_SERVICE_GOVERNANCE, TUI_SET_PROPOSALS, 200, QUORATE__REQUEST__BODY_PROPOSALS},
    [TUI_ASK_MEMBERS] = {QR_SERVICE_GOVERNANCE, TUI_SET_MEMBERS, 1000, QUORATE__REQUEST__BODY_MEMBERS},
    [TUI_ASK_NETWORK] = {QR_SERVICE_RESERVATION, TUI_SET_NETWORK, 1000, QUORATE__REQUEST__BODY_NETWORK},
    [TUI_ASK_ORDERS] = {QR_SERVICE_RESERVATION, TUI_SET_ORDERS, 250, QUORATE__REQUEST__BODY_ORDERS},
    [TUI_ASK_NOTICES] = {QR_SERVICE_GOVERNANCE, 0, 500, QUORATE__REQUEST__BODY_NOTICES},
};

static void take_notice(struct tui_live *live, const Quorate__Notice *notice)
{
    if (notice->sequence <= live->last_notice)
        return;
    live->last_notice = notice->sequence;
    bool warning = strcmp(notice->level, "warning") == 0;
    tui_data_event(live->data, notice->time_ms, warning ? TUI_WARNING : TUI_INFO, "governance", "%s", notice->text);
}

/* What an ask brought. */
static void take(struct tui_live *live, enum tui_ask ask, const Quorate__Reply *reply)
{
    struct tui_data *data = live->data;
    switch (ask) {
    case TUI_ASK_HEAD:
        tui_take_head(data, reply->ledger_head, live->now_ms);
        break;
    case TUI_ASK_BLOCKS:
        tui_take_blocks(data, reply->ledger_blocks, live->now_ms);
        break;
    case TUI_ASK_DECISIONS:
        tui_take_recent(data, reply->recent_decisions, live->now_ms);
        break;
    case TUI_ASK_RECORDED:
        if (!data->services[QR_SERVICE_PRICING].up)
            tui_take_recorded(data, reply->ledger_decisions, live->now_ms);
        break;
    case TUI_ASK_PROPOSALS:
        tui_take_proposals(data, reply->proposals, live->now_ms);
        break;
    case TUI_ASK_MEMBERS:
        tui_take_members(data, reply->members, live->home, live->now_ms);
        break;
    case TUI_ASK_NETWORK:
        tui_take_network(data, reply->network, live->now_ms);
        break;
    case TUI_ASK_ORDERS:
        tui_take_orders(data, reply->orders, live->now_ms);
        break;
    case TUI_ASK_NOTICES:
        for (size_t i = 0; i < reply->notices->n_notices; i++)
            take_notice(live, reply->notices->notices[i]);
        break;
    case TUI_ASKS:
        break;
    }
    tui_data_touch(data);
}

static void ask_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct tui_call *call = context;
    struct tui_asked *asked = &call->live->asks[call->kind];
    asked->in_flight = false;
    asked->dirty |= error != NULL;
    if (reply)
        take(call->live, (enum tui_ask)call->kind, reply);
    qr_reply_free(reply);
    free(call);
}

static void send_ask(struct tui_live *live, enum tui_ask ask)
{
    Quorate__LedgerHeadRequest head = QUORATE__LEDGER_HEAD_REQUEST__INIT;
    Quorate__LedgerBlocksRequest blocks = QUORATE__LEDGER_BLOCKS_REQUEST__INIT;
    Quorate__RecentDecisionsRequest recent = QUORATE__RECENT_DECISIONS_REQUEST__INIT;
    Quorate__LedgerDecisionsRequest recorded = QUORATE__LEDGER_DECISIONS_REQUEST__INIT;
    Quorate__ProposalsRequest proposals = QUORATE__PROPOSALS_REQUEST__INIT;
    Quorate__MembersRequest members = QUORATE__MEMBERS_REQUEST__INIT;
    Quorate__NetworkRequest network = QUORATE__NETWORK_REQUEST__INIT;
    Quorate__OrdersRequest orders = QUORATE__ORDERS_REQUEST__INIT;
    Quorate__NoticesRequest notices = QUORATE__NOTICES_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    blocks.most = BLOCKS_WANTED;
    recent.most = DECISIONS_WANTED;
    recorded.most = DECISIONS_WANTED;
    proposals.most = PROPOSALS_WANTED;
    orders.most = ORDERS_WANTED;
    notices.most = NOTICES_WANTED;
    notices.after = live->last_notice;
    request.body_case = asks[ask].body;
    void *const bodies[TUI_ASKS] = {&head, &blocks, &recent, &recorded, &proposals, &members, &network, &orders, &notices};
    request.ledger_head = bodies[ask]; /* the members of a oneof are one place */
    struct tui_asked *asked = &live->asks[ask];
    asked->in_flight = tui_live_send(live, asks[ask].service, &request, ask_done, (int)ask, NULL);
    asked->dirty = !asked->in_flight;
    asked->at_ms = live->now_ms;
}

static void dirty_service(struct tui_live *live, enum qr_service service)
{
    for (int ask = 0; ask < TUI_ASKS; ask++)
        if (asks[ask].service == service)
            live->asks[ask].dirty = true;
    if (service == QR_SERVICE_GOVERNANCE)
        live->proposal_changed = true;
}

/* ---- Is it there? ---- */

static void status_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct tui_call *call = context;
    struct tui_live *live = call->live;
    enum qr_service which = (enum qr_service)call->kind;
    struct tui_service *service = &live->data->services[which];
    bool was_up = service->up;
    bool first = service->asked_ms == 0;
    live->status[which].in_flight = false;
    service->up = reply != NULL;
    service->asked_ms = live->now_ms;
    if (reply) {
        service->answered_ms = live->now_ms;
        tui_take_status(live->data, which, reply->status);
    }
    if (was_up != service->up && !first)
        tui_data_event(live->data, live->now_ms, reply ? TUI_INFO : TUI_ALARM, qr_service_name(which), "%s",
                       reply ? "answers" : error ? error->text : "is away");
    if (!was_up && service->up)
        dirty_service(live, which);
    tui_data_touch(live->data);
    qr_reply_free(reply);
    free(call);
}

static void send_status(struct tui_live *live, enum qr_service service)
{
    Quorate__StatusRequest status = QUORATE__STATUS_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_STATUS;
    request.status = &status;
    struct tui_asked *asked = &live->status[service];
    asked->in_flight = tui_live_send(live, service, &request, status_done, (int)service, NULL);
    asked->at_ms = live->now_ms;
}

/* ---- Events ---- */

static void block_event(struct tui_live *live, const Quorate__BlockEvent *block)
{
    struct tui_data *data = live->data;
    tui_data_block_event(data, block->time_ms, block->height, block->n_transactions, block->n_decisions);
    tui_rate_add(data, TUI_RATE_BLOCKS, live->now_ms, 1);
    tui_rate_add(data, TUI_RATE_RECORDED, live->now_ms, block->n_decisions);
    live->asks[TUI_ASK_HEAD].dirty = true;
    live->asks[TUI_ASK_BLOCKS].dirty = true;
    live->asks[TUI_ASK_DECISIONS].dirty |= block->n_decisions > 0;
    live->asks[TUI_ASK_RECORDED].dirty |= block->n_decisions > 0;
    live->asks[TUI_ASK_ORDERS].dirty |= block->n_decisions > 0;
}

static void order_event(struct tui_live *live, const Quorate__Event *event)
{
    const Quorate__OrderEvent *order = event->order;
    char fare[QR_MONEY_TEXT];
    unsigned digits = live->data->network.at_ms ? live->data->network.minor_digits : 2;
    tui_rate_add(live->data, TUI_RATE_ORDERS, live->now_ms, 1);
    tui_data_event(live->data, event->time_ms, TUI_INFO, "order", "%s %s %s-%s %s", order->state, order->flight, order->from,
                   order->to, qr_money_format((struct qr_money){order->fare}, digits, fare));
    live->asks[TUI_ASK_ORDERS].dirty = true;
}

static void proposal_event(struct tui_live *live, const Quorate__Event *event)
{
    const Quorate__ProposalEvent *proposal = event->proposal;
    tui_data_event(live->data, event->time_ms, TUI_INFO, "proposal", "%s: %s", proposal->state, proposal->title);
    live->asks[TUI_ASK_PROPOSALS].dirty = true;
    live->proposal_changed = true;
}

static void take_event(struct tui_live *live, const Quorate__Event *event)
{
    switch (event->body_case) {
    case QUORATE__EVENT__BODY_BLOCK:
        block_event(live, event->block);
        if (event->block->governance_changed) {
            live->asks[TUI_ASK_PROPOSALS].dirty = true;
            live->proposal_changed = true;
        }
        break;
    case QUORATE__EVENT__BODY_ACTIVATION:
        tui_data_event(live->data, event->time_ms, TUI_WARNING, "ledger", "a new model is active from block %" PRIu64,
                       event->activation->height);
        break;
    case QUORATE__EVENT__BODY_PROPOSAL:
        proposal_event(live, event);
        break;
    case QUORATE__EVENT__BODY_NOTICE:
        if (event->notice->notice)
            take_notice(live, event->notice->notice);
        break;
    case QUORATE__EVENT__BODY_DECISIONS:
        tui_rate_add(live->data, TUI_RATE_QUOTES, live->now_ms, event->decisions->n);
        live->asks[TUI_ASK_DECISIONS].dirty = true;
        break;
    case QUORATE__EVENT__BODY_ORDER:
        order_event(live, event);
        break;
    case QUORATE__EVENT__BODY__NOT_SET:
    case _QUORATE__EVENT__BODY__CASE_IS_INT_SIZE:
        break;
    }
    tui_data_touch(live->data);
}

static void take_news(void *context, enum qr_service service, enum qr_news news, const Quorate__Event *event)
{
    struct tui_live *live = context;
    live->now_ms = qr_clock_now();
    switch (news) {
    case QR_NEWS_EVENT:
        take_event(live, event);
        break;
    case QR_NEWS_GAP:
    case QR_NEWS_UP:
        dirty_service(live, service);
        live->status[service].at_ms = 0;
        break;
    case QR_NEWS_DOWN:
        live->status[service].at_ms = 0;
        break;
    }
}

/* ---- Life ---- */

int tui_live_new(const char *home, struct tui_data *data, struct tui_live **ret_live, struct qr_error *error)
{
    QR_CLEANUP(tui_live_freep) struct tui_live *live = qr_alloc(1, sizeof *live);
    live->data = data;
    live->home = qr_strdup(home);
    int failed = qr_client_new(home, &live->client, error);
    data->n_services = qr_supervised_services(home);
    for (unsigned service = 0; service < data->n_services && !failed; service++)
        failed = qr_client_subscribe(live->client, (enum qr_service)service, take_news, live, error);
    if (failed)
        return failed;
    for (int ask = 0; ask < TUI_ASKS; ask++)
        live->asks[ask].dirty = true;
    *ret_live = live;
    live = NULL;
    return QR_OK;
}

void tui_live_free(struct tui_live *live)
{
    if (!live)
        return;
    qr_client_free(live->client);
    qr_buffer_done(&live->receipt);
    free(live->home);
    free(live);
}

void tui_live_freep(struct tui_live **live)
{
    tui_live_free(*live);
    *live = NULL;
}

struct qr_client *tui_live_client(struct tui_live *live)
{
    return live->client;
}

static void show(void *context, unsigned sets)
{
    struct tui_live *live = context;
    live->sets = sets;
}

struct tui_source tui_live_source(struct tui_live *live)
{
    struct tui_source source = {.context = live, .show = show};
    tui_live_one_fill(&source);
    tui_live_act_fill(&source);
    return source;
}

/* When this is due: now at 0 or less, FOREVER_MS when it is not. */
static int64_t due_in(const struct tui_live *live, const struct tui_asked *asked, int64_t least_ms)
{
    return asked->in_flight ? FOREVER_MS : asked->at_ms + least_ms - live->now_ms;
}

/* CometBFT answers no requests of ours; that it runs shows in the home: its lock names the process, its RPC takes
 * connections. */
static void look_for_cometbft(struct tui_live *live)
{
    struct tui_service *cometbft = &live->data->cometbft, before = *cometbft;
    struct qr_supervised supervised[QR_SUPERVISED];
    struct qr_run_folder *folder = NULL;
    char socket[QR_SOCKET_PATH_MAX];
    QR_CLEANUP(qr_freep) char *place = qr_path_join(live->home, "cometbft");
    live->data->has_cometbft = access(place, F_OK) == 0;
    if (!live->data->has_cometbft || live->now_ms - cometbft->asked_ms < STATUS_EVERY_MS ||
        qr_run_folder_open(live->home, false, &folder, NULL))
        return;
    cometbft->asked_ms = live->now_ms;
    cometbft->pid = qr_lock_holder(live->home, "cometbft");
    cometbft->up = cometbft->pid && qr_socket_answers(qr_run_folder_rpc(folder, socket));
    qr_supervisor_read(live->home, supervised);
    qr_copy_text(cometbft->detail, sizeof cometbft->detail, supervised[QR_SUPERVISED_COMETBFT].reason);
    qr_copy_text(cometbft->state, sizeof cometbft->state, "running");
    qr_run_folder_free(folder);
    if (before.pid != cometbft->pid || before.up != cometbft->up || strcmp(before.detail, cometbft->detail) != 0)
        live->data->revision++;
}

static int64_t tick_status(struct tui_live *live)
{
    look_for_cometbft(live);
    int64_t next = FOREVER_MS;
    for (unsigned service = 0; service < live->data->n_services; service++) {
        struct tui_asked *asked = &live->status[service];
        if (due_in(live, asked, STATUS_EVERY_MS) <= 0)
            send_status(live, (enum qr_service)service);
        int64_t due = due_in(live, asked, STATUS_EVERY_MS);
        next = due < next ? due : next;
    }
    return next;
}

int tui_live_tick(struct tui_live *live, int64_t now_ms)
{
    live->now_ms = now_ms;
    int64_t next = tick_status(live);
    for (int ask = 0; ask < TUI_ASKS; ask++) {
        struct tui_asked *asked = &live->asks[ask];
        bool shown = asks[ask].set == 0 || (asks[ask].set & live->sets);
        if (!asked->dirty || !shown || !live->data->services[asks[ask].service].up)
            continue;
        if (ask == TUI_ASK_RECORDED && live->data->services[QR_SERVICE_PRICING].up)
            continue;
        if (due_in(live, asked, asks[ask].least_ms) <= 0)
            send_ask(live, (enum tui_ask)ask);
        else if (due_in(live, asked, asks[ask].least_ms) < next)
            next = due_in(live, asked, asks[ask].least_ms);
    }
    return next < 1 ? 1 : (int)next;
}
