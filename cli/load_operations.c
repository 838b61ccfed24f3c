#include <dirent.h>

#include "cli/load.h"
#include "common/clock.h"
#include "common/file.h"
#include "governance/payload.h"
#include "node/actions.h"
#include "services/lib/signed.h"

/* One operation on its way. */
struct operation {
    struct load *load;
    enum load_operation kind;
    int64_t planned;
};

uint64_t load_random(struct load *load, uint64_t below)
{
    load->random ^= load->random << 13;
    load->random ^= load->random >> 7;
    load->random ^= load->random << 17;
    return load->random % below;
}

static void finish(struct operation *operation, const struct qr_error *error)
{
    struct load *load = operation->load;
    struct load_counts *counts = &load->counts[operation->kind];
    if (error) {
        counts->errors[-error->code]++;
    } else {
        qr_histogram_add(&counts->latency, qr_clock_monotonic() - operation->planned);
    }
    free(operation);
    if (load->finished)
        load->finished(load);
}

static void send_request(struct operation *operation, enum qr_service service, Quorate__Request *request,
                         qr_client_done *done)
{
    struct qr_error error;
    if (qr_client_send(operation->load->client, service, request, LOAD_TIMEOUT_MS, done, operation, &error))
        finish(operation, &error);
}

/* ---- Searches ---- */

static void keep_offers(struct load *load, const Quorate__Offers *offers)
{
    for (size_t i = 0; i < offers->n_offers; i++) {
        if (offers->offers[i]->offer.len == sizeof load->offers[0]) {
            memcpy(load->offers[load->offers_put++ % LOAD_OFFERS_MAX], offers->offers[i]->offer.data,
                   sizeof load->offers[0]);
        }
    }
    if (load->offers_put - load->offers_taken > LOAD_OFFERS_MAX)
        load->offers_taken = load->offers_put - LOAD_OFFERS_MAX;
}

static void book(struct operation *operation);

static void searched(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct operation *operation = context;
    if (reply)
        keep_offers(operation->load, reply->offers);
    qr_reply_free(reply);
    if (!error && operation->kind == LOAD_BOOK && operation->load->offers_put > operation->load->offers_taken) {
        book(operation);
    } else {
        finish(operation, error);
    }
}

static void search(struct operation *operation)
{
    enum { OFFERS = 8 };
    struct load *load = operation->load;
    const Quorate__Network *network = load->network->network;
    const Quorate__Route *route = network->routes[load_random(load, network->n_routes)];
    int32_t days = network->last_date - network->first_date;
    Quorate__SearchRequest body = QUORATE__SEARCH_REQUEST__INIT;
    body.from = route->from;
    body.to = route->to;
    body.date = network->first_date + (days > 1 ? 1 + (int32_t)load_random(load, (uint64_t)days) : 0);
    body.cabin = (char *)(uintptr_t) "economy";
    body.most = OFFERS;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_SEARCH;
    request.search = &body;
    send_request(operation, QR_SERVICE_RESERVATION, &request, searched);
}

/* ---- Bookings ---- */

static void answered(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    qr_reply_free(reply);
    finish(context, error);
}

static void book(struct operation *operation)
{
    struct load *load = operation->load;
    if (load->offers_taken == load->offers_put) {
        search(operation);
        return;
    }
    char key[64];
    snprintf(key, sizeof key, "load-%016" PRIx64 "-%" PRIu64, load->random, load->books++);
    Quorate__BookRequest body = QUORATE__BOOK_REQUEST__INIT;
    body.offer = qr_wire_bytes(load->offers[load->offers_taken++ % LOAD_OFFERS_MAX], sizeof load->offers[0]);
    body.surname = (char *)(uintptr_t) "LOAD";
    body.given_name = (char *)(uintptr_t) "TEST";
    body.key = key;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_BOOK;
    request.book = &body;
    send_request(operation, QR_SERVICE_RESERVATION, &request, answered);
}

/* ---- Ballots ---- */

/* Each ballot differs in its reason, so that each is a transaction of its own. */
static void vote(struct operation *operation)
{
    enum { EXPIRY_BLOCKS = 9000 };
    struct load *load = operation->load;
    struct qr_cast cast = {.proposal = load->proposal, .report = load->report, .choice = QR_CHOICE_ABSTAIN};
    snprintf(cast.reason, sizeof cast.reason, "load test %016" PRIx64 " %" PRIu64, load->random, load->ballots++);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    QR_CLEANUP(qr_signed_done) struct qr_signed ballot = {0};
    qr_cast_encode(&cast, &payload);
    qr_signed_make(&ballot, load->voter, load->chain, QR_ACTION_BALLOT, load->height + EXPIRY_BLOCKS, payload.data,
                   payload.size);
    Quorate__LedgerSubmitRequest body = QUORATE__LEDGER_SUBMIT_REQUEST__INIT;
    body.transactions = &ballot.list;
    body.n_transactions = 1;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_SUBMIT;
    request.ledger_submit = &body;
    send_request(operation, QR_SERVICE_LEDGER, &request, answered);
}

