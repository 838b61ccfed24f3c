#include "xai/schema.h"

#include "common/file.h"

/* FEATURES.json, read strictly: what is not understood is an error, never ignored. */

static int check_keys(json_t *object, const char *const *known, const char *what, struct qr_error *error)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        size_t i = 0;
        while (known[i] && strcmp(known[i], key) != 0)
            i++;
        if (!known[i])
            return qr_fail(error, QR_EFORMAT, "%s has an unknown key \"%.64s\"", what, key);
    }
    return 0;
}

/* A text of the object into target; absent gives "" unless needed. */
static int read_text(json_t *object, const char *key, bool needed, const char *what, char *target, size_t capacity,
                     struct qr_error *error)
{
    json_t *value = json_object_get(object, key);
    if (!value && !needed)
        return 0;
    if (!json_is_string(value))
        return qr_fail(error, QR_EFORMAT, "%s: \"%s\" should be a text", what, key);
    const char *text = json_string_value(value);
    if (!qr_label_valid(text) && (needed || text[0]))
        return qr_fail(error, QR_EFORMAT, "%s: \"%s\" is empty or holds control characters", what, key);
    if (!qr_copy_text(target, capacity, text))
        return qr_fail(error, QR_ELIMIT, "%s: \"%s\" is longer than %zu bytes", what, key, capacity - 1);
    return 0;
}

static int read_flag(json_t *object, const char *key, const char *what, bool *ret_flag, struct qr_error *error)
{
    json_t *value = json_object_get(object, key);
    if (!value)
        return 0;
    if (!json_is_boolean(value))
        return qr_fail(error, QR_EFORMAT, "%s: \"%s\" should be true or false", what, key);
    *ret_flag = json_is_true(value);
    return 0;
}

static int read_whole(json_t *object, const char *key, int64_t least, int64_t most, const char *what,
                      int64_t *ret_value, struct qr_error *error)
{
    json_t *value = json_object_get(object, key);
    if (!json_is_integer(value))
        return qr_fail(error, QR_EFORMAT, "%s: \"%s\" should be a whole number", what, key);
    int64_t number = json_integer_value(value);
    if (number < least || number > most)
        return qr_fail(error, QR_ERANGE, "%s: \"%s\" should be from %" PRId64 " to %" PRId64, what, key, least, most);
    *ret_value = number;
    return 0;
}

/* A bound in the unit, which the scale must hold exactly. */
static int read_bound(json_t *object, const char *key, int32_t scale, const char *what, int32_t *ret_value,
                      struct qr_error *error)
{
    json_t *value = json_object_get(object, key);
    if (!json_is_number(value))
        return qr_fail(error, QR_EFORMAT, "%s: \"%s\" should be a number", what, key);
    double scaled = json_number_value(value) * (double)scale;
    if (!(scaled >= (double)QR_VALUE_MIN && scaled <= (double)QR_VALUE_MAX))
        return qr_fail(error, QR_ERANGE, "%s: \"%s\" times the scale should lie within %d to %d", what, key,
                       QR_VALUE_MIN, QR_VALUE_MAX);
    int64_t whole = (int64_t)(scaled + (scaled < 0 ? -0.5 : 0.5));
    double off = scaled - (double)whole;
    if (off > 1e-6 || off < -1e-6)
        return qr_fail(error, QR_ERANGE, "%s: \"%s\" has more decimals than a scale of %" PRId32 " holds", what, key,
                       scale);
    *ret_value = (int32_t)whole;
    return 0;
}

static int read_number(json_t *object, const char *what, struct qr_feature *feature, struct qr_error *error)
{
    static const char *const known[] = {"name", "unit", "scale", "min", "max", "missing", "personal", NULL};
    int64_t scale = 1;
    if (check_keys(object, known, what, error) ||
        read_text(object, "unit", false, what, feature->unit, sizeof feature->unit, error) ||
        (json_object_get(object, "scale") && read_whole(object, "scale", 1, QR_SCALE_MAX, what, &scale, error)))
        return error->code;
    feature->kind = QR_FEATURE_NUMBER;
    feature->scale = (int32_t)scale;
    if (read_bound(object, "min", feature->scale, what, &feature->min, error) ||
        read_bound(object, "max", feature->scale, what, &feature->max, error))
        return error->code;
    if (feature->min > feature->max)
        return qr_fail(error, QR_ERANGE, "%s: \"min\" is above \"max\"", what);
    return 0;
}

