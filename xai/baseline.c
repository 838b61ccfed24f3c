#include "xai/baseline.h"

#include "common/file.h"

struct qr_baseline {
    int references;
    struct qr_hash hash, schema_hash;
    struct qr_buffer bytes;
    size_t n_features;
    size_t rows, distinct;
    int32_t *values;  /* distinct x n_features, ascending */
    uint32_t *counts; /* of each distinct row */
};

static const char magic[4] = "QRB1";

static int compare_rows(const int32_t *a, const int32_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

static void encode(struct qr_baseline *baseline)
{
    struct qr_buffer *out = &baseline->bytes;
    qr_put_raw(out, magic, sizeof magic);
    qr_put_hash(out, &baseline->schema_hash);
    qr_put_uint(out, baseline->n_features);
    qr_put_uint(out, baseline->distinct);
    for (size_t i = 0; i < baseline->distinct; i++) {
        for (size_t j = 0; j < baseline->n_features; j++)
            qr_put_value(out, baseline->values[i * baseline->n_features + j]);
        qr_put_uint(out, baseline->counts[i]);
    }
    baseline->hash = qr_sha256(out->data, out->size);
}

/* One more row, which sorts at or after those that are there. */
static void append(struct qr_baseline *baseline, const int32_t *row, uint32_t count)
{
    size_t n = baseline->n_features;
    baseline->rows += count;
    if (baseline->distinct > 0 && compare_rows(baseline->values + (baseline->distinct - 1) * n, row, n) == 0) {
        baseline->counts[baseline->distinct - 1] += count;
        return;
    }
    memcpy(baseline->values + baseline->distinct * n, row, n * sizeof *row);
    baseline->counts[baseline->distinct++] = count;
}

static struct qr_baseline *new_baseline(size_t n_features, size_t capacity)
{
    struct qr_baseline *baseline = qr_alloc(1, sizeof *baseline);
    baseline->references = 1;
    baseline->n_features = n_features;
    baseline->values = qr_alloc(capacity * n_features, sizeof *baseline->values);
    baseline->counts = qr_alloc(capacity, sizeof *baseline->counts);
    return baseline;
}

static int compare_with_size(const void *a, const void *b, void *n_features)
{
    return compare_rows(*(const int32_t *const *)a, *(const int32_t *const *)b, *(size_t *)n_features);
}

int qr_baseline_of(const struct qr_schema *schema, const int32_t *rows, size_t n, struct qr_baseline **ret_baseline,
                   struct qr_error *error)
{
    if (n == 0)
        return qr_fail(error, QR_ENOT_ADMITTED, "a baseline needs at least one row");
    if (n > QR_BASELINE_ROWS_MAX)
        return qr_fail(error, QR_ENOT_ADMITTED, "a baseline has at most %d rows and this has %zu", QR_BASELINE_ROWS_MAX,
                       n);
    size_t n_features = schema->n_features;
    QR_CLEANUP(qr_freep) const int32_t **sorted = qr_alloc(n, sizeof *sorted);
    for (size_t i = 0; i < n; i++) {
        sorted[i] = rows + i * n_features;
        int code = qr_schema_check_row(schema, sorted[i], error);
        if (code)
            return code;
    }
    qsort_r(sorted, n, sizeof *sorted, compare_with_size, &n_features);
    struct qr_baseline *baseline = new_baseline(n_features, n);
    for (size_t i = 0; i < n; i++)
        append(baseline, sorted[i], 1);
    baseline->schema_hash = qr_schema_hash(schema);
    encode(baseline);
    *ret_baseline = baseline;
    return 0;
}

int qr_baseline_from_rows(const struct qr_schema *schema, struct qr_rows *rows, struct qr_baseline **ret_baseline,
                          struct qr_error *error)
{
    QR_CLEANUP(qr_freep) int32_t *values = qr_alloc(QR_BASELINE_ROWS_MAX * schema->n_features, sizeof *values);
    QR_CLEANUP(qr_freep) int32_t *row = qr_alloc(schema->n_features, sizeof *row);
    size_t n = 0;
    int code;
    while ((code = qr_rows_next(rows, row, NULL, error)) == 1) {
        if (n == QR_BASELINE_ROWS_MAX)
            return qr_fail(error, QR_ENOT_ADMITTED, "a baseline has at most %d rows and this has more",
                           QR_BASELINE_ROWS_MAX);
        memcpy(values + n++ * schema->n_features, row, schema->n_features * sizeof *row);
    }
    return code ? code : qr_baseline_of(schema, values, n, ret_baseline, error);
}

static void get_rows(struct qr_reader *in, struct qr_baseline *baseline, size_t distinct)
{
    int32_t row[QR_FEATURES_MAX];
    for (size_t i = 0; i < distinct && !in->failed; i++) {
        for (size_t j = 0; j < baseline->n_features; j++)
            row[j] = qr_get_value(in);
        uint64_t count = qr_get_uint_max(in, QR_BASELINE_ROWS_MAX - baseline->rows);
        if (count == 0)
            qr_reader_fail(in, "a row has no count, or there are more than 4,096");
        if (i > 0 && compare_rows(baseline->values + (i - 1) * baseline->n_features, row, baseline->n_features) >= 0)
            qr_reader_fail(in, "its rows are not distinct and ascending");
        if (!in->failed)
            append(baseline, row, (uint32_t)count);
    }
}

int qr_baseline_decode(const void *bytes, size_t size, struct qr_baseline **ret_baseline, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_hash schema_hash = {0};
    const uint8_t *start = qr_get_raw(&in, sizeof magic);
    if (start && memcmp(start, magic, sizeof magic) != 0)
        qr_reader_fail(&in, "it does not begin with QRB1");
    qr_get_hash(&in, &schema_hash);
    size_t n_features = (size_t)qr_get_uint_max(&in, QR_FEATURES_MAX);
    size_t distinct = qr_get_count(&in, QR_BASELINE_ROWS_MAX, n_features + 1);
    if (n_features == 0 || distinct == 0)
        qr_reader_fail(&in, "it has no features or no rows");
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = new_baseline(n_features, in.failed ? 0 : distinct);
    baseline->schema_hash = schema_hash;
    get_rows(&in, baseline, distinct);
    int code = qr_reader_end(&in, "the baseline file", error);
    if (code)
        return code;
    qr_buffer_add(&baseline->bytes, bytes, size);
    baseline->hash = qr_sha256(bytes, size);
    *ret_baseline = baseline;
    baseline = NULL;
    return 0;
}

/* CSV that has been read whole already. */
static int from_text(const struct qr_schema *schema, const char *name, const struct qr_buffer *text,
                     struct qr_baseline **ret_baseline, struct qr_error *error)
{
    QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = NULL;
    int code = qr_rows_of_memory(schema, name, text->data, text->size, &rows, error);
    return code ? code : qr_baseline_from_rows(schema, rows, ret_baseline, error);
}

int qr_baseline_load(const struct qr_schema *schema, const char *path, struct qr_baseline **ret_baseline,
                     struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    int code = qr_file_read(path, QR_BASELINE_FILE_MAX, &bytes, error);
    if (code)
        return code;
    if (bytes.size < sizeof magic || memcmp(bytes.data, magic, sizeof magic) != 0)
        return from_text(schema, strcmp(path, "-") == 0 ? "standard input" : path, &bytes, ret_baseline, error);
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    code = qr_baseline_decode(bytes.data, bytes.size, &baseline, error);
    if (!code)
        code = qr_baseline_check(baseline, schema, error);
    if (code) {
        qr_prefix(error, "%s", path);
        return code;
    }
    *ret_baseline = baseline;
    baseline = NULL;
    return 0;
}

int qr_baseline_check(const struct qr_baseline *baseline, const struct qr_schema *schema, struct qr_error *error)
{
    struct qr_hash hash = qr_schema_hash(schema);
    if (baseline->n_features != schema->n_features || !qr_hash_equal(&baseline->schema_hash, &hash))
        return qr_fail(error, QR_EMISMATCH, "the baseline is for other features than the model's");
    for (size_t i = 0; i < baseline->distinct; i++) {
        int code = qr_schema_check_row(schema, qr_baseline_row(baseline, i), error);
        if (code) {
            qr_prefix(error, "baseline row %zu", i);
            return code;
        }
    }
    return 0;
}

struct qr_baseline *qr_baseline_ref(struct qr_baseline *baseline)
{
    __atomic_add_fetch(&baseline->references, 1, __ATOMIC_RELAXED);
    return baseline;
}

void qr_baseline_free(struct qr_baseline *baseline)
{
    if (!baseline || __atomic_sub_fetch(&baseline->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    qr_buffer_done(&baseline->bytes);
    free(baseline->values);
    free(baseline->counts);
    free(baseline);
}

void qr_baseline_freep(struct qr_baseline **baseline)
{
    qr_baseline_free(*baseline);
    *baseline = NULL;
}

struct qr_span qr_baseline_bytes(const struct qr_baseline *baseline)
{
    return (struct qr_span){baseline->bytes.data, baseline->bytes.size};
}

const struct qr_hash *qr_baseline_hash(const struct qr_baseline *baseline)
{
    return &baseline->hash;
}

size_t qr_baseline_rows(const struct qr_baseline *baseline)
{
    return baseline->rows;
}

size_t qr_baseline_distinct(const struct qr_baseline *baseline)
{
    return baseline->distinct;
}

const int32_t *qr_baseline_row(const struct qr_baseline *baseline, size_t index)
{
    return baseline->values + index * baseline->n_features;
}

uint32_t qr_baseline_count(const struct qr_baseline *baseline, size_t index)
{
    return baseline->counts[index];
}
