#include "node/operator.h"
#include "services/ledgerd/ledgerd.h"

/* A node in office that signed so. */
static bool signed_by_node(const struct qr_state *state, const struct qr_checkpoint *checkpoint,
                           const struct qr_note_signature *line)
{
    struct qr_operator_record record;
    struct qr_public_key last;
    const struct qr_public_key *after = NULL;
    while (qr_operator_next(state, after, &record)) {
        last = record.operator.key;
        after = &last;
        if (record.operator.kind == QR_KEY_NODE && record.dismissed == UINT64_MAX &&
            qr_checkpoint_verify(checkpoint, line, record.operator.name, &last))
            return true;
    }
    return false;
}

int ledgerd_cosign(struct ledgerd *ledgerd, uint64_t height, const struct qr_note_signature *line, struct qr_error *error)
{
    struct qr_header header;
    int code = qr_store_header(ledgerd->store, height, &header, error);
    if (code)
        return code;
    struct qr_checkpoint checkpoint = qr_checkpoint_of(&header, qr_node_genesis(ledgerd->node));
    if (!signed_by_node(qr_node_state(ledgerd->node), &checkpoint, line))
        return qr_fail(error, QR_EREFUSED, "no node in office signed block %" PRIu64 " so", height);
    return qr_store_add_signature(ledgerd->store, height, line, error);
}
