#ifndef QR_XAI_DOCUMENT_H
#define QR_XAI_DOCUMENT_H

#include "common/buffer.h"
#include "common/error.h"

#include <locale.h>

/* A document of another library as a tree of values, read from JSON or from UBJSON, so that an importer sees no
 * difference. A reader of its own, and not jansson, for the numbers: XGBoost reads one with a point or an exponent as
 * float32 straight from its text (strtof of the C locale), and going through double rounds twice; and some of its files
 * hold the bare word NaN. Internal to xai/. */

enum { DOCUMENT_NESTING_MAX = 64, DOCUMENT_VALUES_MAX = 16 << 20 };

enum doc_type { DOC_NULL, DOC_BOOL, DOC_INTEGER, DOC_FLOAT, DOC_TEXT, DOC_ARRAY, DOC_OBJECT };

struct doc_value {
    enum doc_type type;
    uint32_t count; /* text: bytes; array: elements; object: keys and values together */
    union {
        int64_t integer; /* also 0 or 1 of a bool */
        double real;     /* float32 values, and doubles of UBJSON */
        size_t first;    /* text: in texts; array and object: in values */
    };
};

struct doc {
    struct doc_value *values;
    size_t n_values, values_capacity;
    struct doc_value *stack; /* elements of what is still open */
    size_t n_stack, stack_capacity;
    struct qr_buffer texts; /* each followed by a zero */
    struct doc_value root;
    locale_t c_locale; /* made with the first number */
};

/* A zeroed struct is empty. What failed half-way is freed by doc_done too. Numbers of JSON: whole ones as int64, the
 * others as float32. NaN is taken in the arrays called "split_conditions" alone. */
QR_MUST_USE int doc_read_json(struct doc *doc, const char *text, size_t size, struct qr_error *error);
QR_MUST_USE int doc_read_ubjson(struct doc *doc, const uint8_t *bytes, size_t size, struct qr_error *error);
void doc_done(struct doc *doc);

/* Looks up a key; NULL when it is absent or the value is no object (NULL is allowed). */
const struct doc_value *doc_get(const struct doc *doc, const struct doc_value *object, const char *key);
bool doc_key_repeated(const struct doc *doc, const struct doc_value *object, const char *key);
const struct doc_value *doc_at(const struct doc *doc, const struct doc_value *array, size_t index); /* index < count */
const char *doc_text(const struct doc *doc, const struct doc_value *value); /* NULL unless it is a text */
bool doc_is(const struct doc_value *value, enum doc_type type);             /* NULL is nothing */

/* For the readers: an open array or object collects its parts on the stack and moves them into place when it ends. */
QR_MUST_USE bool doc_push(struct doc *doc, struct doc_value value); /* false: too many values */
struct doc_value doc_close(struct doc *doc, enum doc_type type, size_t from);
void doc_end(struct doc *doc); /* nothing is open any more: gives the stack's memory back */
struct doc_value doc_add_text(struct doc *doc, const void *bytes, size_t size);

/* float32 of a decimal number, as strtof of the C locale rounds it. */
float doc_float(struct doc *doc, const char *text, size_t size);

#endif
