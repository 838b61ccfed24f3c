#include "cli/seen.h"

#include "cli/new_home.h"
#include "common/file.h"
#include "ledger/consistency.h"
#include "ledger/evidence.h"
#include "node/genesis.h"

static const char seen_name[] = "seen.checkpoint";

/* ---- What the ledger shows ---- */

int cli_checkpoint(struct cli *cli, uint64_t height, struct qr_signed_checkpoint *ret, struct qr_error *error)
{
    Quorate__LedgerCheckpointRequest ask = QUORATE__LEDGER_CHECKPOINT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    ask.height = height;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_CHECKPOINT;
    request.ledger_checkpoint = &ask;
    int failed = cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, error);
    if (failed)
        return failed;
    const char *note = reply->ledger_checkpoint->note;
    return qr_note_read(note, strlen(note), ret, error);
}

int cli_consistency(struct cli *cli, uint64_t old_size, uint64_t new_size, struct qr_proof *ret, struct qr_error *error)
{
    Quorate__LedgerConsistencyRequest ask = QUORATE__LEDGER_CONSISTENCY_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    struct qr_proof proof = {.n = 0};
    ask.old_size = old_size;
    ask.new_size = new_size;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_CONSISTENCY;
    request.ledger_consistency = &ask;
    int failed = cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, error);
    if (!failed && reply->ledger_consistency->n_path > QR_PROOF_MAX)
        failed = qr_fail(error, QR_EFORMAT, "the ledger's proof of consistency has more than %d hashes", QR_PROOF_MAX);
    for (; !failed && proof.n < reply->ledger_consistency->n_path; proof.n++)
        failed = qr_hash_from_wire(reply->ledger_consistency->path[proof.n], "a hash of a proof", &proof.path[proof.n], error);
    if (!failed)
        *ret = proof;
    return failed;
}

/* ---- Whose signatures count ---- */

static int read_genesis(struct cli *cli, struct qr_pin *pin, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(cli_home(cli), "genesis.qrg");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    int failed = cli_need_home(cli, error);
    if (!failed)
        failed = qr_file_read(path, QR_GENESIS_FILE_MAX, &bytes, error);
    if (!failed)
        failed = qr_genesis_read(bytes.data, bytes.size, &genesis, error);
    if (failed)
        return failed;
    pin->genesis = qr_genesis_hash(bytes.data, bytes.size);
    qr_copy_text(pin->chain_id, sizeof pin->chain_id, genesis.chain_id);
    for (size_t i = 0; i < genesis.n_operators && pin->n < QR_PIN_NODES_MAX; i++) {
        if (genesis.operators[i].kind != QR_KEY_NODE)
            continue;
        qr_copy_text(pin->nodes[pin->n].name, sizeof pin->nodes[pin->n].name, genesis.operators[i].name);
        pin->nodes[pin->n++].key = genesis.operators[i].key;
    }
    pin->need = 1;
    return 0;
}

static bool has_key(const struct qr_pin *pin, const struct qr_public_key *key)
{
    for (unsigned i = 0; i < pin->n; i++)
        if (memcmp(pin->nodes[i].key.bytes, key->bytes, sizeof key->bytes) == 0)
            return true;
    return false;
}

/* Those in office now, of whom the genesis need not know. */
static int add_named(struct cli *cli, struct qr_pin *pin, struct qr_error *error)
{
    Quorate__LedgerPinRequest ask = QUORATE__LEDGER_PIN_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    QR_CLEANUP(qr_freep) struct qr_pin *named = qr_alloc(1, sizeof *named);
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_PIN;
    request.ledger_pin = &ask;
    int failed = cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, error);
    if (!failed)
        failed = qr_pin_read(reply->ledger_pin->json, strlen(reply->ledger_pin->json), named, error);
    for (unsigned i = 0; !failed && i < named->n && pin->n < QR_PIN_NODES_MAX; i++)
        if (!has_key(pin, &named->nodes[i].key))
            pin->nodes[pin->n++] = named->nodes[i];
    return failed;
}

int cli_known_nodes(struct cli *cli, struct qr_pin *ret, struct qr_error *error)
{
    *ret = (struct qr_pin){.n = 0};
    int failed = read_genesis(cli, ret, error);
    return failed ? failed : add_named(cli, ret, error);
}

