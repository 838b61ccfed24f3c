#include "tui/live_parts.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "node/actions.h"
#include "node/verify.h"
#include "services/lib/signed.h"

/* Actions, and what is read to carry them out. Their outcome is said in the message line. */

enum { EXPIRY_BLOCKS = 1000, LOG_BYTES = 64 << 10, KEY_BYTES = 16 };

/* ---- Search and book ---- */

static void search_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct tui_call *call = context;
    struct tui_data *data = call->live->data;
    data->offers.searching = false;
    if (reply)
        tui_take_offers(data, reply->offers, call->live->now_ms);
    if (reply && data->offers.n == 0)
        tui_data_say(data, TUI_WARNING, "no seat is left on that day");
    if (error)
        tui_data_fail(data, error);
    tui_data_touch(data);
    qr_reply_free(reply);
    free(call);
}

static void search(void *context, const struct tui_query *query)
{
    struct tui_live *live = context;
    struct tui_query asked = *query;
    Quorate__SearchRequest body = QUORATE__SEARCH_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    body.from = asked.from;
    body.to = asked.to;
    body.date = asked.date;
    body.cabin = asked.cabin;
    request.body_case = QUORATE__REQUEST__BODY_SEARCH;
    request.search = &body;
    live->data->offers = (struct tui_offers){.query = asked, .searching = true};
    tui_live_send(live, QR_SERVICE_RESERVATION, &request, search_done, 0, NULL);
}

static void book_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct tui_call *call = context;
    struct tui_data *data = call->live->data;
    char fare[QR_MONEY_TEXT];
    if (reply) {
        const Quorate__Order *order = reply->order;
        unsigned digits = order->minor_digits > QR_MINOR_DIGITS_MAX ? 2 : order->minor_digits;
        tui_data_say(data, TUI_INFO, "booked %s: %s %s-%s, %s %s", order->locator, order->flight, order->from, order->to,
                     order->currency, qr_money_format((struct qr_money){order->fare}, digits, fare));
        call->live->asks[TUI_ASK_ORDERS].dirty = true;
    }
    if (error)
        tui_data_fail(data, error);
    qr_reply_free(reply);
    free(call);
}

static void book(void *context, const struct tui_booking *booking)
{
    struct tui_live *live = context;
    struct tui_booking asked = *booking;
    Quorate__BookRequest body = QUORATE__BOOK_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    uint8_t random[KEY_BYTES];
    char key[2 * KEY_BYTES + 1];
    qr_random(random, sizeof random);
    qr_hex(random, sizeof random, key);
    body.offer = qr_wire_bytes(asked.offer, sizeof asked.offer);
    body.surname = asked.surname;
    body.given_name = asked.given_name;
    body.key = key;
    request.body_case = QUORATE__REQUEST__BODY_BOOK;
    request.book = &body;
    tui_live_send(live, QR_SERVICE_RESERVATION, &request, book_done, 0, NULL);
}

/* ---- Votes and executions ---- */

static void vote_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct tui_call *call = context;
    if (reply)
        tui_data_say(call->live->data, TUI_INFO, "the ballot is recorded in block %" PRIu64, reply->ledger_submitted->height);
    if (error)
        tui_data_fail(call->live->data, error);
    call->live->proposal_changed = true;
    call->live->asks[TUI_ASK_PROPOSALS].dirty = true;
    qr_reply_free(reply);
    free(call);
}

static void free_key(struct qr_key **key)
{
    qr_key_free(*key);
}

static int vote_payload(const struct tui_vote *vote, struct qr_buffer *out, struct qr_error *error)
{
    struct qr_cast cast = {.proposal = vote->proposal, .report = vote->report};
    if (!qr_choice_from_word(vote->choice, &cast.choice))
        return qr_fail(error, QR_EINPUT, "%s is no choice", vote->choice);
    qr_copy_text(cast.reason, sizeof cast.reason, vote->reason);
    qr_cast_encode(&cast, out);
    return QR_OK;
}

