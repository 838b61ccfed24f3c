#include "common/buffer.h"

static void *or_die(void *memory)
{
    if (!memory) {
        static const char message[] = "quorate: out of memory\n";
        if (write(STDERR_FILENO, message, sizeof message - 1) < 0)
            abort();
        abort();
    }
    return memory;
}

void *qr_alloc(size_t count, size_t size) { return or_die(calloc(count ? count : 1, size ? size : 1)); }

void *qr_realloc(void *memory, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return or_die(NULL);
    return or_die(realloc(memory, total ? total : 1));
}

char *qr_strdup(const char *text) { return qr_memdup(text, strlen(text) + 1); }

void *qr_memdup(const void *bytes, size_t size)
{
    void *copy = qr_alloc(1, size);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

void qr_freep(void *pointer_to_pointer)
{
    void *memory;
    memcpy(&memory, pointer_to_pointer, sizeof memory);
    free(memory);
}

bool qr_copy_text(char *target, size_t capacity, const char *text)
{
    size_t size = strlen(text);
    bool fits = size < capacity;
    if (!fits) {
        size = capacity - 1;
        while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
            size--;
    }
    memcpy(target, text, size);
    target[size] = '\0';
    return fits;
}

void qr_buffer_done(struct qr_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct qr_buffer){0};
}

void qr_buffer_clear(struct qr_buffer *buffer)
{
    buffer->size = 0;
    if (buffer->data)
        buffer->data[0] = 0;
}

void qr_buffer_reserve(struct qr_buffer *buffer, size_t extra)
{
    size_t needed;
    if (__builtin_add_overflow(buffer->size, extra, &needed) || needed == SIZE_MAX)
        or_die(NULL);
    needed++;
    if (needed <= buffer->capacity)
        return;
    size_t capacity = buffer->capacity ? buffer->capacity : 64;
    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    buffer->data = qr_realloc(buffer->data, capacity, 1);
    buffer->capacity = capacity;
}

void qr_buffer_add(struct qr_buffer *buffer, const void *bytes, size_t size)
{
    qr_buffer_reserve(buffer, size);
    if (size > 0)
        memcpy(buffer->data + buffer->size, bytes, size);
    buffer->size += size;
    buffer->data[buffer->size] = 0;
}

void qr_buffer_byte(struct qr_buffer *buffer, uint8_t byte) { qr_buffer_add(buffer, &byte, 1); }

void qr_buffer_text(struct qr_buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size > 0) {
        qr_buffer_reserve(buffer, (size_t)size);
        vsnprintf((char *)buffer->data + buffer->size, (size_t)size + 1, format, again);
        buffer->size += (size_t)size;
    }
    va_end(again);
}

const char *qr_buffer_string(const struct qr_buffer *buffer) { return buffer->data ? (const char *)buffer->data : ""; }
