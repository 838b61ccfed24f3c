#include "services/ledgerd/ledgerd.h"

#include "node/object.h"
#include "node/operator.h"

enum { ENTRIES_MAX = 1000, ENTRIES_BYTES_MAX = 512 << 10 };

void ledgerd_head(struct ledgerd *ledgerd, struct qr_request *request)
{
    const struct qr_header *header = qr_chain_head(ledgerd->chain);
    struct qr_counts counts = qr_node_counts(ledgerd->node);
    struct qr_hash hash = qr_header_hash(header);
    struct qr_mandate mandate;
    struct qr_error error;
    Quorate__LedgerHead head = QUORATE__LEDGER_HEAD__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    if (qr_mandate_active(qr_node_state(ledgerd->node), &mandate, &error) != 0) {
        qr_request_refuse(request, &error);
        return;
    }
    head.chain = (char *)(uintptr_t)header->chain_id;
    head.genesis_hash = qr_wire_hash(qr_node_genesis(ledgerd->node));
    head.custody = (char *)(uintptr_t)qr_node_custody(ledgerd->node);
    head.height = header->height;
    head.time_ms = header->time;
    head.block_hash = qr_wire_hash(&hash);
    head.app_hash = qr_wire_hash(&header->app_hash);
    head.log_size = header->log_size;
    head.log_root = qr_wire_hash(&header->log_root);
    head.mandate = qr_wire_hash(&mandate.id);
    head.transactions = counts.transactions;
    head.decisions = counts.decisions;
    head.engine = (char *)(uintptr_t)ledgerd->engine->name;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_HEAD;
    reply.ledger_head = &head;
    qr_request_answer(request, &reply);
}

/* Gathers entries until a limit; whether there are more. */
static bool gather(const struct qr_state *state, const Quorate__LedgerStateRequest *message,
                   Quorate__LedgerStateEntry *entries, size_t most, size_t *ret_n)
{
    struct qr_span after = {message->after.data, message->after.len}, key, value;
    bool started = message->after.len > 0;
    size_t n = 0, bytes = 0;
    while (qr_state_next(state, message->prefix.data, message->prefix.len, started ? &after : NULL, &key, &value)) {
        bytes += key.size + value.size;
        if (n == most || (n > 0 && bytes > ENTRIES_BYTES_MAX)) {
            *ret_n = n;
            return true;
        }
        quorate__ledger_state_entry__init(&entries[n]);
        entries[n].key = qr_wire_bytes(key.bytes, key.size);
        entries[n++].value = qr_wire_bytes(value.bytes, value.size);
        after = key;
        started = true;
    }
    *ret_n = n;
    return false;
}

void ledgerd_state(struct ledgerd *ledgerd, struct qr_request *request)
{
    const Quorate__LedgerStateRequest *message = qr_request_message(request)->ledger_state;
    size_t most = message->most < 1 ? 1 : message->most > ENTRIES_MAX ? ENTRIES_MAX : message->most, n = 0;
    QR_CLEANUP(qr_freep) Quorate__LedgerStateEntry *entries = qr_alloc(most, sizeof *entries);
    QR_CLEANUP(qr_freep)
    Quorate__LedgerStateEntry **list = qr_alloc(most, sizeof(Quorate__LedgerStateEntry *));
    Quorate__LedgerState state = QUORATE__LEDGER_STATE__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    state.more = gather(qr_node_state(ledgerd->node), message, entries, most, &n);
    for (size_t i = 0; i < n; i++)
        list[i] = &entries[i];
    state.height = qr_chain_head(ledgerd->chain)->height;
    state.n_entries = n;
    state.entries = list;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_STATE;
    reply.ledger_state = &state;
    qr_request_answer(request, &reply);
}

void ledgerd_object(struct ledgerd *ledgerd, struct qr_request *request)
{
    const Quorate__LedgerObjectRequest *message = qr_request_message(request)->ledger_object;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_object object;
    struct qr_hash hash;
    struct qr_error error;
    int code = qr_hash_from_wire(message->hash, "an object's hash", &hash, &error);
    if (code == 0)
        code = qr_object_get(qr_node_state(ledgerd->node), &hash, &object, &error);
    if (code == 0)
        code = qr_object_read(qr_node_state(ledgerd->node), &hash, &bytes, &error);
    if (code == 0 && message->offset > bytes.size)
        code = qr_fail(&error, QR_ERANGE, "the object has %zu bytes", bytes.size);
    if (code) {
        qr_request_refuse(request, &error);
        return;
    }
    Quorate__LedgerObject piece = QUORATE__LEDGER_OBJECT__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    size_t rest = bytes.size - (size_t)message->offset;
    piece.kind = (char *)(uintptr_t)qr_object_kind_name(object.kind);
    piece.size = bytes.size;
    piece.offset = message->offset;
    piece.piece = qr_wire_bytes(bytes.data + message->offset, rest < QR_CHUNK_SIZE ? rest : QR_CHUNK_SIZE);
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_OBJECT;
    reply.ledger_object = &piece;
    qr_request_answer(request, &reply);
}

