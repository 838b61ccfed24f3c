#include "services/governd/mirror.h"

enum { PAGE_ENTRIES = 1000, RETRY_MS = 500, REREAD_MS = 20, CALL_MS = 5000 };

struct waiter {
    uint64_t height; /* UINT64_MAX: not known yet */
    mirror_done *done;
    void *context;
    struct waiter *next;
};

struct mirror {
    struct governd *governd;
    void (*changed)(struct governd *governd);
    struct qr_state *state;
    uint64_t height;                /* everything up to here is in `state` */
    struct qr_state *coming;        /* the reading that is under way; NULL: none */
    uint64_t first_page, last_page; /* heights of its pages */
    struct qr_buffer after;         /* last key of the page before */
    bool again;                     /* something changed while reading */
    uint64_t heard_from;            /* the events of all blocks after this height, */
    uint64_t heard;                 /* up to this one, have come */
    uint64_t changed_at;            /* the last of them that changed governance */
    int retry;                      /* timer; 0: none */
    struct mandate *mandates;
    size_t n_mandates;
    struct waiter *waiters;
};

static void read_page(struct mirror *mirror);
static void read_mandates(struct mirror *mirror);

/* ---- those who wait ---- */

static void wake(struct mirror *mirror, const struct qr_error *error)
{
    struct waiter **at = &mirror->waiters, *ready = NULL, **end = &ready;
    while (*at) {
        struct waiter *waiter = *at;
        if (!error && waiter->height > mirror->height) {
            at = &waiter->next;
            continue;
        }
        *at = waiter->next;
        waiter->next = NULL;
        *end = waiter;
        end = &waiter->next;
    }
    while (ready) {
        struct waiter *waiter = ready;
        ready = waiter->next;
        waiter->done(waiter->context, error);
        free(waiter);
    }
}

/* ---- reading ---- */

static void refresh(struct mirror *mirror)
{
    if (mirror->coming) {
        mirror->again = true;
        return;
    }
    if (mirror->retry)
        qr_daemon_cancel(mirror->governd->daemon, mirror->retry);
    mirror->retry = 0;
    mirror->again = false;
    mirror->coming = qr_state_new();
    mirror->first_page = 0;
    qr_buffer_clear(&mirror->after);
    read_page(mirror);
}

static void give_up(struct mirror *mirror)
{
    qr_state_free(mirror->coming);
    mirror->coming = NULL;
}

static void retry(void *context)
{
    struct mirror *mirror = context;
    mirror->retry = 0;
    refresh(mirror);
}

static void failed(struct mirror *mirror, const struct qr_error *error)
{
    give_up(mirror);
    qr_daemon_set_state(mirror->governd->daemon, "waiting_for_ledger", "%s", error->text);
    if (!mirror->retry)
        mirror->retry = qr_daemon_after(mirror->governd->daemon, RETRY_MS, retry, mirror);
    wake(mirror, error);
}

/* Whether the events say that governance stood still after this height. */
static bool quiet_since(const struct mirror *mirror, uint64_t height)
{
    return mirror->heard_from <= height && mirror->changed_at <= height;
}

/* Pages of two heights fit when nothing changed in between; else they are read again. */
static bool pages_fit(const struct mirror *mirror)
{
    return mirror->first_page == mirror->last_page ||
           (quiet_since(mirror, mirror->first_page) && mirror->heard >= mirror->last_page);
}

static void complete(struct mirror *mirror)
{
    if (!pages_fit(mirror)) {
        give_up(mirror);
        mirror->retry = qr_daemon_after(mirror->governd->daemon, REREAD_MS, retry, mirror);
        return;
    }
    qr_state_free(mirror->state);
    mirror->state = mirror->coming;
    mirror->height = mirror->last_page;
    if (mirror->heard > mirror->height && quiet_since(mirror, mirror->height))
        mirror->height = mirror->heard;
    mirror->coming = NULL;
    qr_daemon_set_state(mirror->governd->daemon, "running", "%s", "");
    mirror->changed(mirror->governd);
    wake(mirror, NULL);
    if (mirror->again || mirror->waiters)
        refresh(mirror);
}