static int send_vote(struct tui_live *live, const struct tui_vote *vote, struct qr_error *error)
{
    QR_CLEANUP(free_key) struct qr_key *key = NULL;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer path = {0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    QR_CLEANUP(qr_signed_done) struct qr_signed transaction = {0};
    const struct tui_head *head = &live->data->head;
    if (head->at_ms == 0)
        return qr_fail(error, QR_EUNREACHABLE, "ledgerd has not answered yet, so the ballot cannot be signed");
    if (!qr_name_valid(vote->member))
        return qr_fail(error, QR_ENOT_A_MEMBER, "%s is no member", vote->member);
    qr_buffer_text(&path, "%s/keys/%s.key", live->home, vote->member);
    int failed = qr_key_load(qr_buffer_string(&path), &key, error);
    if (!failed)
        failed = vote_payload(vote, &payload, error);
    if (failed)
        return failed;
    qr_signed_make(&transaction, key, head->chain, QR_ACTION_BALLOT, head->height + EXPIRY_BLOCKS, payload.data, payload.size);
    Quorate__LedgerSubmitRequest body = QUORATE__LEDGER_SUBMIT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    body.transactions = &transaction.list;
    body.n_transactions = 1;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_SUBMIT;
    request.ledger_submit = &body;
    if (!tui_live_send(live, QR_SERVICE_LEDGER, &request, vote_done, 0, NULL))
        return qr_fail(error, QR_ELIMIT, "too many requests are under way");
    return QR_OK;
}

static void vote(void *context, const struct tui_vote *ballot)
{
    struct tui_live *live = context;
    struct qr_error error = {0};
    if (send_vote(live, ballot, &error) != QR_OK)
        tui_data_fail(live->data, &error);
}

static void execute_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct tui_call *call = context;
    if (reply)
        tui_data_say(call->live->data, TUI_INFO, "%s in block %" PRIu64, reply->executed->state, reply->executed->height);
    if (error)
        tui_data_fail(call->live->data, error);
    qr_reply_free(reply);
    free(call);
}

static void execute(void *context, const struct qr_hash *proposal)
{
    struct tui_live *live = context;
    Quorate__ExecuteRequest body = QUORATE__EXECUTE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    body.proposal = qr_wire_hash(proposal);
    request.body_case = QUORATE__REQUEST__BODY_EXECUTE;
    request.execute = &body;
    tui_live_send(live, QR_SERVICE_GOVERNANCE, &request, execute_done, 0, NULL);
}

/* ---- Receipts ---- */

#define COPY(to, from) qr_copy_text((to), sizeof(to), (from))

static void verdict_problem(struct tui_live *live, const char *text)
{
    struct tui_verdict *verdict = &live->data->verdict;
    verdict->running = false;
    verdict->done = true;
    COPY(verdict->problem, text);
    tui_data_touch(live->data);
}

static bool whole_file(const struct qr_buffer *file, uint64_t size, struct qr_span *ret_span)
{
    *ret_span = (struct qr_span){file->data, file->size};
    return size > 0 && file->size == size;
}

static void take_verification(struct tui_verdict *verdict, const struct qr_verification *verification)
{
    verdict->running = false;
    verdict->done = true;
    verdict->valid = verification->valid;
    verdict->signatures = verification->signatures;
    verdict->n = 0;
    for (size_t i = 0; i < verification->n && i < TUI_CHECKS_MAX; i++) {
        struct tui_check *check = &verdict->checks[verdict->n++];
        COPY(check->name, verification->checks[i].name);
        COPY(check->result, qr_check_result_word(verification->checks[i].result));
        COPY(check->text, verification->checks[i].text);
    }
}

