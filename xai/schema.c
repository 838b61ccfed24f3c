#include "xai/schema.h"

#include "common/fixed.h"

void qr_schema_done(struct qr_schema *schema)
{
    for (size_t i = 0; i < schema->n_features; i++) {
        struct qr_feature *feature = &schema->features[i];
        for (size_t j = 0; j < feature->n_categories; j++)
            free(feature->categories[j]);
        free(feature->categories);
    }
    free(schema->features);
    *schema = (struct qr_schema){0};
}

void qr_schema_copy(const struct qr_schema *schema, struct qr_schema *ret_copy)
{
    *ret_copy = *schema;
    ret_copy->features = qr_memdup(schema->features, schema->n_features * sizeof *schema->features);
    for (size_t i = 0; i < schema->n_features; i++) {
        struct qr_feature *feature = &ret_copy->features[i];
        char **names = feature->categories;
        feature->categories = qr_alloc(feature->n_categories, sizeof *names);
        for (size_t j = 0; j < feature->n_categories; j++)
            feature->categories[j] = qr_strdup(names[j]);
    }
}

int qr_schema_find(const struct qr_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n_features; i++)
        if (strcmp(schema->features[i].name, name) == 0)
            return (int)i;
    return -1;
}

/* Canonical bytes. */

enum { FLAG_MISSING = 1, FLAG_PERSONAL = 2 };

static void put_feature(struct qr_buffer *out, const struct qr_feature *feature)
{
    qr_put_text(out, feature->name);
    qr_put_text(out, feature->unit);
    qr_put_u8(out, (uint8_t)feature->kind);
    qr_put_u8(out, (uint8_t)((feature->missing ? FLAG_MISSING : 0) | (feature->personal ? FLAG_PERSONAL : 0)));
    if (feature->kind == QR_FEATURE_NUMBER) {
        qr_put_uint(out, (uint64_t)feature->scale);
        qr_put_int(out, feature->min);
        qr_put_int(out, feature->max);
        return;
    }
    qr_put_uint(out, feature->n_categories);
    for (size_t i = 0; i < feature->n_categories; i++)
        qr_put_text(out, feature->categories[i]);
}

void qr_schema_put_features(const struct qr_schema *schema, struct qr_buffer *out)
{
    qr_put_uint(out, schema->n_features);
    for (size_t i = 0; i < schema->n_features; i++)
        put_feature(out, &schema->features[i]);
}

struct qr_hash qr_schema_hash(const struct qr_schema *schema)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_schema_put_features(schema, &bytes);
    return qr_tagged_hash(QR_DOMAIN_SCHEMA, bytes.data, bytes.size);
}