void cli_put_signers(const struct qr_pin *pin, uint64_t signers, struct qr_buffer *out)
{
    bool any = false;
    for (unsigned i = 0; i < pin->n; i++)
        if (signers >> i & 1) {
            qr_buffer_text(out, "%s%s", any ? ", " : "", pin->nodes[i].name);
            any = true;
        }
    qr_buffer_text(out, "%s", any ? "" : "nobody");
}

/* A checkpoint counts when it is of this home's ledger and a known node signed it. Nodes of the genesis do without another question.
 * One that nobody signed, as the genesis's where it is only followed, is compared all the same, but not kept: it proves nothing. */
static int check_signed(struct cli *cli, const struct qr_signed_checkpoint *note, struct qr_pin *pin, struct qr_error *error)
{
    *pin = (struct qr_pin){.n = 0};
    int failed = read_genesis(cli, pin, error);
    if (!failed && !qr_hash_equal(&note->checkpoint.genesis, &pin->genesis))
        return qr_fail(error, QR_EMISMATCH, "the checkpoint is of another ledger than this home's genesis.qrg");
    if (failed || note->n == 0)
        return failed;
    if (qr_pin_signers(pin, note) == 0)
        failed = add_named(cli, pin, error);
    if (!failed && qr_pin_signers(pin, note) == 0)
        return qr_fail(error, QR_EBAD_SIGNATURE, "no node of this ledger signed the checkpoint of block %" PRIu64,
                       note->checkpoint.height);
    return failed;
}

/* ---- What was seen ---- */

int cli_seen(struct cli *cli, struct qr_signed_checkpoint *ret, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(cli_home(cli), seen_name);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    int failed = qr_file_read(path, QR_NOTE_MAX, &text, error);
    if (failed == QR_ENO_FILE)
        return qr_fail(error, QR_ENOT_FOUND, "this home has seen no checkpoint yet");
    if (!failed)
        failed = qr_note_read(qr_buffer_string(&text), text.size, ret, error);
    if (failed != QR_EFORMAT)
        return failed;
    qr_fail(error, QR_ECORRUPT, "%s, the last checkpoint that this home has seen, is damaged", path);
    return qr_hint(error, "restore it from a copy; without one, remove it: what was seen before is forgotten then");
}

static int remember(struct cli *cli, const struct qr_signed_checkpoint *note, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(cli_home(cli), seen_name);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    qr_note_write(note, &text);
    return qr_file_write(path, text.data, text.size, 0644, error);
}

/* Says who signed both, and keeps them. `error` says how they contradict each other. */
static int contradicted(struct cli *cli, const struct qr_pin *pin, const struct qr_signed_checkpoint *seen,
                        const struct qr_signed_checkpoint *shown, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer names = {0};
    struct qr_error problem;
    cli_put_signers(pin, qr_pin_signers(pin, seen) & qr_pin_signers(pin, shown), &names);
    qr_fail(&problem, QR_EFORKED, "the ledger is not the one that was seen: %s; signed both: %s", error->text,
            qr_buffer_string(&names));
    qr_hint(&problem, "both checkpoints lie in HOME/evidence; if you restored the ledger yourself, remove HOME/%s", seen_name);
    int failed = qr_evidence_keep(cli_home(cli), seen, shown, error);
    if (failed)
        return failed;
    *error = problem;
    return problem.code;
}

/* The ledger's own checkpoint at the height that was seen: of all contradictions the plainest. */
static int compare_at(struct cli *cli, const struct qr_pin *pin, const struct qr_signed_checkpoint *seen, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *shown = qr_alloc(1, sizeof *shown);
    if (seen->checkpoint.height == 0)
        return 0;
    int failed = cli_checkpoint(cli, seen->checkpoint.height, shown, error);
    if (failed == QR_ENOT_FOUND)
        return 0; /* a ledger that was taken over as a snapshot has no older blocks */
    if (failed)
        return failed;
    enum qr_log_relation relation = qr_log_compare(&seen->checkpoint, &shown->checkpoint, NULL);
    if (relation == QR_LOG_SAME)
        return 0;
    (void)qr_log_fail(relation == QR_LOG_EQUIVOCATION ? relation : QR_LOG_REWRITTEN, &seen->checkpoint, &shown->checkpoint, error);
    return contradicted(cli, pin, seen, shown, error);
}

