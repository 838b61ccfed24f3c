#include "services/ledgerd/ledgerd.h"

#include "common/clock.h"
#include "ledger/pin.h"
#include "ledger/receipt.h"
#include "node/witness.h"
#include "xai/decision.h"

enum { WAIT_MAX_MS = 60000, TRIES_MAX = 64 };

/* A request for the receipt of a decision that is in no block yet, or not signed by enough. */
struct ledgerd_receipt_wait {
    struct qr_request *request;
    int64_t until;
    struct ledgerd_receipt_wait *next;
};

/* A leaf and the height of its block, which may not be wanted. */
static int find_leaf(struct ledgerd *ledgerd, const struct qr_hash *prefix, unsigned nibbles, struct qr_receipt_entry *entry,
                     uint64_t *ret_height, struct qr_error *error)
{
    struct qr_hash hash;
    int code = qr_store_find_leaf(ledgerd->store, prefix, nibbles, &entry->index, &hash, error);
    return code ? code : qr_store_leaf(ledgerd->store, entry->index, &entry->leaf, ret_height, error);
}

/* Its path in the log of `size` leaves. */
static int prove(struct ledgerd *ledgerd, uint64_t size, struct qr_receipt_entry *entry, struct qr_error *error)
{
    struct qr_tile_source tiles = qr_store_tiles(ledgerd->store);
    return qr_merkle_log_inclusion(&tiles, entry->index, size, &entry->proof, error);
}

/* Whose lines a receipt may carry: the nodes that were asked for, or all in office. */
static bool may_stand(const Quorate__LedgerReceiptRequest *message, const struct qr_public_key *key)
{
    for (size_t i = 0; i < message->n_nodes; i++)
        if (message->nodes[i].len == sizeof key->bytes && memcmp(message->nodes[i].data, key->bytes, sizeof key->bytes) == 0)
            return true;
    return message->n_nodes == 0;
}

/* The checkpoint of this height with the lines that may stand; they were checked when they were kept. */
static int read_note(struct ledgerd *ledgerd, uint64_t height, const Quorate__LedgerReceiptRequest *message,
                     struct qr_signed_checkpoint *note, struct qr_error *error)
{
    unsigned kept = 0;
    int code = qr_store_note(ledgerd->store, height, qr_node_genesis(ledgerd->node), note, error);
    for (unsigned i = 0; code == 0 && i < note->n; i++) {
        struct qr_operator_record record;
        if (qr_witness_claimed(qr_node_state(ledgerd->node), height, &note->signatures[i], &record) &&
            may_stand(message, &record.operator.key))
            note->signatures[kept++] = note->signatures[i];
    }
    note->n = kept;
    return code;
}

/* The last checkpoint from height `least` to `most` with enough lines that may stand. QR_ENOT_FOUND. */
static int find_signed(struct ledgerd *ledgerd, uint64_t least, uint64_t most, unsigned need,
                       const Quorate__LedgerReceiptRequest *message, struct qr_signed_checkpoint *note, struct qr_error *error)
{
    for (unsigned tries = 0; tries < TRIES_MAX; tries++) {
        uint64_t height = 0;
        int code = qr_store_signed(ledgerd->store, least, most, need, &height, error);
        if (code == 0)
            code = read_note(ledgerd, height, message, note, error);
        if (code || note->n >= need)
            return code;
        if (height == least)
            break;
        most = height - 1;
    }
    return qr_fail(error, QR_ENOT_FOUND, "no checkpoint has %u of these signatures", need);
}

/* Where none has enough: the one with the most lines, the newest of several. */
static int find_most_signed(struct ledgerd *ledgerd, uint64_t least, uint64_t head,
                            const Quorate__LedgerReceiptRequest *message, struct qr_signed_checkpoint *note, struct qr_error *error)
{
    uint64_t height = head;
    int code = qr_store_most_signed(ledgerd->store, least, head, &height, error);
    if (code == QR_ENOT_FOUND) /* nobody signed */
        code = 0;
    return code ? code : read_note(ledgerd, height, message, note, error);
}

/* The newest checkpoint from `least` on that enough nodes have signed, else one that as many as possible have. Nodes that went away long
 * ago have signed what was new then: the oldest that will do is looked for last. */
static int choose_note(struct ledgerd *ledgerd, uint64_t least, unsigned need, const Quorate__LedgerReceiptRequest *message,
                       struct qr_signed_checkpoint *note, struct qr_error *error)
{
    uint64_t head = qr_chain_head(ledgerd->chain)->height;
    int code = find_signed(ledgerd, least, head, need, message, note, error);
    if (code == QR_ENOT_FOUND && head - least > TRIES_MAX)
        code = find_signed(ledgerd, least, least + TRIES_MAX, need, message, note, error);
    return code == QR_ENOT_FOUND ? find_most_signed(ledgerd, least, head, message, note, error) : code;
}

static int make_receipt(struct ledgerd *ledgerd, const Quorate__LedgerReceiptRequest *message, unsigned need,
                        struct qr_receipt *receipt, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_decision *decision = qr_alloc(1, sizeof *decision);
    struct qr_hash prefix;
    unsigned nibbles = 0;
    uint64_t height = 0;
    int code = ledgerd_prefix(message->decision, &prefix, &nibbles, error);
    if (code == 0)
        code = find_leaf(ledgerd, &prefix, nibbles, &receipt->decision, &height, error);
    if (code == 0 && qr_decision_decode(receipt->decision.leaf.data, receipt->decision.leaf.size, decision, NULL) != 0)
        return qr_fail(error, QR_ENOT_FOUND, "what has this id is not a decision");
    if (code == 0)
        code = find_leaf(ledgerd, &decision->mandate, 2 * QR_HASH_SIZE, &receipt->activation, NULL, error);
    if (code == 0)
        code = choose_note(ledgerd, height, need, message, &receipt->note, error);
    if (code == 0)
        code = prove(ledgerd, receipt->note.checkpoint.size, &receipt->decision, error);
    return code ? code : prove(ledgerd, receipt->note.checkpoint.size, &receipt->activation, error);
}

