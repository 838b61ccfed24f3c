#include "xai/rows.h"

#include "common/fixed.h"
#include "xai/jsonl.h"

enum { COLUMN_IGNORED = -1, COLUMN_AMOUNT = -2 };

/* Names of one feature's categories by hash: open addressing, at most half full. */
struct names {
    uint32_t mask;
    int32_t *slots; /* category or -1; NULL for numbers */
};

struct qr_rows {
    const struct qr_schema *schema;
    char *name;
    struct csv csv;
    size_t n_columns;
    char **columns;           /* their names */
    int *meaning;             /* of each column: a feature, or COLUMN_... */
    bool objects;             /* JSON lines: each names its columns */
    struct csv_field *values; /* of the columns in the last object; without a text where it has none */
    struct names *names;
    bool has_amount;
};

static uint32_t text_hash(const char *text, size_t size)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (uint8_t)text[i]) * 16777619u;
    return hash;
}

static struct names index_names(const struct qr_feature *feature)
{
    uint32_t size = 4;
    while (size < 2 * feature->n_categories)
        size *= 2;
    struct names names = {size - 1, qr_alloc(size, sizeof *names.slots)};
    memset(names.slots, 0xff, size * sizeof *names.slots);
    for (size_t i = 0; i < feature->n_categories; i++) {
        uint32_t at = text_hash(feature->categories[i], strlen(feature->categories[i])) & names.mask;
        while (names.slots[at] >= 0)
            at = (at + 1) & names.mask;
        names.slots[at] = (int32_t)i;
    }
    return names;
}

static int32_t find_name(const struct qr_feature *feature, const struct names *names, const struct csv_field *field)
{
    for (uint32_t at = text_hash(field->text, field->size) & names->mask;; at = (at + 1) & names->mask) {
        int32_t category = names->slots[at];
        if (category < 0)
            return -1;
        const char *name = feature->categories[category];
        if (strlen(name) == field->size && memcmp(name, field->text, field->size) == 0)
            return category;
    }
}

/* What is probably wrong with a first line that lacks a feature. */
static const char *header_advice(const struct csv *csv)
{
    const struct csv_field *first = &csv->fields[0];
    if (memchr(first->text, 0, first->size))
        return "the file looks like UTF-16: save it as UTF-8";
    if (csv->n_fields == 1 && (memchr(first->text, ';', first->size) || memchr(first->text, '\t', first->size)))
        return "fields are parted by commas";
    return "the first line names a column for every feature, in any order";
}

static int read_header(struct qr_rows *rows, struct qr_error *error)
{
    int code = csv_next(&rows->csv, error);
    if (code < 0)
        return code;
    if (code == 0)
        return qr_fail(error, QR_EFORMAT, "the file is empty: its first line should name the columns");
    bool seen[QR_FEATURES_MAX] = {0};
    rows->n_columns = rows->csv.n_fields;
    rows->columns = qr_alloc(rows->n_columns, sizeof *rows->columns);
    rows->meaning = qr_alloc(rows->n_columns, sizeof *rows->meaning);
    for (size_t i = 0; i < rows->n_columns; i++) {
        const struct csv_field *field = &rows->csv.fields[i];
        rows->columns[i] = qr_alloc(field->size + 1, 1);
        memcpy(rows->columns[i], field->text, field->size);
        int feature = rows->meaning[i] = qr_schema_find(rows->schema, rows->columns[i]);
        if (feature >= 0 && seen[feature])
            return qr_fail(error, QR_EFORMAT, "line 1: column %s stands twice", rows->columns[i]);
        if (feature >= 0)
            seen[feature] = true;
    }
    for (size_t i = 0; i < rows->schema->n_features; i++)
        if (!seen[i]) {
            qr_fail(error, QR_EFORMAT, "line 1: there is no column %s", rows->schema->features[i].name);
            return qr_hint(error, "%s", header_advice(&rows->csv));
        }
    return 0;
}

/* In JSON lines every feature is a column, and what else there is, is ignored. */
static void take_features(struct qr_rows *rows)
{
    rows->n_columns = rows->schema->n_features;
    rows->columns = qr_alloc(rows->n_columns + 1, sizeof *rows->columns); /* one more for the amount */
    rows->meaning = qr_alloc(rows->n_columns + 1, sizeof *rows->meaning);
    rows->values = qr_alloc(rows->n_columns + 1, sizeof *rows->values);
    for (size_t i = 0; i < rows->n_columns; i++) {
        rows->columns[i] = qr_strdup(rows->schema->features[i].name);
        rows->meaning[i] = (int)i;
    }
}

