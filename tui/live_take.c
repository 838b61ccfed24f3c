#include "tui/live_parts.h"

#include "common/clock.h"

/* Messages into tui_data. What a service sends is shown, so text is cut to what the data holds and hashes of a wrong size
 * become zero. */

#define COPY(to, from) qr_copy_text((to), sizeof(to), (from))

static struct qr_hash hash_of(ProtobufCBinaryData bytes)
{
    struct qr_hash hash = {0};
    if (bytes.len == sizeof hash.bytes)
        memcpy(hash.bytes, bytes.data, sizeof hash.bytes);
    return hash;
}

static char *replaced(char *old, const char *text)
{
    free(old);
    return text[0] ? qr_strdup(text) : NULL;
}

void tui_take_status(struct tui_data *data, enum qr_service service, const Quorate__Status *message)
{
    struct tui_service *to = &data->services[service];
    to->pid = message->pid;
    to->started_ms = message->started_ms;
    COPY(to->state, message->state);
    COPY(to->detail, message->detail);
    COPY(to->version, message->version);
}

void tui_take_head(struct tui_data *data, const Quorate__LedgerHead *message, int64_t now_ms)
{
    struct tui_head *head = &data->head;
    COPY(head->chain, message->chain);
    COPY(head->custody, message->custody);
    COPY(head->engine, message->engine);
    head->at_ms = now_ms;
    head->height = message->height;
    head->time_ms = message->time_ms;
    head->log_size = message->log_size;
    head->transactions = message->transactions;
    head->decisions = message->decisions;
    head->genesis = hash_of(message->genesis_hash);
    head->block = hash_of(message->block_hash);
    head->app = hash_of(message->app_hash);
    head->log_root = hash_of(message->log_root);
    head->mandate = hash_of(message->mandate);
}

static void take_block_facts(struct tui_block *block, const Quorate__LedgerBlock *message)
{
    *block = (struct tui_block){
        .height = message->height,
        .time_ms = message->time_ms,
        .log_size = message->log_size,
        .transactions = message->transaction_count,
        .decisions = message->decision_count,
        .hash = hash_of(message->hash),
        .previous = hash_of(message->previous),
        .transactions_root = hash_of(message->transactions_root),
        .log_root = hash_of(message->log_root),
        .app = hash_of(message->app_hash),
    };
}

void tui_take_blocks(struct tui_data *data, const Quorate__LedgerBlocks *message, int64_t now_ms)
{
    data->blocks.at_ms = now_ms;
    data->blocks.n = 0;
    for (size_t i = 0; i < message->n_blocks && i < TUI_BLOCKS_MAX; i++)
        take_block_facts(&data->blocks.items[data->blocks.n++], message->blocks[i]);
}

static void take_summary(struct tui_summary *to, const Quorate__TransactionSummary *message)
{
    to->id = hash_of(message->id);
    COPY(to->kind, message->kind);
    COPY(to->signer, message->signer);
    COPY(to->text, message->text);
    to->size = message->size;
    to->decisions = message->decisions;
}

void tui_take_block(struct tui_data *data, const Quorate__LedgerBlock *message, int64_t now_ms)
{
    struct tui_block_page *page = &data->block;
    take_block_facts(&page->block, message);
    page->at_ms = now_ms;
    page->checkpoint = replaced(page->checkpoint, message->checkpoint);
    page->n = 0;
    for (size_t i = 0; i < message->n_transactions && i < TUI_TRANSACTIONS_MAX; i++)
        take_summary(&page->items[page->n++], message->transactions[i]);
}

void tui_take_transaction(struct tui_data *data, const Quorate__LedgerTransaction *message, int64_t now_ms)
{
    struct tui_transaction *to = &data->transaction;
    const Quorate__Transaction *signed_one = message->transaction;
    if (!message->summary || !signed_one || signed_one->signer.len != sizeof to->signer ||
        signed_one->signature.len != sizeof to->signature)
        return;
    take_summary(&to->summary, message->summary);
    to->at_ms = now_ms;
    to->height = message->height;
    to->index = message->index;
    to->details = replaced(to->details, message->details);
    memcpy(to->signer, signed_one->signer.data, sizeof to->signer);
    memcpy(to->signature, signed_one->signature.data, sizeof to->signature);
}

/* ---- Decisions ---- */

static void clear_decisions(struct tui_data *data, int64_t now_ms)
{
    for (size_t i = 0; i < data->decisions.n; i++)
        tui_decision_done(&data->decisions.items[i]);
    data->decisions.n = 0;
    data->decisions.at_ms = now_ms;
}

