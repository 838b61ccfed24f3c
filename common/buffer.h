#ifndef QR_COMMON_BUFFER_H
#define QR_COMMON_BUFFER_H

#include "common/prelude.h"

/* A growing run of bytes, always followed by a zero byte so that text in it can be read as a C string.
 *
 *     QR_CLEANUP(qr_buffer_done) struct qr_buffer line = {0};
 *     qr_buffer_text(&line, "%s: %d", name, count);
 *
 * A zeroed struct is an empty buffer. Running out of memory ends the process (there is nothing a caller could
 * do with half a line), so nothing here fails. */
struct qr_buffer {
    uint8_t *data; /* NULL while nothing has been added; use qr_buffer_string for text */
    size_t size;
    size_t capacity;
};

void qr_buffer_done(struct qr_buffer *buffer);
void qr_buffer_clear(struct qr_buffer *buffer); /* empties it, keeps the memory */
void qr_buffer_reserve(struct qr_buffer *buffer, size_t extra);
void qr_buffer_add(struct qr_buffer *buffer, const void *bytes, size_t size);
void qr_buffer_byte(struct qr_buffer *buffer, uint8_t byte);
void qr_buffer_text(struct qr_buffer *buffer, const char *format, ...) QR_PRINTF(2, 3);
const char *qr_buffer_string(const struct qr_buffer *buffer); /* never NULL */

/* Memory that ends the process when there is none: calloc, realloc and strdup of this project. */
void *qr_alloc(size_t count, size_t size); /* zeroed; never NULL, even for 0 bytes */
void *qr_realloc(void *memory, size_t count, size_t size);
char *qr_strdup(const char *text);
void *qr_memdup(const void *bytes, size_t size);

void qr_freep(void *pointer_to_pointer); /* for QR_CLEANUP on any malloc'd pointer */

/* Copies text into a fixed array, cut at a character's end where it does not fit. Returns false if it was cut. */
bool qr_copy_text(char *target, size_t capacity, const char *text);

#endif