/* The same check as `quorate verify`, with the model and baseline where they are here. */
static int verify_receipt(struct tui_live *live, const char *pin_text, struct qr_error *error)
{
    struct tui_verdict *verdict = &live->data->verdict;
    const struct tui_decision *decision = tui_decision_find(live->data, &verdict->decision);
    const struct tui_mandate *mandate = decision ? tui_mandate_of(live->data, &decision->mandate) : NULL;
    struct qr_span model, baseline;
    bool has_model = mandate && whole_file(&mandate->model_file, mandate->model_size, &model);
    bool has_baseline = mandate && whole_file(&mandate->baseline_file, mandate->baseline_size, &baseline);
    struct qr_pin pin;
    struct qr_verification verification = {0};
    int failed = qr_pin_read(pin_text, strlen(pin_text), &pin, error);
    if (!failed)
        failed = qr_verify_receipt(live->receipt.data, live->receipt.size, &pin, has_model ? &model : NULL,
                                   has_baseline ? &baseline : NULL, &verification, error);
    if (failed)
        return failed;
    take_verification(verdict, &verification);
    qr_verification_done(&verification);
    return QR_OK;
}

static void pin_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct tui_call *call = context;
    struct tui_live *live = call->live;
    struct qr_error failure = {0};
    if (error)
        verdict_problem(live, error->text);
    else if (verify_receipt(live, reply->ledger_pin->json, &failure) != QR_OK)
        verdict_problem(live, failure.text);
    tui_data_touch(live->data);
    qr_reply_free(reply);
    free(call);
}

static void fetch_pin(struct tui_live *live)
{
    Quorate__LedgerPinRequest body = QUORATE__LEDGER_PIN_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_PIN;
    request.ledger_pin = &body;
    if (!tui_live_send(live, QR_SERVICE_LEDGER, &request, pin_done, 0, NULL))
        verdict_problem(live, "too many requests are under way");
}

static void receipt_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct tui_call *call = context;
    struct tui_live *live = call->live;
    if (reply) {
        qr_buffer_clear(&live->receipt);
        qr_buffer_text(&live->receipt, "%s", reply->ledger_receipt->json);
        fetch_pin(live);
    } else {
        verdict_problem(live, error->text);
    }
    qr_reply_free(reply);
    free(call);
}

static void verify(void *context, const struct qr_hash *decision)
{
    struct tui_live *live = context;
    Quorate__LedgerReceiptRequest body = QUORATE__LEDGER_RECEIPT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    live->data->verdict = (struct tui_verdict){.decision = *decision, .running = true};
    body.decision = qr_wire_hash(&live->data->verdict.decision);
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_RECEIPT;
    request.ledger_receipt = &body;
    if (!tui_live_send(live, QR_SERVICE_LEDGER, &request, receipt_done, 0, NULL))
        verdict_problem(live, "too many requests are under way");
    tui_data_touch(live->data);
}

/* ---- Logs ---- */

static void read_end(const char *path, struct qr_buffer *out)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat facts;
    if (file >= 0 && fstat(file, &facts) == 0) {
        off_t from = facts.st_size > LOG_BYTES ? facts.st_size - LOG_BYTES : 0;
        qr_buffer_reserve(out, LOG_BYTES);
        ssize_t n = pread(file, out->data, LOG_BYTES, from);
        out->size = n > 0 ? (size_t)n : 0;
        out->data[out->size] = '\0';
    }
    if (file >= 0)
        close(file);
}

static void read_log(void *context, unsigned process)
{
    struct tui_live *live = context;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer path = {0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    qr_buffer_text(&path, "%s/log/%s.log", live->home, qr_supervised_name(process));
    read_end(qr_buffer_string(&path), &text);
    free(live->data->log);
    live->data->log = access(qr_buffer_string(&path), R_OK) == 0 ? qr_strdup(qr_buffer_string(&text)) : NULL;
    live->data->log_of = process;
    tui_data_touch(live->data);
}

void tui_live_act_fill(struct tui_source *source)
{
    source->search = search;
    source->book = book;
    source->vote = vote;
    source->execute = execute;
    source->verify = verify;
    source->log = read_log;
}