void load_launch(struct load *load, enum load_operation kind, int64_t planned)
{
    struct operation *operation = qr_alloc(1, sizeof *operation);
    *operation = (struct operation){.load = load, .kind = kind, .planned = planned};
    switch (kind) {
    case LOAD_SEARCH:
        search(operation);
        break;
    case LOAD_BOOK:
        book(operation);
        break;
    case LOAD_VOTE:
        vote(operation);
        break;
    case LOAD_OPERATIONS:
        free(operation);
        break;
    }
}

/* ---- Learning what there is ---- */

int load_prepare(struct load *load, struct qr_error *error)
{
    Quorate__NetworkRequest body = QUORATE__NETWORK_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_NETWORK;
    request.network = &body;
    int failed = cli_client(load->cli, &load->client, error);
    if (!failed)
        failed = cli_call(load->cli, QR_SERVICE_RESERVATION, &request, &load->network, error);
    if (failed)
        return failed;
    if (!load->network->network->n_routes)
        return qr_fail(error, QR_ENOT_FOUND, "the network has no routes");
    load->counts = qr_alloc(LOAD_OPERATIONS, sizeof *load->counts);
    load->offers = qr_alloc(LOAD_OFFERS_MAX, sizeof *load->offers);
    qr_random(&load->random, sizeof load->random);
    load->random |= 1;
    return 0;
}

static int find_proposal(struct load *load, struct qr_error *error)
{
    enum { LOOKED_AT = 100 };
    Quorate__ProposalsRequest body = QUORATE__PROPOSALS_REQUEST__INIT;
    body.most = LOOKED_AT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_PROPOSALS;
    request.proposals = &body;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    int failed = cli_call(load->cli, QR_SERVICE_GOVERNANCE, &request, &reply, error);
    if (failed)
        return failed;
    for (size_t i = 0; i < reply->proposals->n_proposals; i++) {
        const Quorate__Proposal *proposal = reply->proposals->proposals[i];
        if (strcmp(proposal->state, "voting") != 0)
            continue;
        if (proposal->report.len > 0) /* nothing is reported of a validator */
            failed = qr_hash_from_wire(proposal->report, "report", &load->report, error);
        return failed ? failed : qr_hash_from_wire(proposal->id, "proposal", &load->proposal, error);
    }
    qr_fail(error, QR_ENOT_FOUND, "there is no proposal open for voting");
    return qr_hint(error, "make one with `quorate proposal create`, or leave vote out of --mix");
}

/* Any member's key in this home. */
static int find_voter(struct load *load, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(cli_home(load->cli), "keys");
    DIR *folder = opendir(path);
    if (!folder)
        return qr_fail_errno(error, "read", path);
    for (struct dirent *entry; !load->voter && (entry = readdir(folder));) {
        const char *suffix = strrchr(entry->d_name, '.');
        if (!suffix || strcmp(suffix, ".key") != 0)
            continue;
        QR_CLEANUP(qr_freep) char *file = qr_path_join(path, entry->d_name);
        if (qr_key_load(file, &load->voter, NULL))
            load->voter = NULL;
    }
    closedir(folder);
    return load->voter ? 0 : qr_fail(error, QR_ENOT_A_MEMBER, "no member's key is in %s", path);
}

int load_prepare_votes(struct load *load, struct qr_error *error)
{
    Quorate__LedgerHeadRequest body = QUORATE__LEDGER_HEAD_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_HEAD;
    request.ledger_head = &body;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    int failed = find_proposal(load, error);
    if (!failed)
        failed = find_voter(load, error);
    if (!failed)
        failed = cli_call(load->cli, QR_SERVICE_LEDGER, &request, &reply, error);
    if (failed)
        return failed;
    qr_copy_text(load->chain, sizeof load->chain, reply->ledger_head->chain);
    load->height = reply->ledger_head->height;
    return 0;
}

void load_done(struct load *load)
{
    qr_reply_free(load->network);
    qr_key_free(load->voter);
    free(load->counts);
    free(load->offers);
}
