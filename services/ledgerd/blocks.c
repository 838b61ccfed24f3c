#include "services/ledgerd/ledgerd.h"

#include "node/describe.h"

enum { BLOCKS_MAX = 200, SUMMARIES_MAX = 1000 };

int ledgerd_prefix(ProtobufCBinaryData bytes, struct qr_hash *ret_prefix, unsigned *ret_nibbles,
                   struct qr_error *error)
{
    if (bytes.len < 3 || bytes.len > QR_HASH_SIZE)
        return qr_fail(error, QR_EFORMAT, "an id is given by 3 to %d bytes", QR_HASH_SIZE);
    *ret_prefix = (struct qr_hash){{0}};
    memcpy(ret_prefix->bytes, bytes.data, bytes.len);
    *ret_nibbles = 2 * (unsigned)bytes.len;
    return 0;
}

/* A summary and the text that it points into. */
struct summary {
    Quorate__TransactionSummary message;
    struct qr_description description;
    struct qr_hash id;
};

static void summarise(const struct ledgerd *ledgerd, const struct qr_transaction *transaction, struct summary *ret)
{
    qr_describe(qr_node_state(ledgerd->node), transaction, &ret->description);
    ret->id = transaction->id;
    quorate__transaction_summary__init(&ret->message);
    ret->message.id = qr_wire_hash(&ret->id);
    ret->message.kind = (char *)(uintptr_t)ret->description.kind;
    ret->message.signer = ret->description.signer;
    ret->message.text = ret->description.text;
    ret->message.size = (uint32_t)transaction->body.size;
    ret->message.decisions = ret->description.decisions;
}

/* A block's message and the bytes behind it. */
struct view {
    Quorate__LedgerBlock message;
    struct qr_header header;
    struct qr_hash hash;
    struct qr_buffer header_bytes;
    struct qr_buffer checkpoint;
    size_t n;
    struct summary *summaries;
    Quorate__TransactionSummary **list;
};

static void view_done(struct view *view)
{
    qr_buffer_done(&view->header_bytes);
    qr_buffer_done(&view->checkpoint);
    free(view->summaries);
    free(view->list);
}

static void view_header(struct view *view)
{
    qr_header_write(&view->header, &view->header_bytes);
    view->hash = qr_header_hash(&view->header);
    quorate__ledger_block__init(&view->message);
    view->message.header = qr_wire_bytes(view->header_bytes.data, view->header_bytes.size);
    view->message.hash = qr_wire_hash(&view->hash);
    view->message.height = view->header.height;
    view->message.time_ms = view->header.time;
    view->message.previous = qr_wire_hash(&view->header.previous);
    view->message.transactions_root = qr_wire_hash(&view->header.transactions_root);
    view->message.log_root = qr_wire_hash(&view->header.log_root);
    view->message.log_size = view->header.log_size;
    view->message.app_hash = qr_wire_hash(&view->header.app_hash);
}

static int view_transactions(const struct ledgerd *ledgerd, const struct qr_block *block, struct view *view,
                             struct qr_error *error)
{
    view->summaries = qr_alloc(SUMMARIES_MAX, sizeof *view->summaries);
    view->list = qr_alloc(SUMMARIES_MAX, sizeof(Quorate__TransactionSummary *));
    for (size_t i = 0; i < block->n; i++) {
        struct qr_transaction transaction;
        struct summary *summary = &view->summaries[view->n < SUMMARIES_MAX ? view->n : SUMMARIES_MAX - 1];
        int code =
            qr_transaction_read(block->transactions[i].bytes, block->transactions[i].size, &transaction, error);
        if (code)
            return code;
        summarise(ledgerd, &transaction, summary);
        view->message.decision_count += summary->description.decisions;
        if (view->n < SUMMARIES_MAX)
            view->list[view->n++] = &summary->message;
    }
    view->message.transaction_count = block->n;
    view->message.n_transactions = view->n;
    view->message.transactions = view->list;
    return 0;
}

static int view_checkpoint(struct ledgerd *ledgerd, struct view *view, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    int code = qr_store_note(ledgerd->store, view->header.height, qr_node_genesis(ledgerd->node), note, error);
    if (code)
        return code;
    qr_note_write(note, &view->checkpoint);
    view->message.checkpoint = (char *)(uintptr_t)qr_buffer_string(&view->checkpoint);
    return 0;
}

static int read_block(struct ledgerd *ledgerd, uint64_t height, struct qr_buffer *bytes, struct qr_block *ret,
                      struct qr_error *error)
{
    int code = qr_store_block(ledgerd->store, height, bytes, error);
    return code ? code : qr_block_read(bytes->data, bytes->size, ret, error);
}

