#include "node/verify.h"

#include "node/mandate.h"
#include "xai/decision.h"

void qr_verification_done(struct qr_verification *verification)
{
    qr_receipt_done(&verification->receipt);
}

const char *qr_check_result_word(enum qr_verdict_result result)
{
    switch (result) {
    case QR_CHECK_OK:
        return "ok";
    case QR_CHECK_FAILED:
        return "failed";
    case QR_CHECK_SKIPPED:
        return "skipped";
    }
    return "failed";
}

/* What the checks share: the receipt as read, and what could be decoded from it. */
struct verifier {
    struct qr_verification *out;
    const struct qr_pin *pin;
    const struct qr_span *model_file;
    const struct qr_span *baseline_file;
    struct qr_decision decision;
    struct qr_activation activation;
    bool has_decision;
    bool has_activation;
};

static void add(struct verifier *verifier, const char *name, enum qr_verdict_result result, const char *text)
{
    struct qr_named_check *check = &verifier->out->checks[verifier->out->n++];
    *check = (struct qr_named_check){.name = name, .result = result};
    qr_copy_text(check->text, sizeof check->text, text);
    if (result == QR_CHECK_FAILED)
        verifier->out->valid = false;
}

static void add_code(struct verifier *verifier, const char *name, int code, const struct qr_error *error)
{
    add(verifier, name, code ? QR_CHECK_FAILED : QR_CHECK_OK, code ? error->text : "");
}

static void check_origin(struct verifier *verifier)
{
    bool same = qr_hash_equal(&verifier->out->receipt.note.checkpoint.genesis, &verifier->pin->genesis);
    add(verifier, "origin", same ? QR_CHECK_OK : QR_CHECK_FAILED,
        same ? "" : "the checkpoint is of another ledger than the pin's");
}

static void check_signatures(struct verifier *verifier)
{
    const struct qr_signed_checkpoint *note = &verifier->out->receipt.note;
    uint64_t seen = 0;
    struct qr_error error = {.code = QR_OK};
    for (unsigned line = 0; line < note->n && error.code == QR_OK; line++) {
        unsigned node = qr_pin_signer(verifier->pin, &note->checkpoint, &note->signatures[line]);
        if (node == verifier->pin->n)
            qr_fail(&error, QR_EINVALID,
                    "the line of %s is by no pinned node; where the pin is older than it, take a new pin or the receipt with --pin",
                    note->signatures[line].name);
        else if (seen >> node & 1)
            qr_fail(&error, QR_EINVALID, "%s signed twice", note->signatures[line].name);
        else
            seen |= UINT64_C(1) << node;
    }
    verifier->out->signers = seen;
    verifier->out->signatures = (unsigned)__builtin_popcountll(seen);
    if (error.code == QR_OK && verifier->out->signatures < verifier->pin->need)
        qr_fail(&error, QR_EINVALID, "%u of the pinned nodes signed, %u are needed", verifier->out->signatures,
                verifier->pin->need);
    add_code(verifier, "signature", error.code, &error);
}

static int prove(const struct verifier *verifier, const struct qr_receipt_entry *entry, struct qr_error *error)
{
    const struct qr_checkpoint *checkpoint = &verifier->out->receipt.note.checkpoint;
    struct qr_hash leaf = qr_merkle_leaf(entry->leaf.data, entry->leaf.size);
    return qr_inclusion_verify(&leaf, entry->index, checkpoint->size, &entry->proof, &checkpoint->root, error);
}

static void check_inclusion(struct verifier *verifier)
{
    struct qr_error error;
    add_code(verifier, "inclusion", prove(verifier, &verifier->out->receipt.decision, &error), &error);
}

static void check_mandate(struct verifier *verifier)
{
    const struct qr_receipt_entry *entry = &verifier->out->receipt.activation;
    struct qr_error error;
    int code = qr_activation_decode(entry->leaf.data, entry->leaf.size, &verifier->activation, &error);
    verifier->has_activation = code == 0;
    if (code == 0)
        code = prove(verifier, entry, &error);
    struct qr_hash mandate = qr_merkle_leaf(entry->leaf.data, entry->leaf.size);
    if (code == 0 && !(verifier->has_decision && qr_hash_equal(&mandate, &verifier->decision.mandate)))
        code = qr_fail(&error, QR_EINVALID, "the decision was not made under this activation");
    add_code(verifier, "mandate", code, &error);
}

