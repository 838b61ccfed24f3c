#include "xai/document.h"

void doc_done(struct doc *doc)
{
    free(doc->values);
    free(doc->stack);
    qr_buffer_done(&doc->texts);
    if (doc->c_locale)
        freelocale(doc->c_locale);
    *doc = (struct doc){0};
}

/* Doubles, but never beyond what a document may hold: a file must not cost a gibibyte. */
static void reserve(struct doc_value **values, size_t *capacity, size_t needed)
{
    if (needed <= *capacity)
        return;
    size_t doubled = 2 * *capacity < DOCUMENT_VALUES_MAX ? 2 * *capacity : DOCUMENT_VALUES_MAX;
    *capacity = needed > doubled ? needed : doubled;
    *values = qr_realloc(*values, *capacity, sizeof **values);
}

bool doc_push(struct doc *doc, struct doc_value value)
{
    if (doc->n_values + doc->n_stack >= DOCUMENT_VALUES_MAX)
        return false;
    reserve(&doc->stack, &doc->stack_capacity, doc->n_stack + 1);
    doc->stack[doc->n_stack++] = value;
    return true;
}

struct doc_value doc_close(struct doc *doc, enum doc_type type, size_t from)
{
    size_t n = doc->n_stack - from;
    struct doc_value value = {.type = type, .count = (uint32_t)n, .first = doc->n_values};
    reserve(&doc->values, &doc->values_capacity, doc->n_values + n);
    if (n > 0)
        memcpy(doc->values + doc->n_values, doc->stack + from, n * sizeof *doc->values);
    doc->n_values += n;
    doc->n_stack = from;
    return value;
}

struct doc_value doc_add_text(struct doc *doc, const void *bytes, size_t size)
{
    struct doc_value value = {.type = DOC_TEXT, .count = (uint32_t)size, .first = doc->texts.size};
    qr_buffer_add(&doc->texts, bytes, size);
    qr_buffer_byte(&doc->texts, 0);
    return value;
}

void doc_end(struct doc *doc)
{
    free(doc->stack);
    doc->stack = NULL;
    doc->n_stack = doc->stack_capacity = 0;
}

bool doc_is(const struct doc_value *value, enum doc_type type)
{
    return value && value->type == type;
}

const char *doc_text(const struct doc *doc, const struct doc_value *value)
{
    return doc_is(value, DOC_TEXT) ? (const char *)doc->texts.data + value->first : NULL;
}

const struct doc_value *doc_at(const struct doc *doc, const struct doc_value *array, size_t index)
{
    return &doc->values[array->first + index];
}

/* The last value under the key, and how often the key stands there. */
static const struct doc_value *find(const struct doc *doc, const struct doc_value *object, const char *key,
                                    size_t *ret_times)
{
    const struct doc_value *found = NULL;
    *ret_times = 0;
    if (!doc_is(object, DOC_OBJECT))
        return NULL;
    for (size_t i = 0; i < object->count; i += 2) {
        const char *name = doc_text(doc, doc_at(doc, object, i));
        if (name && strcmp(name, key) == 0) {
            found = doc_at(doc, object, i + 1);
            ++*ret_times;
        }
    }
    return found;
}

const struct doc_value *doc_get(const struct doc *doc, const struct doc_value *object, const char *key)
{
    size_t times;
    return find(doc, object, key, &times);
}

bool doc_key_repeated(const struct doc *doc, const struct doc_value *object, const char *key)
{
    size_t times;
    find(doc, object, key, &times);
    return times > 1;
}

float doc_float(struct doc *doc, const char *text, size_t size)
{
    if (!doc->c_locale)
        doc->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    char copy[1024];
    if (size < sizeof copy) {
        memcpy(copy, text, size);
        copy[size] = 0;
        return strtof_l(copy, NULL, doc->c_locale);
    }
    QR_CLEANUP(qr_freep) char *whole = qr_alloc(size + 1, 1);
    memcpy(whole, text, size);
    return strtof_l(whole, NULL, doc->c_locale);
}
