#ifndef QR_XAI_SCHEMA_H
#define QR_XAI_SCHEMA_H

#include "common/buffer.h"
#include "common/codec.h"
#include "common/error.h"
#include "common/hash.h"

#include <jansson.h>

/* What a model sees and what it answers: the features with their fixed-point scales, ranges and categories, and
 * the unit, minor digits and link of the output. People write it as FEATURES.json:
 *
 *     {"output": {"unit": "INR", "minor_digits": 2, "link": "log"},
 *      "features": [
 *        {"name": "days_left", "unit": "day", "scale": 1, "min": 0, "max": 365},
 *        {"name": "duration", "unit": "hour", "scale": 100, "min": 0, "max": 60, "missing": true},
 *        {"name": "airline", "categories": ["AirAsia", "Air_India"], "personal": false}]}
 *
 * A feature's value is an int32: the number times its scale, or the index of the category. QR_MISSING stands for
 * a blank and is allowed only where the feature says so. A row is one int32 a feature, in the schema's order. */

enum {
    QR_FEATURES_MAX = 256,
    QR_CATEGORIES_MAX = 4096,  /* of one feature */
    QR_FEATURE_NAME_SIZE = 64, /* with the zero at the end */
    QR_CATEGORY_NAME_SIZE = 128,
    QR_UNIT_SIZE = 32,
    QR_SCALE_MAX = 1000000000,
    QR_MINOR_DIGITS_MAX = 4,
    QR_FEATURES_FILE_MAX = 4 << 20,
};

#define QR_MISSING INT32_MIN
/* Bounds of a declared value, so that a missing number can compare below and above every threshold. */
#define QR_VALUE_MIN (INT32_MIN + 1)
#define QR_VALUE_MAX (INT32_MAX - 1)

/* The numbers of these enums are recorded; they never change. */
enum qr_feature_kind { QR_FEATURE_NUMBER = 0, QR_FEATURE_CATEGORY = 1 };
enum qr_link { QR_LINK_IDENTITY = 0, QR_LINK_LOG = 1 }; /* log: exp(score) is the fare in the unit */

struct qr_feature {
    char name[QR_FEATURE_NAME_SIZE];
    char unit[QR_UNIT_SIZE]; /* "" for categories, or where none is given */
    enum qr_feature_kind kind;
    bool missing;     /* blanks are allowed */
    bool personal;    /* says something about a person; such a model cannot be activated */
    int32_t scale;    /* numbers: 1 to QR_SCALE_MAX; categories: 1 */
    int32_t min, max; /* inclusive; categories: 0 and n_categories - 1 */
    size_t n_categories;
    char **categories; /* n_categories distinct names */
};

struct qr_output {
    char unit[QR_UNIT_SIZE];
    unsigned minor_digits; /* 0 to QR_MINOR_DIGITS_MAX */
    enum qr_link link;
};

/* A zeroed struct is empty; qr_schema_done frees what a schema holds. */
struct qr_schema {
    struct qr_output output;
    size_t n_features; /* 1 to QR_FEATURES_MAX */
    struct qr_feature *features;
};

void qr_schema_done(struct qr_schema *schema);
void qr_schema_copy(const struct qr_schema *schema, struct qr_schema *ret_copy);

/* Reads FEATURES.json; a byte order mark before it is skipped. Strict: an unknown or repeated key, a wrong type, a range that
 * the scale cannot hold exactly or a name given twice fails with QR_EFORMAT, QR_ERANGE or QR_ELIMIT and a sentence naming the
 * feature. */
QR_MUST_USE int qr_schema_parse(const char *text, size_t size, struct qr_schema *ret_schema, struct qr_error *error);
QR_MUST_USE int qr_schema_load(const char *path, struct qr_schema *ret_schema, struct qr_error *error);

/* {"output": ..., "features": ...} as FEATURES.json has them. A new reference. */
json_t *qr_schema_json(const struct qr_schema *schema);

/* Index of the feature of that name, or -1. */
int qr_schema_find(const struct qr_schema *schema, const char *name);

/* Not empty and without control characters, as names and units are. */
bool qr_label_valid(const char *text);

/* A name that stands twice among these, or NULL. */
const char *qr_names_repeated(char *const *names, size_t n);

/* Canonical bytes of the features alone (the output is the model's own), and their hash under QR_DOMAIN_SCHEMA:
 * equal for two models that see the same rows. A baseline and reference rows name it. */
void qr_schema_put_features(const struct qr_schema *schema, struct qr_buffer *out);
void qr_schema_get_features(struct qr_reader *in, struct qr_schema *schema); /* frees nothing on failure: call _done */
struct qr_hash qr_schema_hash(const struct qr_schema *schema);

/* Whether a value may stand in a row, and the whole row: else QR_ERANGE naming the feature. */
bool qr_feature_allows(const struct qr_feature *feature, int32_t value);
QR_MUST_USE int qr_schema_check_row(const struct qr_schema *schema, const int32_t *row, struct qr_error *error);

/* A value as people read it: "2.17", "Air_India", "" for a missing one. Returns text. */
enum { QR_VALUE_TEXT = QR_CATEGORY_NAME_SIZE };
char *qr_feature_format(const struct qr_feature *feature, int32_t value, char text[QR_VALUE_TEXT]);

/* Canonical coding of a value: 0 = missing, else 1 + zigzag. */
void qr_put_value(struct qr_buffer *out, int32_t value);
int32_t qr_get_value(struct qr_reader *in);

#endif