/* Decoding refuses a leaf whose lines or contributions do not sum. */
static void check_arithmetic(struct verifier *verifier)
{
    const struct qr_buffer *leaf = &verifier->out->receipt.decision.leaf;
    struct qr_error error;
    int code = qr_decision_decode(leaf->data, leaf->size, &verifier->decision, &error);
    verifier->has_decision = code == 0;
    add_code(verifier, "arithmetic", code, &error);
}

static bool check_file(struct verifier *verifier, const char *name, const struct qr_span *file,
                       const struct qr_hash *expected)
{
    if (!file) {
        add(verifier, name, QR_CHECK_SKIPPED, "no file was given");
        return false;
    }
    struct qr_hash hash = qr_sha256(file->bytes, file->size);
    bool same = verifier->has_activation && qr_hash_equal(&hash, expected);
    add(verifier, name, same ? QR_CHECK_OK : QR_CHECK_FAILED, same ? "" : "the mandate names another file");
    return same;
}

/* The rules of the mandate are not in the receipt; the leaf shows each rule's line. What is recomputed is everything before
 * them: scores, contributions, money lines. The lines after them sum to the fare (check_arithmetic). */
static int recompute(const struct verifier *verifier, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    QR_CLEANUP(qr_explainer_freep) struct qr_explainer *explainer = NULL;
    struct qr_explainer_options direct = {.table_bytes = 0, .threads = 1};
    const struct qr_decision *decision = &verifier->decision;
    int code = qr_model_decode(verifier->model_file->bytes, verifier->model_file->size, &model, error);
    if (code == 0)
        code = qr_baseline_decode(verifier->baseline_file->bytes, verifier->baseline_file->size, &baseline, error);
    if (code == 0)
        code = qr_explainer_new(model, baseline, &direct, &explainer, error);
    if (code)
        return code;
    struct qr_rules none = {.version = 1};
    struct qr_decision_input input = {.time_ms = decision->time_ms, .row = decision->row};
    if (decision->n_features != qr_model_schema(model)->n_features)
        return qr_fail(error, QR_EMISMATCH, "the model sees %zu features, the decision has %zu",
                       qr_model_schema(model)->n_features, decision->n_features);
    QR_CLEANUP(qr_freep) struct qr_decision *again = qr_alloc(1, sizeof *again);
    memcpy(input.nonce, decision->nonce, sizeof input.nonce);
    code = qr_decisions_build(explainer, &none, &decision->mandate, &input, 1, again, error);
    if (code)
        return code;
    size_t n = decision->n_features;
    if (again->base != decision->base || again->score != decision->score ||
        again->base_amount.minor != decision->base_amount.minor ||
        memcmp(again->contributions, decision->contributions, n * sizeof again->contributions[0]) != 0 ||
        memcmp(again->amounts, decision->amounts, n * sizeof again->amounts[0]) != 0)
        return qr_fail(error, QR_EMISMATCH, "recomputing the row gives another fare or explanation");
    return 0;
}

static void check_recomputation(struct verifier *verifier)
{
    bool model = check_file(verifier, "model", verifier->model_file, &verifier->activation.model);
    bool baseline = check_file(verifier, "baseline", verifier->baseline_file, &verifier->activation.baseline);
    struct qr_error error;
    if (!verifier->model_file || !verifier->baseline_file)
        add(verifier, "recomputation", QR_CHECK_SKIPPED, "it needs the model and the baseline");
    else if (!model || !baseline || !verifier->has_decision)
        add(verifier, "recomputation", QR_CHECK_FAILED, "not with these files");
    else
        add_code(verifier, "recomputation", recompute(verifier, &error), &error);
}

int qr_verify_receipt(const void *text, size_t size, const struct qr_pin *pin, const struct qr_span *model,
                      const struct qr_span *baseline, struct qr_verification *ret, struct qr_error *error)
{
    struct qr_error problem;
    *ret = (struct qr_verification){.valid = true};
    struct verifier *verifier = qr_alloc(1, sizeof *verifier);
    verifier->out = ret;
    verifier->pin = pin;
    verifier->model_file = model;
    verifier->baseline_file = baseline;
    int code = qr_receipt_read(text, size, &ret->receipt, &problem);
    if (code == QR_EFORMAT) {
        free(verifier);
        if (error)
            *error = problem;
        return code;
    }
    add_code(verifier, "form", code, &problem);
    if (code == 0) {
        check_origin(verifier);
        check_signatures(verifier);
        check_inclusion(verifier);
        check_arithmetic(verifier);
        check_mandate(verifier);
        check_recomputation(verifier);
    }
    free(verifier);
    return 0;
}
