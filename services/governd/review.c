#include "services/governd/review.h"

#include "common/clock.h"
#include "node/actions.h"
#include "node/impact.h"
#include "services/governd/agent.h"
#include "services/governd/fetch.h"
#include "services/governd/mirror.h"
#include "services/governd/store.h"

enum { LOOK_MS = 500, AGAIN_MS = 1000, AGAIN_MOST_MS = 60000, WAITING_MAX = 256 };

struct waiting {
    struct qr_hash proposal;
    struct qr_request *request;
    struct waiting *next;
};

/* The one report that is being made. */
struct review {
    struct reviews *reviews;
    struct qr_hash proposal;
    struct qr_hash names[QR_IMPACT_PARTS];
    struct qr_buffer parts[QR_IMPACT_PARTS];
    unsigned part; /* being fetched */
    struct stored_report report;
    struct qr_error error; /* of the computation */
};

struct reviews {
    struct governd *governd;
    struct review *review; /* NULL: none is under way */
    bool submitting;
    int64_t not_before; /* after a failure, the next attempt, */
    int64_t wait_ms;    /* and how much later the one after it would be */
    struct waiting *waiting;
    int64_t *computed; /* metric */
};

static void consider(struct reviews *reviews);

/* ---- answers ---- */

static void answer(struct qr_request *request, const struct qr_hash *proposal, const struct stored_report *report)
{
    Quorate__Report message = QUORATE__REPORT__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    message.proposal = qr_wire_hash(proposal);
    message.hash = qr_wire_hash(&report->hash);
    message.report = qr_wire_bytes(report->bytes.data, report->bytes.size);
    message.json = (char *)(uintptr_t)qr_buffer_string(&report->json);
    reply.body_case = QUORATE__REPLY__BODY_REPORT;
    reply.report = &message;
    qr_request_answer(request, &reply);
}

/* Answers those that wait for this proposal's report, or refuses them with the error. */
static void answer_waiting(struct reviews *reviews, const struct qr_hash *proposal, const struct stored_report *report,
                           const struct qr_error *error)
{
    struct waiting **at = &reviews->waiting;
    while (*at) {
        struct waiting *waiting = *at;
        if (proposal && !qr_hash_equal(&waiting->proposal, proposal)) {
            at = &waiting->next;
            continue;
        }
        *at = waiting->next;
        if (error)
            qr_request_refuse(waiting->request, error);
        else
            answer(waiting->request, &waiting->proposal, report);
        free(waiting);
    }
}

static void drop_expired(struct reviews *reviews)
{
    struct waiting **at = &reviews->waiting;
    while (*at) {
        struct waiting *waiting = *at;
        if (!qr_request_expired(waiting->request)) {
            at = &waiting->next;
            continue;
        }
        *at = waiting->next;
        qr_request_drop(waiting->request);
        free(waiting);
    }
}

/* ---- making one ---- */

static void back_off(struct reviews *reviews)
{
    reviews->not_before = qr_clock_now() + reviews->wait_ms;
    reviews->wait_ms = 2 * reviews->wait_ms < AGAIN_MOST_MS ? 2 * reviews->wait_ms : AGAIN_MOST_MS;
}

static void review_free(struct review *review)
{
    for (unsigned i = 0; i < QR_IMPACT_PARTS; i++)
        qr_buffer_done(&review->parts[i]);
    stored_report_done(&review->report);
    free(review);
}

static void give_up(struct review *review, const struct qr_error *error)
{
    struct reviews *reviews = review->reviews;
    qr_log_error("making an impact report", error);
    answer_waiting(reviews, &review->proposal, NULL, error);
    back_off(reviews);
    reviews->review = NULL;
    review_free(review);
}

static void done(void *task)
{
    struct review *review = task;
    struct reviews *reviews = review->reviews;
    struct qr_error error = review->error;
    int rc = error.code;
    if (rc == 0)
        rc = store_put_report(reviews->governd->store, &review->proposal, &review->report, &error);
    if (rc < 0) {
        give_up(review, &error);
        return;
    }
    *reviews->computed += 1;
    qr_log(QR_LOG_INFO, "impact report %.12s on proposal %.12s", qr_hash_text(&review->report.hash).text,
           qr_hash_text(&review->proposal).text);
    answer_waiting(reviews, &review->proposal, &review->report, NULL);
    reviews->review = NULL;
    review_free(review);
    consider(reviews);
}

/* In a worker's thread: touches the task alone. */
static void compute(void *task)
{
    struct review *review = task;
    QR_CLEANUP(qr_report_freep) struct qr_report *report = NULL;
    struct qr_span parts[QR_IMPACT_PARTS];
    for (unsigned i = 0; i < QR_IMPACT_PARTS; i++)
        parts[i] = (struct qr_span){review->parts[i].data, review->parts[i].size};
    if (qr_impact_report(parts, &report, &review->error) < 0)
        return;
    json_t *document = qr_report_json(report);
    char *text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    review->report.hash = qr_report_hash(report);
    qr_report_encode(report, &review->report.bytes);
    qr_buffer_add(&review->report.json, text ? text : "{}", text ? strlen(text) : 2);
    free(text);
}

static void fetch_next(struct review *review);

static void fetched(void *context, const struct qr_buffer *bytes, const struct qr_error *error)
{
    struct review *review = context;
    if (error) {
        give_up(review, error);
        return;
    }
    qr_buffer_add(&review->parts[review->part++], bytes->data, bytes->size);
    fetch_next(review);
}

static void fetch_next(struct review *review)
{
    struct governd *governd = review->reviews->governd;
    if (review->part < QR_IMPACT_REFERENCE) {
        fetch_object(governd, &review->names[review->part], fetched, review);
        return;
    }
    qr_buffer_add(&review->parts[QR_IMPACT_REFERENCE], governd->reference.data, governd->reference.size);
    qr_daemon_work(governd->daemon, compute, done, review);
}

