#include "common/clock.h"
#include "services/reserved/reserved.h"
#include "xai/decision.h"

enum { QUOTE_MS = 5000 };

/* A search under way: what was asked of pricing, what came back, and the offers made of it. */
struct search {
    struct reserved *reserved;
    struct qr_request *request;
    struct qr_candidate candidates[RESERVED_OFFERS_MAX];
    size_t n;
    size_t n_features;
    int32_t *rows;
    bool again; /* asked a second time, after the model had changed */
    Quorate__Reply *reply;
    struct qr_offer offers[RESERVED_OFFERS_MAX];
};

static void search_free(struct search *search)
{
    qr_reply_free(search->reply);
    free(search->rows);
    free(search);
}

static void refuse(struct search *search, const struct qr_error *error)
{
    *search->reserved->refused_metric += 1;
    qr_request_refuse(search->request, error);
    search_free(search);
}

/* --- candidates --- */

static int find(struct search *search, struct qr_error *error)
{
    struct reserved *reserved = search->reserved;
    const Quorate__SearchRequest *asked = qr_request_message(search->request)->search;
    struct qr_candidate found[QR_CANDIDATES_MAX];
    size_t count, most = asked->most == 0 ? RESERVED_OFFERS_MAX : asked->most;
    struct qr_search wanted = {.from = asked->from, .to = asked->to, .date = {asked->date}, .now = qr_clock_now()};
    if (most > RESERVED_OFFERS_MAX)
        return qr_fail(error, QR_ELIMIT, "a search gives at most %d offers, not %zu", RESERVED_OFFERS_MAX, most);
    if (!qr_cabin_parse(asked->cabin, &wanted.cabin)) {
        qr_fail(error, QR_EINPUT, "no cabin `%.20s`", asked->cabin);
        return qr_hint(error, "cabins: economy business");
    }
    int code = qr_candidates_find(reserved->store, &wanted, found, &count, error);
    if (code < 0)
        return code;
    search->n_features = qr_features_count(reserved->model->features);
    search->rows = qr_realloc(search->rows, most * search->n_features, sizeof *search->rows);
    code = 0;
    for (size_t i = 0; i < count && search->n < most; i++) {
        int known =
            qr_features_row(reserved->model->features, &found[i], search->rows + search->n * search->n_features, error);
        if (known == 0)
            search->candidates[search->n++] = found[i];
        else
            code = known;
    }
    return search->n > 0 ? 0 : code; /* flights that the model cannot price are no offers, unless there are no others */
}

/* --- quotes --- */

static void quoted(void *context, Quorate__Reply *reply, const struct qr_error *error);

static int ask(struct search *search, struct qr_error *error)
{
    Quorate__Row rows[RESERVED_OFFERS_MAX], *list[RESERVED_OFFERS_MAX];
    for (size_t i = 0; i < search->n; i++) {
        quorate__row__init(&rows[i]);
        rows[i].values = search->rows + i * search->n_features;
        rows[i].n_values = search->n_features;
        list[i] = &rows[i];
    }
    Quorate__QuoteRequest quote = QUORATE__QUOTE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    quote.schema = qr_wire_hash(&search->reserved->model->schema);
    quote.rows = list;
    quote.n_rows = search->n;
    request.body_case = QUORATE__REQUEST__BODY_QUOTE;
    request.quote = &quote;
    return qr_client_send(qr_daemon_client(search->reserved->daemon), QR_SERVICE_PRICING, &request, QUOTE_MS, quoted,
                          search, error);
}

static int begin(struct search *search, struct qr_error *error)
{
    if (search->reserved->model == NULL) {
        model_want(search->reserved);
        qr_fail(error, QR_EUNREACHABLE,
                "pricing is away, so no fares can be had; orders and shown offers are not affected");
        return qr_hint(error, "start quorate-priced, or `quorate up`");
    }
    search->n = 0;
    int code = find(search, error);
    if (code < 0)
        return code;
    if (search->n > 0)
        return ask(search, error);
    turn_add_search(search->reserved->turn, search); /* nothing flies: an answer without offers */
    return 0;
}

void search_request(struct reserved *reserved, struct qr_request *request)
{
    struct qr_error error;
    struct search *search = qr_alloc(1, sizeof *search);
    search->reserved = reserved;
    search->request = request;
    *reserved->searches_metric += 1;
    if (begin(search, &error) < 0)
        refuse(search, &error);
}

/* The model changed between our row and the quote: once more, with the new one. */
static void try_again(void *context)
{
    struct search *search = context;
    struct qr_error error;
    if (begin(search, &error) < 0)
        refuse(search, &error);
}

static void quoted(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct search *search = context;
    if (error == NULL) {
        search->reply = reply;
        turn_add_search(search->reserved->turn, search);
    } else if (error->code == QR_EMISMATCH && !search->again) {
        enum { AFTER_MODEL_MS = 20 };
        search->again = true;
        model_want(search->reserved);
        qr_daemon_after(search->reserved->daemon, AFTER_MODEL_MS, try_again, search);
    } else {
        refuse(search, error);
    }
}

/* --- offers --- */