static bool take_entries(struct mirror *mirror, const Quorate__LedgerState *page)
{
    for (size_t i = 0; i < page->n_entries; i++) {
        ProtobufCBinaryData key = page->entries[i]->key, value = page->entries[i]->value;
        if (key.len > QR_STATE_KEY_MAX || value.len > QR_STATE_VALUE_MAX)
            return false;
        qr_state_put(mirror->coming, key.data, key.len, value.data, value.len);
    }
    if (page->n_entries > 0) {
        ProtobufCBinaryData last = page->entries[page->n_entries - 1]->key;
        qr_buffer_clear(&mirror->after);
        qr_buffer_add(&mirror->after, last.data, last.len);
    }
    return true;
}

static void page_read(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct mirror *mirror = context;
    struct qr_error bad;
    if (error) {
        failed(mirror, error);
        return;
    }
    const Quorate__LedgerState *page = reply->ledger_state;
    if (mirror->first_page == 0)
        mirror->first_page = page->height;
    mirror->last_page = page->height;
    if (!take_entries(mirror, page)) {
        qr_fail(&bad, QR_EFORMAT, "the ledger's state has an entry that is too large");
        failed(mirror, &bad);
    } else if (page->more && page->n_entries > 0) {
        read_page(mirror);
    } else {
        read_mandates(mirror);
    }
    qr_reply_free(reply);
}

static void send(struct mirror *mirror, Quorate__Request *request, qr_client_done *done)
{
    struct qr_error error;
    if (qr_client_send(mirror->governd->client, QR_SERVICE_LEDGER, request, CALL_MS, done, mirror, &error) < 0)
        failed(mirror, &error);
}

static void read_page(struct mirror *mirror)
{
    Quorate__LedgerStateRequest page = QUORATE__LEDGER_STATE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    page.prefix = qr_wire_bytes("g/", 2);
    page.after = qr_wire_bytes(mirror->after.data, mirror->after.size);
    page.most = PAGE_ENTRIES;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_STATE;
    request.ledger_state = &page;
    send(mirror, &request, page_read);
}

/* ---- the mandates that proposals would replace ---- */

const struct mandate *mirror_mandate(const struct mirror *mirror, const struct qr_hash *id)
{
    for (size_t i = 0; i < mirror->n_mandates; i++)
        if (qr_hash_equal(&mirror->mandates[i].id, id))
            return &mirror->mandates[i];
    return NULL;
}

static int take_mandate(struct mirror *mirror, const Quorate__LedgerMandate *message, struct qr_error *error)
{
    struct mandate mandate;
    int rc = qr_hash_from_wire(message->mandate, "mandate", &mandate.id, error);
    if (rc == 0)
        rc = qr_hash_from_wire(message->model, "model", &mandate.model, error);
    if (rc == 0)
        rc = qr_hash_from_wire(message->baseline, "baseline", &mandate.baseline, error);
    if (rc == 0)
        rc = qr_hash_from_wire(message->rules, "rules", &mandate.rules, error);
    if (rc < 0 || mirror_mandate(mirror, &mandate.id))
        return rc < 0 ? rc : qr_fail(error, QR_EMISMATCH, "the ledger answered with another mandate");
    mirror->mandates = qr_realloc(mirror->mandates, mirror->n_mandates + 1, sizeof *mirror->mandates);
    mirror->mandates[mirror->n_mandates++] = mandate;
    return 0;
}

static void mandate_read(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct mirror *mirror = context;
    struct qr_error bad;
    if (error) {
        failed(mirror, error);
        return;
    }
    if (take_mandate(mirror, reply->ledger_mandate, &bad) < 0)
        failed(mirror, &bad);
    else
        read_mandates(mirror);
    qr_reply_free(reply);
}

static void read_mandate(struct mirror *mirror, const struct qr_hash *id)
{
    Quorate__LedgerMandateRequest mandate = QUORATE__LEDGER_MANDATE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    mandate.mandate = qr_wire_hash(id);
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_MANDATE;
    request.ledger_mandate = &mandate;
    send(mirror, &request, mandate_read);
}

