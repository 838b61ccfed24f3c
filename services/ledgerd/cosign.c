#include "node/witness.h"
#include "services/ledgerd/ledgerd.h"

/* Signatures of other nodes over checkpoints that this one has made or repeated. They are checked at once and gathered; all that came in
 * one turn of the loop is written together. */

enum { LINES_MAX = 256, GATHERED_MAX = 4096 };

static bool same_line(const struct qr_note_signature *a, const struct qr_note_signature *b)
{
    return strcmp(a->name, b->name) == 0 && memcmp(a->key_hash, b->key_hash, sizeof a->key_hash) == 0 &&
           memcmp(a->signature.bytes, b->signature.bytes, QR_SIGNATURE_SIZE) == 0;
}

/* Whether this very line was gathered or kept before: a vote's comes again with each proposal. Looking is cheaper than verifying. */
static bool is_here(const struct ledgerd *ledgerd, const struct qr_signed_checkpoint *note, const struct qr_note_signature *line)
{
    for (unsigned i = 0; i < note->n; i++)
        if (same_line(&note->signatures[i], line))
            return true;
    for (size_t i = 0; i < ledgerd->n_cosignatures; i++)
        if (ledgerd->cosignatures[i].height == note->checkpoint.height && same_line(&ledgerd->cosignatures[i].line, line))
            return true;
    return false;
}

int ledgerd_cosign(struct ledgerd *ledgerd, uint64_t height, const struct qr_note_signature *line, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    struct qr_operator_record record;
    int code = qr_store_note(ledgerd->store, height, qr_node_genesis(ledgerd->node), note, error);
    if (code || is_here(ledgerd, note, line))
        return code;
    if (!qr_witness_find(qr_node_state(ledgerd->node), &note->checkpoint, line, &record))
        return qr_fail(error, QR_EREFUSED, "no node in office signed block %" PRIu64 " so", height);
    if (ledgerd->n_cosignatures == GATHERED_MAX)
        return qr_fail(error, QR_EBUSY, "%d signatures wait to be written already", GATHERED_MAX);
    if (!ledgerd->cosignatures)
        ledgerd->cosignatures = qr_alloc(GATHERED_MAX, sizeof *ledgerd->cosignatures);
    ledgerd->cosignatures[ledgerd->n_cosignatures++] = (struct qr_cosignature){.height = height, .line = *line};
    ++*ledgerd->cosigned;
    return 0;
}

void ledgerd_keep_cosignatures(struct ledgerd *ledgerd)
{
    struct qr_error error;
    size_t n = ledgerd->n_cosignatures;
    ledgerd->n_cosignatures = 0;
    if (n > 0 && qr_store_add_signatures(ledgerd->store, ledgerd->cosignatures, n, &error) != 0)
        ledgerd_give_up(ledgerd, "cannot keep signatures", &error);
}

static int line_from_wire(const Quorate__LedgerCosignature *message, struct qr_note_signature *ret, struct qr_error *error)
{
    struct qr_note_signature line = {.name = ""};
    if (!qr_name_valid(message->name) || message->key_hash.len != sizeof line.key_hash ||
        message->signature.len != QR_SIGNATURE_SIZE)
        return qr_fail(error, QR_EFORMAT, "a signature has a node's name, %zu bytes of key hash and %d of signature",
                       sizeof line.key_hash, QR_SIGNATURE_SIZE);
    qr_copy_text(line.name, sizeof line.name, message->name);
    memcpy(line.key_hash, message->key_hash.data, sizeof line.key_hash);
    memcpy(line.signature.bytes, message->signature.data, QR_SIGNATURE_SIZE);
    *ret = line;
    return 0;
}

void ledgerd_take_cosignatures(struct ledgerd *ledgerd, struct qr_request *request)
{
    const Quorate__LedgerCosignRequest *message = qr_request_message(request)->ledger_cosign;
    Quorate__LedgerCosigned answer = QUORATE__LEDGER_COSIGNED__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    struct qr_error first = {.code = QR_OK};
    if (message->n_lines < 1 || message->n_lines > LINES_MAX) {
        qr_fail(&first, QR_ELIMIT, "a request carries 1 to %d signatures", LINES_MAX);
        qr_request_refuse(request, &first);
        return;
    }
    for (size_t i = 0; i < message->n_lines; i++) {
        struct qr_note_signature line;
        struct qr_error error;
        int code = line_from_wire(message->lines[i], &line, &error);
        if (code == 0)
            code = ledgerd_cosign(ledgerd, message->lines[i]->height, &line, &error);
        if (code && first.code == QR_OK)
            first = error;
        answer.kept += code == 0;
    }
    answer.refused = first.text;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_COSIGN;
    reply.ledger_cosign = &answer;
    qr_request_answer(request, &reply);
}
