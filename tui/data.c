#include "tui/data.h"

#include "xai/decision.h"

struct tui_data *tui_data_new(void)
{
    struct tui_data *data = qr_alloc(1, sizeof *data);
    data->n_services = QR_SERVICES;
    return data;
}

static void mandate_done(struct tui_mandate *mandate)
{
    qr_schema_done(&mandate->schema);
    qr_buffer_done(&mandate->model_file);
    qr_buffer_done(&mandate->baseline_file);
    *mandate = (struct tui_mandate){0};
}

void tui_data_free(struct tui_data *data)
{
    if (!data)
        return;
    for (size_t i = 0; i < data->decisions.n; i++)
        tui_decision_done(&data->decisions.items[i]);
    tui_decision_done(&data->decision);
    for (size_t i = 0; i < data->mandates.n; i++)
        mandate_done(&data->mandates.items[i]);
    free(data->block.checkpoint);
    free(data->transaction.details);
    free(data->proposal.report);
    free(data->log);
    free(data);
}

void tui_data_freep(struct tui_data **data)
{
    tui_data_free(*data);
    *data = NULL;
}

void tui_data_touch(struct tui_data *data)
{
    data->revision++;
}

void tui_data_say(struct tui_data *data, enum tui_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(data->said_text, sizeof data->said_text, format, arguments);
    va_end(arguments);
    data->said_level = level;
    data->said++;
    tui_data_touch(data);
}

void tui_data_fail(struct tui_data *data, const struct qr_error *error)
{
    if (error->hint[0])
        tui_data_say(data, TUI_ALARM, "%s; %s", error->text, error->hint);
    else
        tui_data_say(data, TUI_ALARM, "%s", error->text);
}

/* A new first line; the last one falls off when there are too many. */
static struct tui_event *event_add(struct tui_data *data, int64_t time_ms, enum tui_level level, const char *from)
{
    struct tui_events *events = &data->events;
    if (events->n < TUI_EVENTS_MAX)
        events->n++;
    memmove(events->items + 1, events->items, (events->n - 1) * sizeof events->items[0]);
    events->items[0] = (struct tui_event){.time_ms = time_ms, .level = level};
    qr_copy_text(events->items[0].from, sizeof events->items[0].from, from);
    tui_data_touch(data);
    return &events->items[0];
}

void tui_data_event(struct tui_data *data, int64_t time_ms, enum tui_level level, const char *from, const char *format, ...)
{
    struct tui_event *event = event_add(data, time_ms, level, from);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event->text, sizeof event->text, format, arguments);
    va_end(arguments);
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void describe_blocks(struct tui_event *event)
{
    struct qr_buffer text = {0};
    if (event->first == event->last)
        qr_buffer_text(&text, "block %" PRIu64, event->last);
    else
        qr_buffer_text(&text, "blocks %" PRIu64 " to %" PRIu64, event->first, event->last);
    if (event->transactions)
        qr_buffer_text(&text, ", %" PRIu64 " transaction%s", event->transactions, plural(event->transactions));
    if (event->decisions)
        qr_buffer_text(&text, ", %" PRIu64 " decision%s", event->decisions, plural(event->decisions));
    qr_copy_text(event->text, sizeof event->text, qr_buffer_string(&text));
    qr_buffer_done(&text);
}

void tui_data_block_event(struct tui_data *data, int64_t time_ms, uint64_t height, uint32_t transactions, uint32_t decisions)
{
    struct tui_event *event = &data->events.items[0];
    bool joins = data->events.n > 0 && event->last + 1 == height && event->last > 0 && time_ms / 1000 == event->time_ms / 1000;
    if (!joins) {
        event = event_add(data, time_ms, TUI_INFO, "ledger");
        event->first = height;
    }
    event->last = height;
    event->transactions += transactions;
    event->decisions += decisions;
    describe_blocks(event);
    tui_data_touch(data);
}

bool tui_data_runs(const struct tui_data *data, enum qr_service service)
{
    return (unsigned)service < data->n_services;
}

unsigned tui_data_away(const struct tui_data *data)
{
    unsigned away = data->has_cometbft && !data->cometbft.up;
    for (unsigned i = 0; i < data->n_services; i++)
        away += !data->services[i].up;
    return away;
}

unsigned tui_data_processes(const struct tui_data *data)
{
    return data->n_services + data->has_cometbft;
}

int64_t tui_data_stale(const struct tui_data *data, enum qr_service service, int64_t now_ms)
{
    const struct tui_service *of = &data->services[service];
    if (of->up || of->answered_ms == 0)
        return -1;
    return now_ms > of->answered_ms ? now_ms - of->answered_ms : 0;
}

/* Shifts a history so that counts[TUI_HISTORY - 1] is of `second`. */
static void shift(struct tui_history *history, int64_t second)
{
    int64_t by = second - history->second;
    if (by <= 0)
        return;
    if (by >= TUI_HISTORY) {
        memset(history->counts, 0, sizeof history->counts);
    } else {
        memmove(history->counts, history->counts + by, (size_t)(TUI_HISTORY - by) * sizeof history->counts[0]);
        memset(history->counts + TUI_HISTORY - by, 0, (size_t)by * sizeof history->counts[0]);
    }
    history->second = second;
}

void tui_rate_add(struct tui_data *data, enum tui_rate rate, int64_t now_ms, uint32_t n)
{
    shift(&data->rates[rate], now_ms / 1000);
    data->rates[rate].counts[TUI_HISTORY - 1] += n;
}

