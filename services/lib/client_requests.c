#include "services/lib/client_parts.h"

#include "common/clock.h"

/* How a request lives: qr_client_send encodes it into a slot and hands it to its link, where one stands; otherwise it
 * waits in the slot until the link comes up. A reply finds its slot by the low bits of its id; the high bits count, so
 * that a late reply to an earlier request never answers a later one. */

enum {
    SLOT_BITS = 14, /* of QR_CLIENT_IN_FLIGHT_MAX */
    SLOT_MASK = QR_CLIENT_IN_FLIGHT_MAX - 1,
    DOWN_CHECK_US = 100000, /* how often requests on a link that is down are looked at */
};

struct qr_slot {
    bool used;
    enum qr_service service;
    Quorate__Request__BodyCase body;
    enum qr_code failed; /* known to fail: told in the next qr_client_process */
    unsigned sent;       /* losses of the link when it was sent, plus 1; 0: not sent */
    uint64_t id;
    int64_t deadline; /* monotonic, us */
    zmq_msg_t frame;  /* kept for sending again */
    qr_client_done *done;
    void *context;
};

/* ---- Slots ---- */

static void release(struct qr_client *client, struct qr_slot *slot)
{
    zmq_msg_close(&slot->frame);
    slot->used = false;
    client->free_slots[client->n_free++] = (uint32_t)(slot - client->slots);
    client->in_flight--;
}

static struct qr_slot *take_slot(struct qr_client *client)
{
    if (!client->n_free) {
        size_t n = client->n_slots ? 2 * client->n_slots : 16;
        if (n > QR_CLIENT_IN_FLIGHT_MAX)
            return NULL;
        client->slots = qr_realloc(client->slots, n, sizeof *client->slots);
        client->free_slots = qr_realloc(client->free_slots, n, sizeof *client->free_slots);
        for (size_t i = n; i-- > client->n_slots;) {
            client->slots[i].used = false;
            client->free_slots[client->n_free++] = (uint32_t)i;
        }
        client->n_slots = n;
    }
    uint32_t index = client->free_slots[--client->n_free];
    struct qr_slot *slot = &client->slots[index];
    *slot = (struct qr_slot){.used = true, .id = ++client->next_count << SLOT_BITS | index};
    zmq_msg_init(&slot->frame);
    client->in_flight++;
    return slot;
}

static struct qr_slot *slot_of(struct qr_client *client, uint64_t id)
{
    size_t index = id & SLOT_MASK;
    if (index >= client->n_slots)
        return NULL;
    struct qr_slot *slot = &client->slots[index];
    return slot->used && slot->id == id ? slot : NULL;
}

static void fill_error(const struct qr_client *client, const struct qr_slot *slot, enum qr_code code,
                       struct qr_error *error)
{
    const char *name = qr_service_name(slot->service);
    const char *word = qr_request_word(slot->body);
    const char *elsewhere = qr_config_text(client->config, "connect", name);
    if (code == QR_EUNREACHABLE && *elsewhere) {
        qr_fail(error, code, "quorate-%s cannot be reached at %s", name, elsewhere);
        qr_hint(error,
                "see that it runs there, has this home's keys/transport in its keys/peers, and that %s_key is its own",
                name);
    } else if (code == QR_EUNREACHABLE) {
        qr_fail(error, code, "quorate-%s cannot be reached", name);
        qr_hint(error, "start the services with: quorate up");
    } else if (code == QR_ETIMEOUT) {
        qr_fail(error, code, "quorate-%s did not answer %s in time", name, word);
        qr_hint(error, "see what it is doing with: quorate status");
    } else {
        qr_fail(error, code, "quorate-%s answered %s with something else", name, word);
    }
}

/* Ends a slot before its callback runs, so that the callback may use the client as it likes. */
static void finish(struct qr_client *client, struct qr_slot *slot, Quorate__Reply *reply, const struct qr_error *error)
{
    qr_client_done *done = slot->done;
    void *context = slot->context;
    release(client, slot);
    done(context, reply, error);
}

static void finish_failed(struct qr_client *client, struct qr_slot *slot, enum qr_code code)
{
    struct qr_error error;
    fill_error(client, slot, code, &error);
    finish(client, slot, NULL, &error);
}

/* ---- Sending ---- */

static void transmit(struct qr_client *client, struct qr_slot *slot)
{
    struct qr_link *link = &client->links[slot->service];
    zmq_msg_t copy;
    zmq_msg_init(&copy);
    zmq_msg_copy(&copy, &slot->frame);
    if (zmq_msg_send(&copy, link->socket, ZMQ_DONTWAIT) >= 0) {
        slot->sent = link->losses + 1;
    } else {
        zmq_msg_close(&copy);
    }
}

/* Sends what waits for a link that is up, again what was in flight when it was lost. */
static void transmit_waiting(struct qr_client *client, enum qr_service service)
{
    struct qr_link *link = &client->links[service];
    (void)qr_link_readable(link);
    for (size_t i = 0; i < client->n_slots; i++) {
        struct qr_slot *slot = &client->slots[i];
        if (slot->used && slot->service == service && !slot->failed && slot->sent != link->losses + 1)
            transmit(client, slot);
    }
}