bool qr_label_valid(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    return text[0] != 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *qr_names_repeated(char *const *names, size_t n)
{
    QR_CLEANUP(qr_freep) char **sorted = qr_memdup(names, n * sizeof *names);
    qsort(sorted, n, sizeof *sorted, by_text);
    for (size_t i = 1; i < n; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            return sorted[i];
    return NULL;
}

static void get_number(struct qr_reader *in, struct qr_feature *feature)
{
    uint64_t scale = qr_get_uint_max(in, QR_SCALE_MAX);
    int64_t min = qr_get_int(in), max = qr_get_int(in);
    if (scale < 1)
        qr_reader_fail(in, "a feature's scale is 0");
    if (min < QR_VALUE_MIN || max > QR_VALUE_MAX || min > max)
        qr_reader_fail(in, "a feature's range is empty or too wide");
    if (in->failed)
        return;
    feature->scale = (int32_t)scale;
    feature->min = (int32_t)min;
    feature->max = (int32_t)max;
}

static void get_categories(struct qr_reader *in, struct qr_feature *feature)
{
    size_t n = qr_get_count(in, QR_CATEGORIES_MAX, 2);
    if (n == 0)
        qr_reader_fail(in, "a feature has no categories");
    feature->categories = qr_alloc(n, sizeof *feature->categories);
    for (size_t i = 0; i < n && !in->failed; i++) {
        char name[QR_CATEGORY_NAME_SIZE] = "";
        qr_get_text(in, name, sizeof name);
        if (!qr_label_valid(name))
            qr_reader_fail(in, "a category's name is empty or holds control characters");
        feature->categories[feature->n_categories++] = qr_strdup(name);
    }
    if (!in->failed && qr_names_repeated(feature->categories, n))
        qr_reader_fail(in, "a category is named twice");
    feature->scale = 1;
    feature->max = (int32_t)n - 1;
}

static void get_feature(struct qr_reader *in, struct qr_feature *feature)
{
    qr_get_text(in, feature->name, sizeof feature->name);
    qr_get_text(in, feature->unit, sizeof feature->unit);
    if (!qr_label_valid(feature->name) || (feature->unit[0] && !qr_label_valid(feature->unit)))
        qr_reader_fail(in, "a feature's name or unit is empty or holds control characters");
    uint8_t kind = qr_get_u8(in), flags = qr_get_u8(in);
    if (kind > QR_FEATURE_CATEGORY || flags > (FLAG_MISSING | FLAG_PERSONAL))
        qr_reader_fail(in, "a feature's kind or flags are unknown");
    if (in->failed)
        return;
    feature->kind = (enum qr_feature_kind)kind;
    feature->missing = flags & FLAG_MISSING;
    feature->personal = flags & FLAG_PERSONAL;
    if (feature->kind == QR_FEATURE_NUMBER)
        get_number(in, feature);
    else
        get_categories(in, feature);
}

void qr_schema_get_features(struct qr_reader *in, struct qr_schema *schema)
{
    size_t n = qr_get_count(in, QR_FEATURES_MAX, 6);
    if (n == 0)
        qr_reader_fail(in, "there are no features");
    schema->features = qr_alloc(n, sizeof *schema->features);
    for (size_t i = 0; i < n && !in->failed; i++) {
        schema->n_features = i; /* so that a name is compared with those before it */
        struct qr_feature *feature = &schema->features[i];
        get_feature(in, feature);
        if (qr_schema_find(schema, feature->name) >= 0)
            qr_reader_fail(in, "a feature is named twice");
        schema->n_features = i + 1;
    }
}

/* Values and rows. */

bool qr_feature_allows(const struct qr_feature *feature, int32_t value)
{
    return value == QR_MISSING ? feature->missing : value >= feature->min && value <= feature->max;
}

int qr_schema_check_row(const struct qr_schema *schema, const int32_t *row, struct qr_error *error)
{
    for (size_t i = 0; i < schema->n_features; i++) {
        const struct qr_feature *feature = &schema->features[i];
        if (qr_feature_allows(feature, row[i]))
            continue;
        if (row[i] == QR_MISSING)
            return qr_fail(error, QR_ERANGE, "%s is missing and may not be", feature->name);
        return qr_fail(error, QR_ERANGE, "%s is %" PRId32 " and outside %" PRId32 " to %" PRId32, feature->name, row[i],
                       feature->min, feature->max);
    }
    return 0;
}

char *qr_feature_format(const struct qr_feature *feature, int32_t value, char text[QR_VALUE_TEXT])
{
    text[0] = 0;
    if (value == QR_MISSING)
        return text;
    if (feature->kind == QR_FEATURE_NUMBER) {
        char number[QR_FIXED_TEXT];
        qr_copy_text(text, QR_VALUE_TEXT, qr_fixed_format(value, feature->scale, number));
    } else if (value >= 0 && (size_t)value < feature->n_categories)
        qr_copy_text(text, QR_VALUE_TEXT, feature->categories[value]);
    return text;
}

void qr_put_value(struct qr_buffer *out, int32_t value)
{
    if (value == QR_MISSING) {
        qr_put_uint(out, 0);
        return;
    }
    uint64_t zigzag = ((uint64_t)(int64_t)value << 1) ^ (uint64_t)((int64_t)value >> 63);
    qr_put_uint(out, zigzag + 1);
}

int32_t qr_get_value(struct qr_reader *in)
{
    uint64_t code = qr_get_uint_max(in, UINT32_MAX);
    if (code == 0)
        return QR_MISSING;
    uint64_t zigzag = code - 1;
    return (int32_t)((int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1));
}
