#include "services/ledgerd/ledgerd.h"

#include "common/clock.h"
#include "ledger/pin.h"
#include "ledger/receipt.h"
#include "node/operator.h"
#include "xai/decision.h"

enum { WAIT_MAX_MS = 60000 };

/* A request for the receipt of a decision that is in no block yet. */
struct ledgerd_receipt_wait {
    struct qr_request *request;
    int64_t until;
    struct ledgerd_receipt_wait *next;
};

/* A leaf with its path in the log of `size` leaves. */
static int prove(struct ledgerd *ledgerd, const struct qr_hash *prefix, unsigned nibbles, uint64_t size,
                 struct qr_receipt_entry *entry, struct qr_error *error)
{
    struct qr_hash hash;
    struct qr_tile_source tiles = qr_store_tiles(ledgerd->store);
    int code = qr_store_find_leaf(ledgerd->store, prefix, nibbles, &entry->index, &hash, error);
    if (code == 0)
        code = qr_store_leaf(ledgerd->store, entry->index, &entry->leaf, NULL, error);
    return code ? code : qr_merkle_log_inclusion(&tiles, entry->index, size, &entry->proof, error);
}

static int make_receipt(struct ledgerd *ledgerd, const struct qr_hash *prefix, unsigned nibbles,
                        struct qr_receipt *receipt, struct qr_error *error)
{
    const struct qr_header *head = qr_chain_head(ledgerd->chain);
    QR_CLEANUP(qr_freep) struct qr_decision *decision = qr_alloc(1, sizeof *decision);
    int code = prove(ledgerd, prefix, nibbles, head->log_size, &receipt->decision, error);
    if (code == 0 && qr_decision_decode(receipt->decision.leaf.data, receipt->decision.leaf.size, decision, NULL) != 0)
        return qr_fail(error, QR_ENOT_FOUND, "what has this id is not a decision");
    if (code == 0)
        code = prove(ledgerd, &decision->mandate, 2 * QR_HASH_SIZE, head->log_size, &receipt->activation, error);
    return code ? code
                : qr_store_note(ledgerd->store, head->height, qr_node_genesis(ledgerd->node), &receipt->note, error);
}

/* QR_ENOT_FOUND: not in a block. */
static int try_receipt(struct ledgerd *ledgerd, struct qr_request *request, struct qr_error *error)
{
    struct qr_receipt *receipt = qr_alloc(1, sizeof *receipt);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer json = {0};
    struct qr_hash prefix;
    unsigned nibbles = 0;
    int code = ledgerd_prefix(qr_request_message(request)->ledger_receipt->decision, &prefix, &nibbles, error);
    if (code == 0) {
        qr_store_read_begin(ledgerd->store);
        code = make_receipt(ledgerd, &prefix, nibbles, receipt, error);
        qr_store_read_end(ledgerd->store);
    }
    if (code == 0) {
        Quorate__LedgerReceipt answer = QUORATE__LEDGER_RECEIPT__INIT;
        Quorate__Reply reply = QUORATE__REPLY__INIT;
        qr_receipt_write(receipt, &json);
        answer.json = (char *)(uintptr_t)qr_buffer_string(&json);
        answer.height = qr_chain_head(ledgerd->chain)->height;
        reply.body_case = QUORATE__REPLY__BODY_LEDGER_RECEIPT;
        reply.ledger_receipt = &answer;
        qr_request_answer(request, &reply);
    }
    qr_receipt_done(receipt);
    free(receipt);
    return code;
}

static void refuse_pending(struct qr_request *request)
{
    struct qr_error error;
    qr_fail(&error, QR_EPENDING, "the decision is in no block yet, or there is none with this id");
    qr_hint(&error, "decisions are recorded within a second: try again, or wait with --wait SECONDS");
    qr_request_refuse(request, &error);
}

void ledgerd_receipt(struct ledgerd *ledgerd, struct qr_request *request)
{
    struct qr_error error;
    int64_t wait = qr_request_message(request)->ledger_receipt->wait_ms;
    int code = try_receipt(ledgerd, request, &error);
    if (code == 0)
        return;
    if (code != QR_ENOT_FOUND) {
        qr_request_refuse(request, &error);
    } else if (wait <= 0) {
        refuse_pending(request);
    } else {
        struct ledgerd_receipt_wait *one = qr_alloc(1, sizeof *one);
        one->request = request;
        one->until = qr_clock_monotonic() / 1000 + (wait < WAIT_MAX_MS ? wait : WAIT_MAX_MS);
        one->next = ledgerd->waits;
        ledgerd->waits = one;
    }
}

/* Whether the wait is over. */
static bool serve(struct ledgerd *ledgerd, const struct ledgerd_receipt_wait *wait)
{
    struct qr_error error;
    int code = try_receipt(ledgerd, wait->request, &error);
    if (code == 0)
        return true;
    if (code != QR_ENOT_FOUND) {
        qr_request_refuse(wait->request, &error);
        return true;
    }
    if (qr_clock_monotonic() / 1000 < wait->until)
        return false;
    refuse_pending(wait->request);
    return true;
}

void ledgerd_serve_waits(struct ledgerd *ledgerd)
{
    for (struct ledgerd_receipt_wait **at = &ledgerd->waits; *at;) {
        struct ledgerd_receipt_wait *wait = *at;
        if (!serve(ledgerd, wait)) {
            at = &wait->next;
            continue;
        }
        *at = wait->next;
        free(wait);
    }
}

void ledgerd_drop_waits(struct ledgerd *ledgerd)
{
    while (ledgerd->waits) {
        struct ledgerd_receipt_wait *wait = ledgerd->waits;
        ledgerd->waits = wait->next;
        refuse_pending(wait->request);
        free(wait);
    }
}

/* The nodes in office. One signs alone; of several, more than half must have signed. */
static void pin_nodes(const struct qr_state *state, struct qr_pin *pin)
{
    struct qr_operator_record record;
    struct qr_public_key last;
    for (bool more = qr_operator_next(state, NULL, &record); more; more = qr_operator_next(state, &last, &record)) {
        last = record.operator.key;
        if (record.operator.kind != QR_KEY_NODE || record.dismissed != UINT64_MAX || pin->n == QR_PIN_NODES_MAX)
            continue;
        qr_copy_text(pin->nodes[pin->n].name, sizeof pin->nodes[pin->n].name, record.operator.name);
        pin->nodes[pin->n++].key = record.operator.key;
    }
    pin->need = pin->n / 2 + (pin->n > 0);
}

void ledgerd_pin(struct ledgerd *ledgerd, struct qr_request *request)
{
    QR_CLEANUP(qr_freep) struct qr_pin *pin = qr_alloc(1, sizeof *pin);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer json = {0};
    Quorate__LedgerPin answer = QUORATE__LEDGER_PIN__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    qr_copy_text(pin->chain_id, sizeof pin->chain_id, qr_node_chain(ledgerd->node));
    pin->genesis = *qr_node_genesis(ledgerd->node);
    qr_copy_text(pin->custody, sizeof pin->custody, qr_node_custody(ledgerd->node));
    pin_nodes(qr_node_state(ledgerd->node), pin);
    qr_pin_write(pin, &json);
    answer.json = (char *)(uintptr_t)qr_buffer_string(&json);
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_PIN;
    reply.ledger_pin = &answer;
    qr_request_answer(request, &reply);
}