/* The echoed decision must be about the row that was sent, or the fare is for something else. */
static int check(const struct search *search, size_t i, const Quorate__Quotes *quotes, struct qr_decision *decision,
                 struct qr_error *error)
{
    const Quorate__Quote *quote = quotes->quotes[i];
    struct qr_hash mandate;
    int code = qr_decision_decode(quote->leaf.data, quote->leaf.len, decision, error);
    if (code == 0)
        code = qr_hash_from_wire(quotes->mandate, "a mandate", &mandate, error);
    if (code < 0)
        return code;
    bool same =
        decision->n_features == search->n_features && decision->fare.minor == quote->fare &&
        qr_hash_equal(&decision->mandate, &mandate) &&
        memcmp(decision->row, search->rows + i * search->n_features, search->n_features * sizeof *decision->row) == 0;
    return same ? 0 : qr_fail(error, QR_EMISMATCH, "pricing answered another question than it was asked");
}

static int make_offer(struct search *search, size_t i, const Quorate__Quotes *quotes, struct qr_decision *decision,
                      struct qr_error *error)
{
    struct reserved *reserved = search->reserved;
    struct qr_offer *offer = &search->offers[i];
    int code = check(search, i, quotes, decision, error);
    if (code < 0)
        return code;
    const Quorate__Quote *quote = quotes->quotes[i];
    int64_t now = qr_reservations_time(reserved->store, qr_clock_now());
    *offer = (struct qr_offer){
        .departure = search->candidates[i].departure,
        .fare = decision->fare,
        .minor_digits = reserved->model->minor_digits,
        .created_at = now,
        .expires_at = now + reserved->offer_ms,
        .decision = qr_decision_id(quote->leaf.data, quote->leaf.len),
        .mandate = decision->mandate,
        .leaf = {quote->leaf.data, quote->leaf.len},
        .recorded = quotes->recorded,
    };
    memcpy(offer->currency, reserved->model->currency, sizeof offer->currency);
    return qr_offer_put(reserved->store, offer, error);
}

int search_store(struct reserved *reserved, struct search *search, struct qr_error *error)
{
    static struct qr_decision decision; /* large; the loop has one thread */
    (void)reserved;
    if (search->n == 0)
        return 0;
    const Quorate__Quotes *quotes = search->reply->quotes;
    if (quotes->n_quotes != search->n)
        return qr_fail(error, QR_EMISMATCH, "pricing gave %zu quotes for %zu rows", quotes->n_quotes, search->n);
    for (size_t i = 0; i < search->n; i++) {
        int code = make_offer(search, i, quotes, &decision, error);
        if (code < 0)
            return code;
    }
    return 0;
}

/* --- answering --- */

struct line {
    Quorate__Offer message;
    struct qr_offer_id id;
};

static void describe(const struct search *search, size_t i, struct line *line)
{
    const struct qr_network *network = qr_reservations_network(search->reserved->store);
    const struct qr_candidate *candidate = &search->candidates[i];
    const struct qr_offer *offer = &search->offers[i];
    const struct qr_flight *flight = &network->flights[candidate->departure.flight];
    line->id = qr_offer_id(search->reserved->store, offer->number);
    quorate__offer__init(&line->message);
    line->message.offer = qr_wire_bytes(line->id.bytes, sizeof line->id.bytes);
    line->message.flight = (char *)(uintptr_t)flight->code;
    line->message.from = network->airports[flight->origin].code;
    line->message.to = network->airports[flight->destination].code;
    line->message.departs_ms = candidate->departs;
    line->message.arrives_ms = candidate->arrives;
    line->message.departs_offset = network->airports[flight->origin].offset_minutes;
    line->message.arrives_offset = network->airports[flight->destination].offset_minutes;
    line->message.cabin = (char *)(uintptr_t)qr_cabin_name(candidate->departure.cabin);
    line->message.airline = network->airlines[flight->airline].name;
    line->message.stops = (uint32_t)flight->stops;
    line->message.fare = offer->fare.minor;
    line->message.currency = (char *)(uintptr_t)offer->currency;
    line->message.minor_digits = offer->minor_digits;
    line->message.seats_left = (uint32_t)candidate->seats_left;
    line->message.expires_ms = offer->expires_at;
    line->message.decision = qr_wire_hash(&offer->decision);
    line->message.mandate = qr_wire_hash(&offer->mandate);
}

static int cheaper(const void *left, const void *right)
{
    const Quorate__Offer *a = *(Quorate__Offer *const *)left, *b = *(Quorate__Offer *const *)right;
    if (a->fare != b->fare)
        return a->fare < b->fare ? -1 : 1;
    return (a->departs_ms > b->departs_ms) - (a->departs_ms < b->departs_ms);
}

void search_end(struct reserved *reserved, struct search *search, const struct qr_error *error)
{
    struct line lines[RESERVED_OFFERS_MAX];
    Quorate__Offer *list[RESERVED_OFFERS_MAX];
    if (error != NULL) {
        refuse(search, error);
        return;
    }
    for (size_t i = 0; i < search->n; i++) {
        describe(search, i, &lines[i]);
        list[i] = &lines[i].message;
    }
    if (search->n > 1)
        qsort(list, search->n, sizeof list[0], cheaper);
    Quorate__Offers offers = QUORATE__OFFERS__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    offers.offers = list;
    offers.n_offers = search->n;
    reply.body_case = QUORATE__REPLY__BODY_OFFERS;
    reply.offers = &offers;
    qr_request_answer(search->request, &reply);
    *reserved->offers_metric += (int64_t)search->n;
    search_free(search);
}