static int read_beginning(struct qr_rows *rows, struct qr_error *error)
{
    int first;
    int code = csv_peek(&rows->csv, &first, error);
    rows->objects = code == 0 && first == '{';
    if (!rows->objects)
        return code ? code : read_header(rows, error);
    take_features(rows);
    return 0;
}

static int start(struct qr_rows *rows, struct qr_rows **ret_rows, struct qr_error *error)
{
    const struct qr_schema *schema = rows->schema;
    rows->names = qr_alloc(schema->n_features, sizeof *rows->names);
    for (size_t i = 0; i < schema->n_features; i++)
        if (schema->features[i].kind == QR_FEATURE_CATEGORY)
            rows->names[i] = index_names(&schema->features[i]);
    int code = read_beginning(rows, error);
    if (code) {
        qr_prefix(error, "%s", rows->name);
        qr_rows_free(rows);
        return code;
    }
    *ret_rows = rows;
    return 0;
}

int qr_rows_open(const struct qr_schema *schema, const char *path, struct qr_rows **ret_rows, struct qr_error *error)
{
    QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = qr_alloc(1, sizeof *rows);
    rows->schema = schema;
    rows->name = qr_strdup(strcmp(path, "-") == 0 ? "standard input" : path);
    int code = csv_open(&rows->csv, path, error);
    if (code)
        return code;
    struct qr_rows *started = rows;
    rows = NULL;
    return start(started, ret_rows, error);
}

int qr_rows_of_memory(const struct qr_schema *schema, const char *name, const void *bytes, size_t size,
                      struct qr_rows **ret_rows, struct qr_error *error)
{
    struct qr_rows *rows = qr_alloc(1, sizeof *rows);
    rows->schema = schema;
    rows->name = qr_strdup(name);
    csv_of_memory(&rows->csv, bytes, size);
    return start(rows, ret_rows, error);
}

void qr_rows_free(struct qr_rows *rows)
{
    if (!rows)
        return;
    for (size_t i = 0; rows->columns && i < rows->n_columns; i++)
        free(rows->columns[i]);
    for (size_t i = 0; rows->names && i < rows->schema->n_features; i++)
        free(rows->names[i].slots);
    csv_done(&rows->csv);
    free(rows->columns);
    free(rows->meaning);
    free(rows->values);
    free(rows->names);
    free(rows->name);
    free(rows);
}

void qr_rows_freep(struct qr_rows **rows)
{
    qr_rows_free(*rows);
    *rows = NULL;
}

int qr_rows_amount_column(struct qr_rows *rows, const char *column, struct qr_error *error)
{
    for (size_t i = 0; i < rows->n_columns; i++) {
        if (strcmp(rows->columns[i], column) != 0)
            continue;
        if (rows->meaning[i] != COLUMN_IGNORED)
            return qr_fail(error, QR_EINPUT, "%s: column %s is a feature, not the amount", rows->name, column);
        rows->meaning[i] = COLUMN_AMOUNT;
        return 0;
    }
    if (!rows->objects)
        return qr_fail(error, QR_EINPUT, "%s: there is no column %s", rows->name, column);
    rows->columns[rows->n_columns] = qr_strdup(column);
    rows->meaning[rows->n_columns++] = COLUMN_AMOUNT;
    return 0;
}

uint64_t qr_rows_line(const struct qr_rows *rows)
{
    return rows->csv.last_line;
}

/* What stands in the field, short enough for a sentence. */
static int shown(const struct csv_field *field)
{
    return field->size > 48 ? 48 : (int)field->size;
}