static int encode(struct qr_slot *slot, Quorate__Request *request, int64_t timeout_ms, struct qr_error *error)
{
    request->id = slot->id;
    request->deadline_ms = qr_clock_now() + timeout_ms;
    size_t size = quorate__request__get_packed_size(request);
    if (size > QR_FRAME_MAX)
        return qr_fail(error, QR_ELIMIT, "a request of %zu bytes is larger than %d", size, QR_FRAME_MAX);
    zmq_msg_init_size(&slot->frame, size);
    quorate__request__pack(request, zmq_msg_data(&slot->frame));
    return 0;
}

int qr_client_send(struct qr_client *client, enum qr_service service, Quorate__Request *request, int64_t timeout_ms,
                   qr_client_done *done, void *context, struct qr_error *error)
{
    struct qr_slot *slot = take_slot(client);
    if (!slot)
        return qr_fail(error, QR_ELIMIT, "%d requests are waiting for an answer", QR_CLIENT_IN_FLIGHT_MAX);
    slot->service = service;
    slot->body = request->body_case;
    slot->done = done;
    slot->context = context;
    slot->deadline = qr_clock_monotonic() + timeout_ms * 1000;
    int failed = encode(slot, request, timeout_ms, error);
    if (failed) {
        release(client, slot);
        return failed;
    }
    slot->failed = (enum qr_code)qr_client_link(client, service, NULL);
    if (slot->failed) {
        qr_client_look_again(client);
        return 0;
    }
    struct qr_link *link = &client->links[service];
    if (link->up)
        transmit(client, slot);
    if (qr_link_readable(link))
        qr_client_look_again(client);
    qr_client_set_timer(client, link->up ? slot->deadline : qr_clock_monotonic() + DOWN_CHECK_US);
    return 0;
}

/* ---- Receiving ---- */

static void take_reply(struct qr_client *client, enum qr_service service, zmq_msg_t *frame)
{
    Quorate__Reply *reply = qr_reply_decode(zmq_msg_data(frame), zmq_msg_size(frame));
    struct qr_slot *slot = reply ? slot_of(client, reply->id) : NULL;
    if (!slot || slot->service != service) {
        qr_reply_free(reply);
        return;
    }
    if (reply->body_case == QUORATE__REPLY__BODY_ERROR) {
        struct qr_error error;
        qr_error_from_wire(reply->error, &error);
        qr_reply_free(reply);
        finish(client, slot, NULL, &error);
    } else if (!qr_reply_answers(slot->body, reply->body_case)) {
        qr_reply_free(reply);
        finish_failed(client, slot, QR_EINTERNAL);
    } else {
        finish(client, slot, reply, NULL);
    }
}

size_t qr_client_take_replies(struct qr_client *client, enum qr_service service)
{
    struct qr_link *link = &client->links[service];
    if (!link->socket)
        return 0;
    size_t n = qr_link_readable(link) ? qr_client_drain(client, service, link->socket, take_reply) : 0;
    if (!qr_link_refresh(link))
        return n;
    if (link->up) {
        transmit_waiting(client, service);
        if (qr_link_readable(link))
            qr_client_look_again(client);
    }
    qr_client_set_timer(client, qr_clock_monotonic() + DOWN_CHECK_US);
    return n + 1;
}

/* ---- Deadlines ---- */

/* Why a slot has to end now, or QR_OK. */
static enum qr_code verdict(const struct qr_client *client, const struct qr_slot *slot, int64_t now)
{
    if (slot->failed)
        return slot->failed;
    const struct qr_link *link = &client->links[slot->service];
    if (!link->up && now - link->down_since >= QR_CLIENT_GRACE_MS * 1000)
        return QR_EUNREACHABLE;
    return now >= slot->deadline ? QR_ETIMEOUT : QR_OK;
}

size_t qr_client_end_overdue(struct qr_client *client)
{
    int64_t now = qr_clock_monotonic(), next = INT64_MAX;
    size_t n = 0;
    client->timer_at = INT64_MAX;
    for (size_t i = 0; i < client->n_slots; i++) {
        struct qr_slot *slot = &client->slots[i];
        if (!slot->used)
            continue;
        enum qr_code code = verdict(client, slot, now);
        if (code) {
            finish_failed(client, slot, code);
            n++;
        } else {
            int64_t at = client->links[slot->service].up ? slot->deadline : now + DOWN_CHECK_US;
            if (at < next)
                next = at;
        }
    }
    if (next < INT64_MAX)
        qr_client_set_timer(client, next);
    return n;
}

void qr_client_free_requests(struct qr_client *client)
{
    for (size_t i = 0; i < client->n_slots; i++) {
        if (client->slots[i].used)
            release(client, &client->slots[i]);
    }
    free(client->slots);
    free(client->free_slots);
}

size_t qr_client_in_flight(const struct qr_client *client)
{
    return client->in_flight;
}

/* ---- Blocking ---- */

struct call {
    bool done;
    Quorate__Reply *reply;
    struct qr_error error;
};

static void call_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct call *call = context;
    call->done = true;
    call->reply = reply;
    if (error)
        call->error = *error;
}

int qr_client_call(struct qr_client *client, enum qr_service service, Quorate__Request *request, int64_t timeout_ms,
                   Quorate__Reply **ret_reply, struct qr_error *error)
{
    struct call call = {0};
    int failed = qr_client_send(client, service, request, timeout_ms, call_done, &call, error);
    if (failed)
        return failed;
    while (!call.done)
        qr_client_wait(client, timeout_ms);
    if (!call.reply) {
        if (error)
            *error = call.error;
        return call.error.code;
    }
    *ret_reply = call.reply;
    return 0;
}