static int add_category(struct qr_feature *feature, json_t *name, const char *what, struct qr_error *error)
{
    const char *text = json_string_value(name);
    if (!text || !qr_label_valid(text))
        return qr_fail(error, QR_EFORMAT, "%s: a category should be a text, not empty and without control characters",
                       what);
    if (strlen(text) >= QR_CATEGORY_NAME_SIZE)
        return qr_fail(error, QR_ELIMIT, "%s: a category is longer than %d bytes", what, QR_CATEGORY_NAME_SIZE - 1);
    feature->categories[feature->n_categories++] = qr_strdup(text);
    return 0;
}

static int read_categories(json_t *object, const char *what, struct qr_feature *feature, struct qr_error *error)
{
    static const char *const known[] = {"name", "categories", "missing", "personal", NULL};
    json_t *names = json_object_get(object, "categories");
    if (check_keys(object, known, what, error))
        return qr_hint(error, "a feature has either \"categories\" or \"unit\", \"scale\", \"min\" and \"max\"");
    size_t n = json_array_size(names);
    if (!json_is_array(names) || n == 0)
        return qr_fail(error, QR_EFORMAT, "%s: \"categories\" should be a list of names", what);
    if (n > QR_CATEGORIES_MAX)
        return qr_fail(error, QR_ELIMIT, "%s has %zu categories and at most %d are possible", what, n,
                       QR_CATEGORIES_MAX);
    feature->kind = QR_FEATURE_CATEGORY;
    feature->scale = 1;
    feature->max = (int32_t)n - 1;
    feature->categories = qr_alloc(n, sizeof *feature->categories);
    for (size_t i = 0; i < n; i++)
        if (add_category(feature, json_array_get(names, i), what, error))
            return error->code;
    const char *twice = qr_names_repeated(feature->categories, n);
    return twice ? qr_fail(error, QR_EFORMAT, "%s: category \"%s\" is listed twice", what, twice) : 0;
}

static int read_feature(json_t *object, size_t position, struct qr_feature *feature, struct qr_error *error)
{
    char what[QR_FEATURE_NAME_SIZE + 32];
    snprintf(what, sizeof what, "feature %zu", position + 1);
    if (!json_is_object(object))
        return qr_fail(error, QR_EFORMAT, "%s should be an object", what);
    if (read_text(object, "name", true, what, feature->name, sizeof feature->name, error))
        return error->code;
    snprintf(what, sizeof what, "feature %s", feature->name);
    if (read_flag(object, "missing", what, &feature->missing, error) ||
        read_flag(object, "personal", what, &feature->personal, error))
        return error->code;
    return json_object_get(object, "categories") ? read_categories(object, what, feature, error)
                                                 : read_number(object, what, feature, error);
}

static int read_output(json_t *object, struct qr_output *output, struct qr_error *error)
{
    static const char *const known[] = {"unit", "minor_digits", "link", NULL};
    if (!json_is_object(object))
        return qr_fail(error, QR_EFORMAT, "\"output\" should be an object");
    char link[16] = "";
    int64_t digits = 0;
    if (check_keys(object, known, "output", error) ||
        read_text(object, "unit", true, "output", output->unit, sizeof output->unit, error) ||
        read_whole(object, "minor_digits", 0, QR_MINOR_DIGITS_MAX, "output", &digits, error) ||
        read_text(object, "link", true, "output", link, sizeof link, error))
        return error->code;
    output->minor_digits = (unsigned)digits;
    if (strcmp(link, "log") == 0)
        output->link = QR_LINK_LOG;
    else if (strcmp(link, "identity") == 0)
        output->link = QR_LINK_IDENTITY;
    else
        return qr_fail(error, QR_EFORMAT, "output: \"link\" should be \"log\" or \"identity\"");
    return 0;
}