void tui_rate_history(const struct tui_data *data, enum tui_rate rate, int64_t now_ms, uint32_t counts[TUI_HISTORY])
{
    struct tui_history history = data->rates[rate];
    shift(&history, now_ms / 1000);
    memcpy(counts, history.counts, sizeof history.counts);
}

uint64_t tui_rate_tenths(const struct tui_data *data, enum tui_rate rate, int64_t now_ms)
{
    enum { MEAN_OVER = 10 };
    uint32_t counts[TUI_HISTORY];
    tui_rate_history(data, rate, now_ms, counts);
    uint64_t sum = 0;
    for (int i = 1; i <= MEAN_OVER; i++)
        sum += counts[TUI_HISTORY - 1 - i];
    return sum;
}

const struct tui_mandate *tui_mandate_of(const struct tui_data *data, const struct qr_hash *id)
{
    for (size_t i = 0; i < data->mandates.n; i++)
        if (qr_hash_equal(&data->mandates.items[i].id, id))
            return &data->mandates.items[i];
    return NULL;
}

struct tui_mandate *tui_mandate_find(struct tui_data *data, const struct qr_hash *id)
{
    return (struct tui_mandate *)tui_mandate_of(data, id);
}

struct tui_mandate *tui_mandate_add(struct tui_data *data, const struct qr_hash *id)
{
    struct tui_mandates *mandates = &data->mandates;
    if (mandates->n == TUI_MANDATES_MAX) {
        mandate_done(&mandates->items[0]);
        memmove(mandates->items, mandates->items + 1, (TUI_MANDATES_MAX - 1) * sizeof mandates->items[0]);
        mandates->n--;
    }
    struct tui_mandate *mandate = &mandates->items[mandates->n++];
    *mandate = (struct tui_mandate){.id = *id};
    return mandate;
}

const struct tui_decision *tui_decision_find(const struct tui_data *data, const struct qr_hash *id)
{
    const struct tui_decision *asked = &data->decision;
    if (!asked->leaf || !qr_hash_equal(&asked->id, id))
        asked = NULL;
    for (size_t i = 0; i < data->decisions.n; i++) {
        const struct tui_decision *listed = &data->decisions.items[i];
        if (qr_hash_equal(&listed->id, id))
            return asked && listed->height == 0 ? asked : listed;
    }
    return asked;
}

bool tui_decision_set(struct tui_decision *decision, const void *leaf, size_t size)
{
    QR_CLEANUP(qr_freep) struct qr_decision *decoded = qr_alloc(1, sizeof *decoded);
    if (qr_decision_decode(leaf, size, decoded, NULL) != QR_OK)
        return false;
    free(decision->leaf);
    decision->leaf = qr_memdup(leaf, size);
    decision->leaf_size = size;
    decision->id = qr_decision_id(leaf, size);
    decision->mandate = decoded->mandate;
    decision->time_ms = decoded->time_ms;
    decision->fare = decoded->fare.minor;
    decision->what[0] = '\0';
    return true;
}

void tui_decision_done(struct tui_decision *decision)
{
    free(decision->leaf);
    *decision = (struct tui_decision){0};
}

static const char *value_of(const struct qr_schema *schema, const struct qr_decision *decision, const char *name,
                            char text[QR_VALUE_TEXT])
{
    int at = qr_schema_find(schema, name);
    if (at < 0 || (size_t)at >= decision->n_features)
        return "";
    return qr_feature_format(&schema->features[at], decision->row[at], text);
}

/* What a person recognises a fare by; a model without these features shows its first two values. */
static void describe(struct tui_decision *decision, const struct qr_schema *schema)
{
    QR_CLEANUP(qr_freep) struct qr_decision *decoded = qr_alloc(1, sizeof *decoded);
    if (qr_decision_decode(decision->leaf, decision->leaf_size, decoded, NULL) != QR_OK)
        return;
    char from[QR_VALUE_TEXT], to[QR_VALUE_TEXT], cabin[QR_VALUE_TEXT], airline[QR_VALUE_TEXT], days[QR_VALUE_TEXT];
    if (qr_schema_find(schema, "from") >= 0 && qr_schema_find(schema, "to") >= 0) {
        snprintf(decision->what, sizeof decision->what, "%.16s-%.16s %-8.16s %3.8s d %.32s",
                 value_of(schema, decoded, "from", from), value_of(schema, decoded, "to", to),
                 value_of(schema, decoded, "cabin", cabin), value_of(schema, decoded, "days_left", days),
                 value_of(schema, decoded, "airline", airline));
        return;
    }
    struct qr_buffer text = {0};
    for (size_t i = 0; i < decoded->n_features && i < schema->n_features && i < 2; i++)
        qr_buffer_text(&text, "%s%s %s", i ? ", " : "", schema->features[i].name,
                       qr_feature_format(&schema->features[i], decoded->row[i], from));
    qr_copy_text(decision->what, sizeof decision->what, qr_buffer_string(&text));
    qr_buffer_done(&text);
}

void tui_decisions_describe(struct tui_data *data)
{
    for (size_t i = 0; i <= data->decisions.n; i++) {
        struct tui_decision *decision = i < data->decisions.n ? &data->decisions.items[i] : &data->decision;
        const struct tui_mandate *mandate = decision->leaf ? tui_mandate_of(data, &decision->mandate) : NULL;
        if (mandate && mandate->described && !decision->what[0])
            describe(decision, &mandate->schema);
    }
    tui_data_touch(data);
}

const struct tui_proposal *tui_proposal_find(const struct tui_data *data, const struct qr_hash *id)
{
    for (size_t i = 0; i < data->proposals.n; i++)
        if (qr_hash_equal(&data->proposals.items[i].id, id))
            return &data->proposals.items[i];
    return NULL;
}