/* Holds one against the other with the ledger's proof; what proves nothing contradicts. */
static int compare(struct cli *cli, const struct qr_pin *pin, const struct qr_signed_checkpoint *seen,
                   const struct qr_signed_checkpoint *shown, struct qr_error *error)
{
    const struct qr_checkpoint *a = &seen->checkpoint, *b = &shown->checkpoint;
    struct qr_proof proof = {.n = 0};
    int failed = 0;
    if (qr_log_needs_proof(a, b))
        failed = cli_consistency(cli, a->size < b->size ? a->size : b->size, a->size < b->size ? b->size : a->size, &proof, error);
    if (failed == QR_ERANGE)
        return contradicted(cli, pin, seen, shown, error);
    if (failed)
        return failed;
    enum qr_log_relation relation = qr_log_compare(a, b, &proof);
    if (qr_log_agrees(relation))
        return 0;
    (void)qr_log_fail(relation, a, b, error);
    return contradicted(cli, pin, seen, shown, error);
}

static int lost_blocks(struct cli *cli, const struct qr_pin *pin, const struct qr_signed_checkpoint *seen,
                       const struct qr_signed_checkpoint *shown, struct qr_error *error)
{
    qr_fail(error, QR_EFORKED, "it ends at block %" PRIu64 ", after block %" PRIu64 " had been shown: it was shortened",
            shown->checkpoint.height, seen->checkpoint.height);
    return contradicted(cli, pin, seen, shown, error);
}

int cli_see_head(struct cli *cli, struct qr_signed_checkpoint *ret_head, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *shown = qr_alloc(1, sizeof *shown), *seen = qr_alloc(1, sizeof *seen);
    QR_CLEANUP(qr_freep) struct qr_pin *pin = qr_alloc(1, sizeof *pin);
    int failed = cli_checkpoint(cli, 0, shown, error);
    if (!failed)
        failed = check_signed(cli, shown, pin, error);
    if (failed)
        return failed;
    failed = cli_seen(cli, seen, error);
    bool first = failed == QR_ENOT_FOUND;
    if (first)
        failed = 0;
    if (!failed && !first)
        failed = compare_at(cli, pin, seen, error);
    if (!failed && !first && shown->checkpoint.height < seen->checkpoint.height)
        failed = lost_blocks(cli, pin, seen, shown, error);
    if (!failed && !first)
        failed = compare(cli, pin, seen, shown, error);
    if (!failed && shown->n > 0 && (first || shown->checkpoint.height > seen->checkpoint.height))
        failed = remember(cli, shown, error);
    if (!failed && ret_head)
        *ret_head = *shown;
    return failed;
}

int cli_see_note(struct cli *cli, const struct qr_signed_checkpoint *note, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *seen = qr_alloc(1, sizeof *seen);
    QR_CLEANUP(qr_freep) struct qr_pin *pin = qr_alloc(1, sizeof *pin);
    int failed = cli_see_head(cli, seen, error);
    if (!failed)
        failed = check_signed(cli, note, pin, error);
    return failed ? failed : compare(cli, pin, seen, note, error);
}

int cli_see_against(struct cli *cli, const struct qr_signed_checkpoint *note, struct qr_signed_checkpoint *ret_head,
                    struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_pin *pin = qr_alloc(1, sizeof *pin);
    int failed = cli_see_head(cli, ret_head, error);
    if (!failed)
        failed = check_signed(cli, note, pin, error);
    if (!failed && note->n == 0)
        failed = qr_fail(error, QR_EBAD_SIGNATURE, "nobody signed the checkpoint of block %" PRIu64, note->checkpoint.height);
    if (failed)
        return failed;
    if (note->checkpoint.height > ret_head->checkpoint.height) {
        qr_fail(error, QR_EPENDING, "the checkpoint is of block %" PRIu64 ", and the ledger here ends at block %" PRIu64,
                note->checkpoint.height, ret_head->checkpoint.height);
        return qr_hint(error, "a home that follows may be behind; the home that orders the blocks has lost some then");
    }
    failed = compare_at(cli, pin, note, error);
    if (!failed)
        failed = compare(cli, pin, note, ret_head, error);
    return failed == QR_EFORKED ? qr_hint(error, "both checkpoints lie in HOME/evidence") : failed;
}
