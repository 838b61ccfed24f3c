#include "xai/reference.h"

struct qr_reference {
    int references;
    struct qr_hash hash, schema_hash;
    struct qr_buffer bytes;
    size_t n_features, rows;
    int32_t *values;  /* rows x n_features */
    int64_t *amounts; /* minor units, or -1 */
};

static const char magic[4] = "QRR1";
#define AMOUNT_END (INT64_C(1) << 47)

static struct qr_reference *new_reference(size_t n_features, size_t capacity)
{
    struct qr_reference *reference = qr_alloc(1, sizeof *reference);
    reference->references = 1;
    reference->n_features = n_features;
    reference->values = qr_alloc(capacity * n_features, sizeof *reference->values);
    reference->amounts = qr_alloc(capacity, sizeof *reference->amounts);
    return reference;
}

static void encode(struct qr_reference *reference)
{
    struct qr_buffer *out = &reference->bytes;
    qr_put_raw(out, magic, sizeof magic);
    qr_put_hash(out, &reference->schema_hash);
    qr_put_uint(out, reference->n_features);
    qr_put_uint(out, reference->rows);
    for (size_t i = 0; i < reference->rows; i++) {
        for (size_t j = 0; j < reference->n_features; j++)
            qr_put_value(out, reference->values[i * reference->n_features + j]);
        qr_put_uint(out, (uint64_t)(reference->amounts[i] + 1));
    }
    reference->hash = qr_sha256(out->data, out->size);
}

int qr_reference_from_rows(const struct qr_schema *schema, struct qr_rows *rows, struct qr_reference **ret_reference,
                           struct qr_error *error)
{
    size_t n = schema->n_features;
    QR_CLEANUP(qr_reference_freep) struct qr_reference *reference = new_reference(n, QR_REFERENCE_ROWS_MAX);
    int32_t row[QR_FEATURES_MAX];
    int64_t amount;
    int code;
    while ((code = qr_rows_next(rows, row, &amount, error)) == 1) {
        if (reference->rows == QR_REFERENCE_ROWS_MAX)
            return qr_fail(error, QR_ELIMIT, "there are more than %d reference rows", QR_REFERENCE_ROWS_MAX);
        memcpy(reference->values + reference->rows * n, row, n * sizeof *row);
        reference->amounts[reference->rows++] = amount;
    }
    if (code)
        return code;
    if (reference->rows == 0)
        return qr_fail(error, QR_EINPUT, "there are no reference rows");
    reference->schema_hash = qr_schema_hash(schema);
    encode(reference);
    *ret_reference = reference;
    reference = NULL;
    return 0;
}

int qr_reference_decode(const void *bytes, size_t size, struct qr_reference **ret_reference, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_hash schema_hash = {0};
    const uint8_t *start = qr_get_raw(&in, sizeof magic);
    if (start && memcmp(start, magic, sizeof magic) != 0)
        qr_reader_fail(&in, "it does not begin with QRR1");
    qr_get_hash(&in, &schema_hash);
    size_t n_features = (size_t)qr_get_uint_max(&in, QR_FEATURES_MAX);
    size_t rows = qr_get_count(&in, QR_REFERENCE_ROWS_MAX, n_features + 1);
    if (n_features == 0 || rows == 0)
        qr_reader_fail(&in, "it has no features or no rows");
    QR_CLEANUP(qr_reference_freep) struct qr_reference *reference = new_reference(n_features, in.failed ? 0 : rows);
    reference->schema_hash = schema_hash;
    for (; reference->rows < rows && !in.failed; reference->rows++) {
        for (size_t j = 0; j < n_features; j++)
            reference->values[reference->rows * n_features + j] = qr_get_value(&in);
        reference->amounts[reference->rows] = (int64_t)qr_get_uint_max(&in, AMOUNT_END) - 1;
    }
    int code = qr_reader_end(&in, "the file of reference rows", error);
    if (code)
        return code;
    qr_buffer_add(&reference->bytes, bytes, size);
    reference->hash = qr_sha256(bytes, size);
    *ret_reference = reference;
    reference = NULL;
    return 0;
}

int qr_reference_check(const struct qr_reference *reference, const struct qr_schema *schema, struct qr_error *error)
{
    struct qr_hash hash = qr_schema_hash(schema);
    if (reference->n_features != schema->n_features || !qr_hash_equal(&reference->schema_hash, &hash))
        return qr_fail(error, QR_EMISMATCH, "the reference rows are for other features than the model's");
    for (size_t i = 0; i < reference->rows; i++) {
        int code = qr_schema_check_row(schema, reference->values + i * reference->n_features, error);
        if (code) {
            qr_prefix(error, "reference row %zu", i);
            return code;
        }
    }
    return 0;
}

struct qr_reference *qr_reference_ref(struct qr_reference *reference)
{
    __atomic_add_fetch(&reference->references, 1, __ATOMIC_RELAXED);
    return reference;
}

void qr_reference_free(struct qr_reference *reference)
{
    if (!reference || __atomic_sub_fetch(&reference->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    qr_buffer_done(&reference->bytes);
    free(reference->values);
    free(reference->amounts);
    free(reference);
}

void qr_reference_freep(struct qr_reference **reference)
{
    qr_reference_free(*reference);
    *reference = NULL;
}

struct qr_span qr_reference_bytes(const struct qr_reference *reference)
{
    return (struct qr_span){reference->bytes.data, reference->bytes.size};
}

const struct qr_hash *qr_reference_hash(const struct qr_reference *reference)
{
    return &reference->hash;
}

size_t qr_reference_rows(const struct qr_reference *reference)
{
    return reference->rows;
}

const int32_t *qr_reference_all(const struct qr_reference *reference)
{
    return reference->values;
}

int64_t qr_reference_amount(const struct qr_reference *reference, size_t index)
{
    return reference->amounts[index];
}