static void begin(struct reviews *reviews, const struct qr_proposal *proposal)
{
    const struct mandate *mandate = mirror_mandate(reviews->governd->mirror, &proposal->against);
    struct review *review = qr_alloc(1, sizeof *review);
    review->reviews = reviews;
    review->proposal = proposal->id;
    review->names[QR_IMPACT_MODEL_BEFORE] = mandate->model;
    review->names[QR_IMPACT_BASELINE_BEFORE] = mandate->baseline;
    review->names[QR_IMPACT_MODEL_AFTER] = proposal->model;
    review->names[QR_IMPACT_BASELINE_AFTER] = proposal->baseline;
    review->names[QR_IMPACT_RULES] = mandate->rules;
    reviews->review = review;
    fetch_next(review);
}

/* ---- recording the hash ---- */

/* Only when the mirror shows the recorded report is it certain what is left to do. */
static void seen(void *context, const struct qr_error *error)
{
    struct reviews *reviews = context;
    (void)error;
    reviews->submitting = false;
    consider(reviews);
}

static void recorded(void *context, uint64_t height, const struct qr_error *error)
{
    struct reviews *reviews = context;
    if (!error) {
        reviews->wait_ms = AGAIN_MS;
        qr_log(QR_LOG_INFO, "an impact report was recorded in block %" PRIu64, height);
        mirror_when(reviews->governd->mirror, height, seen, reviews);
        return;
    }
    agent_log_failure("recording an impact report", error);
    back_off(reviews);
    reviews->submitting = false;
}

static void record(struct reviews *reviews, const struct qr_hash *proposal, const struct qr_hash *report)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    qr_reported_encode(&(struct qr_reported){*proposal, *report}, &payload);
    reviews->submitting = true;
    agent_submit(reviews->governd->agent, QR_ACTION_REPORT, &payload, recorded, reviews);
}

/* ---- what is to be done ---- */

static bool reported(const struct qr_state *state, const struct qr_hash *proposal, const struct qr_public_key *agent)
{
    struct qr_report_record record = {0};
    while (qr_report_record_next(state, proposal, record.member, &record))
        if (memcmp(record.agent.bytes, agent->bytes, sizeof agent->bytes) == 0)
            return true;
    return false;
}

static void review_one(struct reviews *reviews, const struct qr_proposal *proposal)
{
    struct stored_report stored = {0};
    struct qr_error error;
    int rc = store_report(reviews->governd->store, &proposal->id, &stored, &error);
    if (rc == 0)
        record(reviews, &proposal->id, &stored.hash);
    else if (rc == QR_ENOT_FOUND)
        begin(reviews, proposal);
    else
        qr_log_error("reading a report", &error);
    stored_report_done(&stored);
}

static void review_unreported(struct reviews *reviews)
{
    const struct qr_state *state = mirror_state(reviews->governd->mirror);
    const struct qr_public_key *agent = agent_key(reviews->governd->agent);
    struct qr_proposal proposal;
    if (!agent || reviews->submitting || qr_clock_now() < reviews->not_before)
        return;
    for (uint64_t number = 1; qr_proposal_next(state, number, &proposal); number = proposal.number + 1) {
        if (proposal.state == QR_PROPOSAL_REVIEW && !reported(state, &proposal.id, agent)) {
            review_one(reviews, &proposal);
            return;
        }
    }
}

static void consider(struct reviews *reviews)
{
    const struct qr_state *state = mirror_state(reviews->governd->mirror);
    struct qr_proposal proposal;
    if (reviews->review || !state)
        return;
    if (reviews->waiting && qr_proposal_get(state, &reviews->waiting->proposal, &proposal, NULL) == 0)
        begin(reviews, &proposal);
    else
        review_unreported(reviews);
}

static void look(void *context)
{
    drop_expired(context);
    consider(context);
}

void reviews_changed(struct reviews *reviews)
{
    consider(reviews);
}

void reviews_answer(struct reviews *reviews, const struct qr_hash *proposal, struct qr_request *request)
{
    struct stored_report stored = {0};
    struct qr_error error;
    size_t n = 0;
    int rc = store_report(reviews->governd->store, proposal, &stored, &error);
    for (const struct waiting *waiting = reviews->waiting; waiting; waiting = waiting->next)
        n++;
    if (rc == QR_ENOT_FOUND && n >= WAITING_MAX)
        rc = qr_fail(&error, QR_EBUSY, "%zu requests for reports that are being computed wait already", n);
    if (rc == 0) {
        answer(request, proposal, &stored);
    } else if (rc != QR_ENOT_FOUND) {
        qr_request_refuse(request, &error);
    } else {
        struct waiting *waiting = qr_alloc(1, sizeof *waiting);
        *waiting = (struct waiting){*proposal, request, reviews->waiting};
        reviews->waiting = waiting;
        consider(reviews);
    }
    stored_report_done(&stored);
}

struct reviews *reviews_new(struct governd *governd)
{
    struct reviews *reviews = qr_alloc(1, sizeof *reviews);
    reviews->governd = governd;
    reviews->wait_ms = AGAIN_MS;
    reviews->computed = qr_daemon_metric(governd->daemon, "quorate_governd_reports_total", "Impact reports computed");
    (void)qr_daemon_every(governd->daemon, LOOK_MS, look, reviews);
    return reviews;
}

void reviews_free(struct reviews *reviews)
{
    struct qr_error ending;
    if (!reviews)
        return;
    qr_fail(&ending, QR_EUNREACHABLE, "governd is ending");
    answer_waiting(reviews, NULL, NULL, &ending);
    if (reviews->review)
        review_free(reviews->review);
    free(reviews);
}