static int read_features(json_t *list, struct qr_schema *schema, struct qr_error *error)
{
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n == 0)
        return qr_fail(error, QR_EFORMAT, "\"features\" should be a list of at least one feature");
    if (n > QR_FEATURES_MAX)
        return qr_fail(error, QR_ELIMIT, "there are %zu features and at most %d are possible", n, QR_FEATURES_MAX);
    schema->features = qr_alloc(n, sizeof *schema->features);
    for (size_t i = 0; i < n; i++) {
        struct qr_feature feature = {0};
        int code = read_feature(json_array_get(list, i), i, &feature, error);
        bool twice = qr_schema_find(schema, feature.name) >= 0;
        schema->features[schema->n_features++] = feature;
        if (code)
            return code;
        if (twice)
            return qr_fail(error, QR_EFORMAT, "feature %s is listed twice", feature.name);
    }
    return 0;
}

static int read_schema(json_t *root, struct qr_schema *schema, struct qr_error *error)
{
    static const char *const known[] = {"output", "features", NULL};
    if (!json_is_object(root))
        return qr_fail(error, QR_EFORMAT, "the document should be an object with \"output\" and \"features\"");
    if (check_keys(root, known, "the document", error) ||
        read_output(json_object_get(root, "output"), &schema->output, error))
        return error->code;
    return read_features(json_object_get(root, "features"), schema, error);
}

int qr_schema_parse(const char *text, size_t size, struct qr_schema *ret_schema, struct qr_error *error)
{
    struct qr_error unwanted;
    error = error ? error : &unwanted;
    json_error_t problem;
    size_t mark = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    json_t *root = json_loadb(text + mark, size - mark, JSON_REJECT_DUPLICATES, &problem);
    if (!root)
        return qr_fail(error, QR_EFORMAT, "line %d, column %d: %s", problem.line, problem.column, problem.text);
    struct qr_schema schema = {0};
    int code = read_schema(root, &schema, error);
    json_decref(root);
    if (code) {
        qr_schema_done(&schema);
        return code;
    }
    *ret_schema = schema;
    return 0;
}

int qr_schema_load(const char *path, struct qr_schema *ret_schema, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    int code = qr_file_read(path, QR_FEATURES_FILE_MAX, &text, error);
    if (code)
        return code;
    code = qr_schema_parse(qr_buffer_string(&text), text.size, ret_schema, error);
    if (code)
        qr_prefix(error, "%s", path);
    return code;
}

/* Writing. */

static json_t *bound_json(int32_t value, int32_t scale)
{
    return value % scale == 0 ? json_integer(value / scale) : json_real((double)value / (double)scale);
}

static json_t *feature_json(const struct qr_feature *feature)
{
    json_t *object = json_object();
    json_object_set_new(object, "name", json_string(feature->name));
    if (feature->kind == QR_FEATURE_NUMBER) {
        if (feature->unit[0])
            json_object_set_new(object, "unit", json_string(feature->unit));
        json_object_set_new(object, "scale", json_integer(feature->scale));
        json_object_set_new(object, "min", bound_json(feature->min, feature->scale));
        json_object_set_new(object, "max", bound_json(feature->max, feature->scale));
    } else {
        json_t *names = json_array();
        for (size_t i = 0; i < feature->n_categories; i++)
            json_array_append_new(names, json_string(feature->categories[i]));
        json_object_set_new(object, "categories", names);
    }
    json_object_set_new(object, "missing", json_boolean(feature->missing));
    json_object_set_new(object, "personal", json_boolean(feature->personal));
    return object;
}

json_t *qr_schema_json(const struct qr_schema *schema)
{
    json_t *features = json_array();
    for (size_t i = 0; i < schema->n_features; i++)
        json_array_append_new(features, feature_json(&schema->features[i]));
    return json_pack("{s:{s:s,s:i,s:s},s:o}", "output", "unit", schema->output.unit, "minor_digits",
                     (int)schema->output.minor_digits, "link", schema->output.link == QR_LINK_LOG ? "log" : "identity",
                     "features", features);
}