void ledgerd_block(struct ledgerd *ledgerd, struct qr_request *request)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    QR_CLEANUP(qr_block_done) struct qr_block block = {.n = 0};
    QR_CLEANUP(view_done) struct view view = {.n = 0};
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    struct qr_error error;
    int code = read_block(ledgerd, qr_request_message(request)->ledger_block->height, &bytes, &block, &error);
    if (code == 0) {
        view.header = block.header;
        view_header(&view);
        code = view_transactions(ledgerd, &block, &view, &error);
    }
    if (code == 0)
        code = view_checkpoint(ledgerd, &view, &error);
    if (code) {
        qr_request_refuse(request, &error);
        return;
    }
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_BLOCK;
    reply.ledger_block = &view.message;
    qr_request_answer(request, &reply);
}

/* One row of a list: the header and two counts. */
static int view_row(struct ledgerd *ledgerd, uint64_t height, struct view *view, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    QR_CLEANUP(qr_block_done) struct qr_block block = {.n = 0};
    int code = read_block(ledgerd, height, &bytes, &block, error);
    if (code)
        return code;
    view->header = block.header;
    view_header(view);
    code = view_transactions(ledgerd, &block, view, error);
    view->message.n_transactions = 0;
    view->message.transactions = NULL;
    return code;
}

void ledgerd_blocks(struct ledgerd *ledgerd, struct qr_request *request)
{
    const Quorate__LedgerBlocksRequest *message = qr_request_message(request)->ledger_blocks;
    uint64_t head = qr_chain_head(ledgerd->chain)->height;
    uint64_t from = message->from == 0 || message->from > head ? head : message->from;
    uint64_t most = message->most < 1 ? 1 : message->most > BLOCKS_MAX ? BLOCKS_MAX : message->most;
    uint64_t n = from + 1 < most ? from + 1 : most;
    struct view *views = qr_alloc(n, sizeof *views);
    QR_CLEANUP(qr_freep) Quorate__LedgerBlock **list = qr_alloc(n, sizeof(Quorate__LedgerBlock *));
    Quorate__LedgerBlocks blocks = QUORATE__LEDGER_BLOCKS__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    struct qr_error error;
    int code = 0;
    for (uint64_t i = 0; code == 0 && i < n; i++) {
        code = view_row(ledgerd, from - i, &views[i], &error);
        list[i] = &views[i].message;
    }
    blocks.n_blocks = n;
    blocks.blocks = list;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_BLOCKS;
    reply.ledger_blocks = &blocks;
    if (code)
        qr_request_refuse(request, &error);
    else
        qr_request_answer(request, &reply);
    for (uint64_t i = 0; i < n; i++)
        view_done(&views[i]);
    free(views);
}

static void answer_transaction(struct ledgerd *ledgerd, struct qr_request *request,
                               const struct qr_transaction *transaction, uint64_t height, size_t position)
{
    struct summary summary;
    Quorate__Transaction signed_one = QUORATE__TRANSACTION__INIT;
    Quorate__LedgerTransaction message = QUORATE__LEDGER_TRANSACTION__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    summarise(ledgerd, transaction, &summary);
    json_t *details = qr_describe_json(transaction);
    QR_CLEANUP(qr_freep) char *text = json_dumps(details, JSON_COMPACT);
    json_decref(details);
    signed_one.body = qr_wire_bytes(transaction->body.bytes, transaction->body.size);
    signed_one.signer = qr_wire_bytes(transaction->signer.bytes, sizeof transaction->signer.bytes);
    signed_one.signature = qr_wire_bytes(transaction->signature.bytes, sizeof transaction->signature.bytes);
    message.transaction = &signed_one;
    message.summary = &summary.message;
    message.height = height;
    message.index = (uint32_t)position;
    message.details = text;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_TRANSACTION;
    reply.ledger_transaction = &message;
    qr_request_answer(request, &reply);
}

void ledgerd_transaction(struct ledgerd *ledgerd, struct qr_request *request)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    QR_CLEANUP(qr_block_done) struct qr_block block = {.n = 0};
    struct qr_transaction transaction;
    struct qr_hash prefix;
    unsigned nibbles = 0;
    uint64_t height = 0;
    size_t position = 0;
    struct qr_error error;
    int code = ledgerd_prefix(qr_request_message(request)->ledger_transaction->id, &prefix, &nibbles, &error);
    if (code == 0)
        code = qr_store_find_transaction(ledgerd->store, &prefix, nibbles, &height, &position, &error);
    if (code == 0)
        code = read_block(ledgerd, height, &bytes, &block, &error);
    if (code == 0)
        code = qr_transaction_read(block.transactions[position].bytes, block.transactions[position].size, &transaction,
                                   &error);
    if (code)
        qr_request_refuse(request, &error);
    else
        answer_transaction(ledgerd, request, &transaction, height, position);
}