void ledgerd_mandate(struct ledgerd *ledgerd, struct qr_request *request)
{
    const Quorate__LedgerMandateRequest *message = qr_request_message(request)->ledger_mandate;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    struct qr_mandate mandate;
    struct qr_hash id;
    struct qr_error error;
    int code;
    if (message->mandate.len == 0)
        code = qr_mandate_active(qr_node_state(ledgerd->node), &mandate, &error);
    else if ((code = qr_hash_from_wire(message->mandate, "a mandate", &id, &error)) == 0)
        code = qr_mandate_get(qr_node_state(ledgerd->node), &id, &mandate, &error);
    if (code) {
        qr_request_refuse(request, &error);
        return;
    }
    qr_activation_encode(&mandate.activation, &leaf);
    Quorate__LedgerMandate answer = QUORATE__LEDGER_MANDATE__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    answer.mandate = qr_wire_hash(&mandate.id);
    answer.activation = qr_wire_bytes(leaf.data, leaf.size);
    answer.model = qr_wire_hash(&mandate.activation.model);
    answer.baseline = qr_wire_hash(&mandate.activation.baseline);
    answer.rules = qr_wire_hash(&mandate.activation.rules);
    answer.rules_version = (uint32_t)mandate.activation.rules_version;
    answer.proposal = qr_wire_hash(&mandate.activation.proposal);
    answer.height = mandate.activation.height;
    answer.active = mandate.ended == UINT64_MAX;
    answer.revoked = mandate.revoked;
    answer.head_height = qr_chain_head(ledgerd->chain)->height;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_MANDATE;
    reply.ledger_mandate = &answer;
    qr_request_answer(request, &reply);
}

void ledgerd_sequence(struct ledgerd *ledgerd, struct qr_request *request)
{
    ProtobufCBinaryData key = qr_request_message(request)->ledger_sequence->key;
    struct qr_public_key public_key;
    struct qr_operator_record record;
    struct qr_error error;
    int code = 0;
    if (key.len != sizeof public_key.bytes)
        code = qr_fail(&error, QR_EFORMAT, "a public key has %zu bytes", sizeof public_key.bytes);
    if (code == 0) {
        memcpy(public_key.bytes, key.data, sizeof public_key.bytes);
        code = qr_operator_get(qr_node_state(ledgerd->node), &public_key, &record, &error);
    }
    if (code) {
        qr_request_refuse(request, &error);
        return;
    }
    Quorate__LedgerSequence sequence = QUORATE__LEDGER_SEQUENCE__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    sequence.last = record.sequence;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_SEQUENCE;
    reply.ledger_sequence = &sequence;
    qr_request_answer(request, &reply);
}

void ledgerd_checkpoint(struct ledgerd *ledgerd, struct qr_request *request)
{
    uint64_t height = qr_request_message(request)->ledger_checkpoint->height;
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    Quorate__LedgerCheckpoint checkpoint = QUORATE__LEDGER_CHECKPOINT__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    struct qr_error error;
    checkpoint.height = height ? height : qr_chain_head(ledgerd->chain)->height;
    if (qr_store_note(ledgerd->store, checkpoint.height, qr_node_genesis(ledgerd->node), note, &error) != 0) {
        qr_request_refuse(request, &error);
        return;
    }
    qr_note_write(note, &text);
    checkpoint.note = (char *)(uintptr_t)qr_buffer_string(&text);
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_CHECKPOINT;
    reply.ledger_checkpoint = &checkpoint;
    qr_request_answer(request, &reply);
}

void ledgerd_consistency(struct ledgerd *ledgerd, struct qr_request *request)
{
    const Quorate__LedgerConsistencyRequest *message = qr_request_message(request)->ledger_consistency;
    struct qr_tile_source tiles = qr_store_tiles(ledgerd->store);
    uint64_t size = qr_chain_head(ledgerd->chain)->log_size;
    struct qr_proof proof;
    ProtobufCBinaryData path[QR_PROOF_MAX];
    Quorate__LedgerConsistency consistency = QUORATE__LEDGER_CONSISTENCY__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    struct qr_error error;
    int code = 0;
    if (message->new_size > size)
        code = qr_fail(&error, QR_ERANGE, "the log has %" PRIu64 " leaves", size);
    if (code == 0)
        code = qr_merkle_log_consistency(&tiles, message->old_size, message->new_size, &proof, &error);
    if (code) {
        qr_request_refuse(request, &error);
        return;
    }
    for (unsigned i = 0; i < proof.n; i++)
        path[i] = qr_wire_hash(&proof.path[i]);
    consistency.n_path = proof.n;
    consistency.path = path;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_CONSISTENCY;
    reply.ledger_consistency = &consistency;
    qr_request_answer(request, &reply);
}