static void add_decision(struct tui_data *data, ProtobufCBinaryData leaf, uint64_t height, bool late, const char *state)
{
    struct tui_decisions *decisions = &data->decisions;
    if (decisions->n == TUI_DECISIONS_MAX)
        return;
    struct tui_decision *decision = &decisions->items[decisions->n];
    if (!tui_decision_set(decision, leaf.data, leaf.len))
        return;
    decision->height = height;
    decision->recorded = height > 0;
    decision->late = late;
    COPY(decision->state, state);
    decisions->n++;
}

void tui_take_recent(struct tui_data *data, const Quorate__RecentDecisions *message, int64_t now_ms)
{
    clear_decisions(data, now_ms);
    for (size_t i = 0; i < message->n_decisions; i++)
        add_decision(data, message->decisions[i]->leaf, message->decisions[i]->height, false, message->decisions[i]->state);
    tui_decisions_describe(data);
}

void tui_take_recorded(struct tui_data *data, const Quorate__LedgerDecisions *message, int64_t now_ms)
{
    clear_decisions(data, now_ms);
    for (size_t i = 0; i < message->n_decisions; i++)
        add_decision(data, message->decisions[i]->leaf, message->decisions[i]->height, message->decisions[i]->late, "recorded");
    tui_decisions_describe(data);
}

bool tui_take_decision(struct tui_data *data, const struct qr_hash *id, ProtobufCBinaryData leaf, uint64_t height, bool late,
                       const char *state)
{
    struct tui_decision decision = {0};
    if (!tui_decision_set(&decision, leaf.data, leaf.len))
        return false;
    if (!qr_hash_equal(&decision.id, id)) {
        tui_decision_done(&decision);
        return false;
    }
    decision.height = height;
    decision.recorded = height > 0;
    decision.late = late;
    COPY(decision.state, state);
    tui_decision_done(&data->decision);
    data->decision = decision;
    tui_decisions_describe(data);
    return true;
}

void tui_take_mandate(struct tui_mandate *mandate, const Quorate__LedgerMandate *message)
{
    mandate->model = hash_of(message->model);
    mandate->baseline = hash_of(message->baseline);
    mandate->rules = hash_of(message->rules);
    mandate->proposal = hash_of(message->proposal);
    mandate->rules_version = message->rules_version;
    mandate->height = message->height;
    mandate->known = true;
}

/* ---- Governance ---- */

static void take_validator(struct tui_proposed_validator *to, const Quorate__ProposedValidator *message)
{
    to->here = true;
    COPY(to->change, message->change);
    COPY(to->name, message->name);
    COPY(to->member, message->member);
    to->power = (int64_t)message->power;
    to->key = hash_of(message->key);
    to->node_key = hash_of(message->node_key);
}

static void take_proposal_facts(struct tui_proposal *to, const Quorate__Proposal *message)
{
    *to = (struct tui_proposal){
        .id = hash_of(message->id),
        .model = hash_of(message->model),
        .baseline = hash_of(message->baseline),
        .current_model = hash_of(message->current_model),
        .report = hash_of(message->report),
        .created_height = message->created_height,
        .executed_height = message->executed_height,
        .created_ms = message->created_ms,
        .opens_ms = message->opens_ms,
        .closes_ms = message->closes_ms,
        .executable_ms = message->executable_ms,
        .expires_ms = message->expires_ms,
        .reports_needed = message->reports_needed,
        .reports_agreeing = message->reports_agreeing,
        .total = (int64_t)message->total_weight,
        .quorum = (int64_t)message->quorum,
        .veto_weight = (int64_t)message->veto_weight,
        .threshold_numerator = (int64_t)message->threshold_numerator,
        .threshold_denominator = (int64_t)message->threshold_denominator,
    };
    COPY(to->track, message->track);
    COPY(to->state, message->state);
    COPY(to->title, message->title);
    COPY(to->proposer, message->proposer);
    COPY(to->failure, message->failure);
    if (message->validator)
        take_validator(&to->validator, message->validator);
    if (message->tally) {
        to->yes = (int64_t)message->tally->yes;
        to->no = (int64_t)message->tally->no;
        to->abstain = (int64_t)message->tally->abstain;
        to->veto = (int64_t)message->tally->veto;
    }
}

void tui_take_proposals(struct tui_data *data, const Quorate__Proposals *message, int64_t now_ms)
{
    data->proposals.at_ms = now_ms;
    data->proposals.n = 0;
    for (size_t i = 0; i < message->n_proposals && i < TUI_PROPOSALS_MAX; i++)
        take_proposal_facts(&data->proposals.items[data->proposals.n++], message->proposals[i]);
}

static void take_ballot(struct tui_ballot *to, const Quorate__Ballot *message)
{
    COPY(to->member, message->member);
    COPY(to->choice, message->choice);
    COPY(to->reason, message->reason);
    to->weight = (int64_t)message->weight;
    to->height = message->height;
}