/* A whole number of at most nine digits without further ado, the commonest field. */
static bool parse_digits(const struct csv_field *field, int64_t *ret_value)
{
    if (field->size == 0 || field->size > 9)
        return false;
    int64_t value = 0;
    for (size_t i = 0; i < field->size; i++) {
        unsigned digit = (unsigned)field->text[i] - '0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    *ret_value = value;
    return true;
}

static int parse_number(const struct qr_feature *feature, const struct csv_field *field, int32_t *ret_value,
                        struct qr_error *error)
{
    int64_t value;
    if (parse_digits(field, &value))
        value *= feature->scale;
    else {
        int code = qr_fixed_parse(field->text, field->size, feature->scale, &value, error);
        if (code)
            return code;
    }
    if (value < feature->min || value > feature->max) {
        char least[QR_FIXED_TEXT], most[QR_FIXED_TEXT];
        return qr_fail(error, QR_ERANGE, "'%.*s' is outside %s to %s", shown(field), field->text,
                       qr_fixed_format(feature->min, feature->scale, least),
                       qr_fixed_format(feature->max, feature->scale, most));
    }
    *ret_value = (int32_t)value;
    return 0;
}

static int parse_value(const struct qr_rows *rows, size_t f, const struct csv_field *field, int32_t *ret_value,
                       struct qr_error *error)
{
    const struct qr_feature *feature = &rows->schema->features[f];
    if (field->size == 0) {
        if (!feature->missing)
            return qr_fail(error, QR_EFORMAT, "it is blank, and this feature may not be missing");
        *ret_value = QR_MISSING;
        return 0;
    }
    if (feature->kind == QR_FEATURE_NUMBER)
        return parse_number(feature, field, ret_value, error);
    int32_t category = find_name(feature, &rows->names[f], field);
    if (category < 0) {
        qr_fail(error, QR_ERANGE, "'%.*s' is no known category", shown(field), field->text);
        qr_hint(error, "the categories are declared in FEATURES.json; the first is %s", feature->categories[0]);
        return QR_ERANGE;
    }
    *ret_value = category;
    return 0;
}

static int parse_amount(const struct qr_rows *rows, const struct csv_field *field, int64_t *ret_amount,
                        struct qr_error *error)
{
    if (field->size == 0)
        return 0;
    int64_t scale = 1, amount;
    for (unsigned i = 0; i < rows->schema->output.minor_digits; i++)
        scale *= 10;
    int code = qr_fixed_parse(field->text, field->size, scale, &amount, error);
    if (code)
        return code;
    if (amount < 0 || amount >= INT64_C(1) << 47)
        return qr_fail(error, QR_ERANGE, "'%.*s' is no amount that a fare can be", shown(field), field->text);
    *ret_amount = amount;
    return 0;
}

static bool is_named(const char *name, const struct csv_field *field)
{
    return strncmp(name, field->text, field->size) == 0 && name[field->size] == 0;
}

/* The column of that name, or n_columns. Objects mostly name them in one order: `guess` is asked first. */
static size_t find_column(const struct qr_rows *rows, const struct csv_field *name, size_t guess)
{
    if (guess < rows->n_columns && is_named(rows->columns[guess], name))
        return guess;
    size_t i = 0;
    while (i < rows->n_columns && !is_named(rows->columns[i], name))
        i++;
    return i;
}

static int next_object(struct qr_rows *rows, struct qr_error *error)
{
    int code = jsonl_next(&rows->csv, error);
    if (code != 1)
        return code;
    memset(rows->values, 0, rows->n_columns * sizeof *rows->values);
    for (size_t i = 0, guess = 0; i < rows->csv.n_fields; i += 2) {
        size_t column = find_column(rows, &rows->csv.fields[i], guess);
        if (column == rows->n_columns)
            continue;
        if (rows->values[column].text)
            return qr_fail(error, QR_EFORMAT, "line %" PRIu64 ": column %s stands twice", rows->csv.last_line,
                           rows->columns[column]);
        rows->values[column] = rows->csv.fields[i + 1];
        guess = column + 1;
    }
    for (size_t i = 0; i < rows->n_columns; i++)
        if (!rows->values[i].text) {
            qr_fail(error, QR_EFORMAT, "line %" PRIu64 ": there is no column %s", rows->csv.last_line,
                    rows->columns[i]);
            return qr_hint(error, "each object has every feature; what is missing is null");
        }
    return 1;
}

static int next_fields(struct qr_rows *rows, const struct csv_field **ret_fields, struct qr_error *error)
{
    int code = rows->objects ? next_object(rows, error) : csv_next(&rows->csv, error);
    if (code == 1 && !rows->objects && rows->csv.n_fields != rows->n_columns)
        return qr_fail(error, QR_EFORMAT,
                       "%s, line %" PRIu64 ": there are %zu fields and the first line names %zu columns", rows->name,
                       rows->csv.last_line, rows->csv.n_fields, rows->n_columns);
    if (code < 0)
        qr_prefix(error, "%s", rows->name);
    if (code == 1)
        *ret_fields = rows->objects ? rows->values : rows->csv.fields;
    return code;
}

int qr_rows_next(struct qr_rows *rows, int32_t *row, int64_t *ret_amount, struct qr_error *error)
{
    const struct csv_field *fields = NULL;
    int code = next_fields(rows, &fields, error);
    if (code != 1)
        return code;
    int64_t amount = -1;
    for (size_t i = 0; i < rows->n_columns; i++) {
        const struct csv_field *field = &fields[i];
        int meaning = rows->meaning[i];
        if (meaning >= 0)
            code = parse_value(rows, (size_t)meaning, field, &row[meaning], error);
        else
            code = meaning == COLUMN_AMOUNT ? parse_amount(rows, field, &amount, error) : 0;
        if (code < 0) {
            qr_prefix(error, "%s, line %" PRIu64 ", column %s", rows->name, rows->csv.last_line, rows->columns[i]);
            return code;
        }
    }
    if (ret_amount)
        *ret_amount = amount;
    return 1;
}
