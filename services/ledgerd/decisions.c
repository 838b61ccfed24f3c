#include "services/ledgerd/ledgerd.h"

#include "node/batch.h"

enum { LIST_MAX = 500, SCAN_MAX = 50000 };

/* A recorded decision's message and the bytes behind it. */
struct recorded {
    Quorate__LedgerDecision message;
    struct qr_hash id;
    struct qr_buffer leaf;
    struct qr_buffer activation;
};

static void recorded_done(struct recorded *recorded)
{
    qr_buffer_done(&recorded->leaf);
    qr_buffer_done(&recorded->activation);
}

static bool is_decision(const struct qr_buffer *leaf)
{
    return leaf->size > 4 && memcmp(leaf->data, "QRD1", 4) == 0;
}

static int fill(struct ledgerd *ledgerd, uint64_t index, uint64_t height, struct recorded *recorded,
                bool with_activation, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_decision *decision = qr_alloc(1, sizeof *decision);
    struct qr_header header;
    struct qr_mandate mandate;
    int code = qr_decision_decode(recorded->leaf.data, recorded->leaf.size, decision, error);
    if (code == 0)
        code = qr_store_header(ledgerd->store, height, &header, error);
    if (code == 0 && with_activation)
        code = qr_mandate_get(qr_node_state(ledgerd->node), &decision->mandate, &mandate, error);
    if (code)
        return code;
    if (with_activation)
        qr_activation_encode(&mandate.activation, &recorded->activation);
    recorded->id = qr_decision_id(recorded->leaf.data, recorded->leaf.size);
    quorate__ledger_decision__init(&recorded->message);
    recorded->message.id = qr_wire_hash(&recorded->id);
    recorded->message.leaf = qr_wire_bytes(recorded->leaf.data, recorded->leaf.size);
    recorded->message.activation = qr_wire_bytes(recorded->activation.data, recorded->activation.size);
    recorded->message.height = height;
    recorded->message.index = index;
    recorded->message.late = header.time - decision->time_ms > QR_LATE_MS;
    return 0;
}

void ledgerd_decision(struct ledgerd *ledgerd, struct qr_request *request)
{
    QR_CLEANUP(recorded_done) struct recorded recorded = {.leaf = {0}};
    struct qr_hash prefix, id;
    unsigned nibbles = 0;
    uint64_t index = 0, height = 0;
    struct qr_error error;
    int code = ledgerd_prefix(qr_request_message(request)->ledger_decision->id, &prefix, &nibbles, &error);
    if (code == 0)
        code = qr_store_find_leaf(ledgerd->store, &prefix, nibbles, &index, &id, &error);
    if (code == 0)
        code = qr_store_leaf(ledgerd->store, index, &recorded.leaf, &height, &error);
    if (code == 0 && !is_decision(&recorded.leaf))
        code = qr_fail(&error, QR_ENOT_FOUND, "what has this id is not a decision");
    if (code == 0)
        code = fill(ledgerd, index, height, &recorded, true, &error);
    if (code) {
        qr_request_refuse(request, &error);
        return;
    }
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_DECISION;
    reply.ledger_decision = &recorded.message;
    qr_request_answer(request, &reply);
}

/* Walks the log downwards from before `end`. */
static int collect(struct ledgerd *ledgerd, uint64_t end, size_t most, struct recorded *list, size_t *ret_n,
                   struct qr_error *error)
{
    size_t n = 0;
    int code = 0;
    for (uint64_t scanned = 0; end > 0 && n < most && scanned < SCAN_MAX && code == 0; scanned++) {
        uint64_t height = 0;
        qr_buffer_clear(&list[n].leaf);
        code = qr_store_leaf(ledgerd->store, --end, &list[n].leaf, &height, error);
        if (code == 0 && is_decision(&list[n].leaf)) {
            code = fill(ledgerd, end, height, &list[n], false, error);
            n++;
        }
    }
    *ret_n = n;
    return code;
}

void ledgerd_decisions(struct ledgerd *ledgerd, struct qr_request *request)
{
    const Quorate__LedgerDecisionsRequest *message = qr_request_message(request)->ledger_decisions;
    size_t most = message->most < 1 ? 1 : message->most > LIST_MAX ? LIST_MAX : message->most, n = 0;
    uint64_t size = qr_chain_head(ledgerd->chain)->log_size;
    uint64_t end = message->before_index == 0 || message->before_index > size ? size : message->before_index;
    struct recorded *found = qr_alloc(most, sizeof *found);
    QR_CLEANUP(qr_freep) Quorate__LedgerDecision **list = qr_alloc(most, sizeof(Quorate__LedgerDecision *));
    struct qr_error error;
    int code = collect(ledgerd, end, most, found, &n, &error);
    Quorate__LedgerDecisions decisions = QUORATE__LEDGER_DECISIONS__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    for (size_t i = 0; i < n; i++)
        list[i] = &found[i].message;
    decisions.n_decisions = n;
    decisions.decisions = list;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_DECISIONS;
    reply.ledger_decisions = &decisions;
    if (code)
        qr_request_refuse(request, &error);
    else
        qr_request_answer(request, &reply);
    for (size_t i = 0; i < most; i++)
        recorded_done(&found[i]);
    free(found);
}