/* How many nodes must sign: one alone; of validators, so many that they cannot have signed two heads. */
static unsigned usual_need(const struct ledgerd *ledgerd, unsigned nodes)
{
    if (nodes == 0)
        return 0;
    return qr_node_engine(ledgerd->node) == QR_ENGINE_COMETBFT ? nodes - (nodes - 1) / 3 : 1;
}

static unsigned count_nodes(const struct ledgerd *ledgerd)
{
    struct qr_operator_record record;
    struct qr_public_key last;
    unsigned n = 0;
    const struct qr_state *state = qr_node_state(ledgerd->node);
    for (bool more = qr_witness_next(state, NULL, &record); more; more = qr_witness_next(state, &last, &record)) {
        last = record.operator.key;
        n++;
    }
    return n;
}

static void answer_receipt(struct qr_request *request, const struct qr_receipt *receipt, unsigned need)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer json = {0};
    Quorate__LedgerReceipt answer = QUORATE__LEDGER_RECEIPT__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    qr_receipt_write(receipt, &json);
    answer.json = (char *)(uintptr_t)qr_buffer_string(&json);
    answer.height = receipt->note.checkpoint.height;
    answer.signatures = receipt->note.n;
    answer.need = need;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_RECEIPT;
    reply.ledger_receipt = &answer;
    qr_request_answer(request, &reply);
}

/* QR_ENOT_FOUND: not in a block. QR_EPENDING: not yet signed by as many as are needed. Both may be waited for; the last try, of which
 * no number was asked, does with fewer. */
static int try_receipt(struct ledgerd *ledgerd, struct qr_request *request, bool last, struct qr_error *error)
{
    const Quorate__LedgerReceiptRequest *message = qr_request_message(request)->ledger_receipt;
    struct qr_receipt *receipt = qr_alloc(1, sizeof *receipt);
    unsigned need = message->need ? message->need : usual_need(ledgerd, count_nodes(ledgerd));
    int code = 0;
    if (message->need > QR_NOTE_SIGNATURES_MAX || message->n_nodes > QR_PIN_NODES_MAX)
        code = qr_fail(error, QR_ELIMIT, "at most %d signatures, of at most %d nodes, can be asked for",
                       QR_NOTE_SIGNATURES_MAX, QR_PIN_NODES_MAX);
    if (code == 0) {
        qr_store_read_begin(ledgerd->store);
        code = make_receipt(ledgerd, message, need, receipt, error);
        qr_store_read_end(ledgerd->store);
    }
    if (code == 0 && receipt->note.n < need && (message->need || !last)) {
        qr_fail(error, QR_EPENDING, "%u of the %u signatures that are needed are there so far", receipt->note.n, need);
        code = qr_hint(error, "the others sign within seconds when they run: wait with --wait SECONDS");
    }
    if (code == 0)
        answer_receipt(request, receipt, need);
    qr_receipt_done(receipt);
    free(receipt);
    return code;
}

/* Refuses what was waited for in vain. */
static void refuse_pending(struct qr_request *request, struct qr_error *why)
{
    struct qr_error error = *why;
    if (error.code != QR_EPENDING) {
        qr_fail(&error, QR_EPENDING, "the decision is in no block yet, or there is none with this id");
        qr_hint(&error, "decisions are recorded within a second: try again, or wait with --wait SECONDS");
    }
    qr_request_refuse(request, &error);
}

void ledgerd_receipt(struct ledgerd *ledgerd, struct qr_request *request)
{
    struct qr_error error;
    int64_t wait = qr_request_message(request)->ledger_receipt->wait_ms;
    int code = try_receipt(ledgerd, request, wait <= 0, &error);
    if (code == 0)
        return;
    if (code != QR_ENOT_FOUND && code != QR_EPENDING) {
        qr_request_refuse(request, &error);
    } else if (wait <= 0) {
        refuse_pending(request, &error);
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
    bool last = qr_clock_monotonic() / 1000 >= wait->until;
    int code = try_receipt(ledgerd, wait->request, last, &error);
    if (code == 0)
        return true;
    if (code != QR_ENOT_FOUND && code != QR_EPENDING) {
        qr_request_refuse(wait->request, &error);
        return true;
    }
    if (!last)
        return false;
    refuse_pending(wait->request, &error);
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
        struct qr_error error = {.code = QR_ENOT_FOUND};
        refuse_pending(wait->request, &error);
        free(wait);
    }
}

/* The nodes in office. */
static void pin_nodes(const struct ledgerd *ledgerd, struct qr_pin *pin)
{
    const struct qr_state *state = qr_node_state(ledgerd->node);
    struct qr_operator_record record;
    struct qr_public_key last;
    for (bool more = qr_witness_next(state, NULL, &record); more && pin->n < QR_PIN_NODES_MAX;
         more = qr_witness_next(state, &last, &record)) {
        last = record.operator.key;
        qr_copy_text(pin->nodes[pin->n].name, sizeof pin->nodes[pin->n].name, record.operator.name);
        pin->nodes[pin->n++].key = last;
    }
    pin->need = usual_need(ledgerd, pin->n);
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
    pin_nodes(ledgerd, pin);
    qr_pin_write(pin, &json);
    answer.json = (char *)(uintptr_t)qr_buffer_string(&json);
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_PIN;
    reply.ledger_pin = &answer;
    qr_request_answer(request, &reply);
}