static void read_mandates(struct mirror *mirror)
{
    struct qr_proposal proposal;
    for (uint64_t number = 1; qr_proposal_next(mirror->coming, number, &proposal); number = proposal.number + 1) {
        if (qr_track_subject(proposal.track) == QR_SUBJECT_UPGRADE && !mirror_mandate(mirror, &proposal.against)) {
            read_mandate(mirror, &proposal.against);
            return;
        }
    }
    complete(mirror);
}

/* ---- staying fresh ---- */

static void take_block(struct mirror *mirror, const Quorate__BlockEvent *block)
{
    if (block->height != mirror->heard + 1)
        mirror->heard_from = block->height - 1;
    mirror->heard = block->height;
    if (block->governance_changed)
        mirror->changed_at = block->height;
    if (!mirror->state || mirror->coming || block->height <= mirror->height) {
        mirror->again = mirror->again || block->governance_changed;
    } else if (quiet_since(mirror, mirror->height)) {
        mirror->height = block->height;
        wake(mirror, NULL);
    } else {
        refresh(mirror);
    }
}

static void news(void *context, enum qr_service service, enum qr_news news, const Quorate__Event *event)
{
    struct mirror *mirror = context;
    (void)service;
    switch (news) {
    case QR_NEWS_EVENT:
        if (event->body_case == QUORATE__EVENT__BODY_BLOCK)
            take_block(mirror, event->block);
        return;
    case QR_NEWS_GAP:
    case QR_NEWS_UP:
        refresh(mirror);
        return;
    case QR_NEWS_DOWN:
        return;
    }
}

void mirror_when(struct mirror *mirror, uint64_t height, mirror_done *done, void *context)
{
    if (mirror->state && height <= mirror->height) {
        done(context, NULL);
        return;
    }
    struct waiter *waiter = qr_alloc(1, sizeof *waiter);
    *waiter = (struct waiter){.height = height, .done = done, .context = context, .next = mirror->waiters};
    mirror->waiters = waiter;
    if (!mirror->coming)
        refresh(mirror);
}

struct fresh {
    struct mirror *mirror;
    mirror_done *done;
    void *context;
};

static void head_read(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct fresh fresh = *(struct fresh *)context;
    free(context);
    if (error) {
        fresh.done(fresh.context, error);
        return;
    }
    mirror_when(fresh.mirror, reply->ledger_head->height, fresh.done, fresh.context);
    qr_reply_free(reply);
}

void mirror_when_fresh(struct mirror *mirror, mirror_done *done, void *context)
{
    Quorate__LedgerHeadRequest head = QUORATE__LEDGER_HEAD_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    struct qr_error error;
    struct fresh *fresh = qr_alloc(1, sizeof *fresh);
    *fresh = (struct fresh){mirror, done, context};
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_HEAD;
    request.ledger_head = &head;
    if (qr_client_send(mirror->governd->client, QR_SERVICE_LEDGER, &request, CALL_MS, head_read, fresh, &error) < 0) {
        free(fresh);
        done(context, &error);
    }
}

struct mirror *mirror_new(struct governd *governd, void (*changed)(struct governd *governd))
{
    struct mirror *mirror = qr_alloc(1, sizeof *mirror);
    mirror->governd = governd;
    mirror->changed = changed;
    return mirror;
}

int mirror_start(struct mirror *mirror, struct qr_error *error)
{
    qr_daemon_set_state(mirror->governd->daemon, "waiting_for_ledger",
                        "governance has not been read from the ledger yet");
    int rc = qr_client_subscribe(mirror->governd->client, QR_SERVICE_LEDGER, news, mirror, error);
    if (rc == 0)
        refresh(mirror);
    return rc;
}

const struct qr_state *mirror_state(const struct mirror *mirror)
{
    return mirror->state;
}

void mirror_free(struct mirror *mirror)
{
    if (!mirror)
        return;
    while (mirror->waiters) {
        struct waiter *waiter = mirror->waiters;
        mirror->waiters = waiter->next;
        free(waiter);
    }
    qr_state_free(mirror->state);
    qr_state_free(mirror->coming);
    qr_buffer_done(&mirror->after);
    free(mirror->mandates);
    free(mirror);
}