void tui_take_proposal(struct tui_data *data, const Quorate__Proposal *message, int64_t now_ms)
{
    struct tui_proposal_page *page = &data->proposal;
    struct qr_hash id = hash_of(message->id);
    if (!qr_hash_equal(&page->id, &id)) {
        free(page->report);
        page->report = NULL;
    }
    page->id = id;
    page->at_ms = now_ms;
    page->n_ballots = 0;
    for (size_t i = 0; i < message->n_ballots && i < TUI_BALLOTS_MAX; i++)
        take_ballot(&page->ballots[page->n_ballots++], message->ballots[i]);
    for (size_t i = 0; i < data->proposals.n; i++)
        if (qr_hash_equal(&data->proposals.items[i].id, &id))
            take_proposal_facts(&data->proposals.items[i], message);
}

void tui_take_members(struct tui_data *data, const Quorate__Members *message, const char *home, int64_t now_ms)
{
    data->members.at_ms = now_ms;
    data->members.total = (int64_t)message->total_weight;
    data->members.n = 0;
    for (size_t i = 0; i < message->n_members && i < TUI_MEMBERS_MAX; i++) {
        struct tui_member *to = &data->members.items[data->members.n++];
        const Quorate__Member *from = message->members[i];
        *to = (struct tui_member){.weight = (int64_t)from->weight};
        COPY(to->name, from->name);
        if (from->key.len == sizeof to->key.bytes)
            memcpy(to->key.bytes, from->key.data, sizeof to->key.bytes);
        QR_CLEANUP(qr_buffer_done) struct qr_buffer path = {0};
        qr_buffer_text(&path, "%s/keys/%s.key", home, to->name);
        to->here = qr_name_valid(to->name) && access(qr_buffer_string(&path), R_OK) == 0;
    }
}

/* ---- Fares ---- */

void tui_take_network(struct tui_data *data, const Quorate__Network *message, int64_t now_ms)
{
    struct tui_network *to = &data->network;
    to->at_ms = now_ms;
    COPY(to->currency, message->currency);
    to->minor_digits = message->minor_digits > QR_MINOR_DIGITS_MAX ? QR_MINOR_DIGITS_MAX : message->minor_digits;
    to->first_date = message->first_date;
    to->last_date = message->last_date;
    to->n_airports = message->n_airports;
    to->n_routes = message->n_routes;
}

static uint32_t digits_of(uint32_t digits)
{
    return digits > QR_MINOR_DIGITS_MAX ? QR_MINOR_DIGITS_MAX : digits;
}

void tui_take_offers(struct tui_data *data, const Quorate__Offers *message, int64_t now_ms)
{
    struct tui_offers *offers = &data->offers;
    offers->at_ms = now_ms;
    offers->searching = false;
    offers->n = 0;
    for (size_t i = 0; i < message->n_offers && i < TUI_OFFERS_MAX; i++) {
        struct tui_offer *to = &offers->items[offers->n];
        const Quorate__Offer *from = message->offers[i];
        if (from->offer.len != sizeof to->id)
            continue;
        *to = (struct tui_offer){
            .departs_ms = from->departs_ms,
            .arrives_ms = from->arrives_ms,
            .expires_ms = from->expires_ms,
            .fare = from->fare,
            .departs_offset = from->departs_offset,
            .arrives_offset = from->arrives_offset,
            .stops = from->stops,
            .minor_digits = digits_of(from->minor_digits),
            .seats_left = from->seats_left,
            .decision = hash_of(from->decision),
            .mandate = hash_of(from->mandate),
        };
        memcpy(to->id, from->offer.data, sizeof to->id);
        COPY(to->flight, from->flight);
        COPY(to->from, from->from);
        COPY(to->to, from->to);
        COPY(to->cabin, from->cabin);
        COPY(to->airline, from->airline);
        COPY(to->currency, from->currency);
        offers->n++;
    }
}

void tui_take_orders(struct tui_data *data, const Quorate__Orders *message, int64_t now_ms)
{
    struct tui_orders *orders = &data->orders;
    orders->at_ms = now_ms;
    orders->n = 0;
    for (size_t i = 0; i < message->n_orders && i < TUI_ORDERS_MAX; i++) {
        struct tui_order *to = &orders->items[orders->n++];
        const Quorate__Order *from = message->orders[i];
        *to = (struct tui_order){
            .fare = from->fare,
            .departs_ms = from->departs_ms,
            .created_ms = from->created_ms,
            .departs_offset = from->departs_offset,
            .minor_digits = digits_of(from->minor_digits),
            .height = from->height,
            .decision = hash_of(from->decision),
        };
        COPY(to->locator, from->locator);
        COPY(to->state, from->state);
        COPY(to->flight, from->flight);
        COPY(to->from, from->from);
        COPY(to->to, from->to);
        COPY(to->cabin, from->cabin);
        COPY(to->currency, from->currency);
    }
}
