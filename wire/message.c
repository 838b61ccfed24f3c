#include "wire/message.h"

#include <stdalign.h>

#include "common/codec.h"

/* The memory of one decoded frame: blocks that are filled from the front and freed together. protobuf-c asks for the
 * message itself first, so the message lies right behind the header of the first block, and the header is found from
 * it. */
struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) uint8_t bytes[];
};

struct arena {
    struct block *first, *last;
    size_t total, most;
};

enum { BLOCK_FIRST = 2048, BLOCK_GROWTH_MAX = 1 << 20, ALIGNMENT = alignof(max_align_t) };

static void free_blocks(struct block *block)
{
    while (block) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
}

static struct block *add_block(struct arena *arena, size_t need)
{
    size_t size = arena->last ? 2 * arena->last->size : BLOCK_FIRST;
    if (size > BLOCK_GROWTH_MAX)
        size = BLOCK_GROWTH_MAX;
    if (size < need)
        size = need;
    if (arena->total + size > arena->most)
        return NULL;
    struct block *block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->next = NULL;
    block->size = size;
    block->used = 0;
    arena->total += size;
    if (arena->last) {
        arena->last->next = block;
    } else {
        arena->first = block;
    }
    return arena->last = block;
}

static void *arena_alloc(void *context, size_t size)
{
    struct arena *arena = context;
    size_t need = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (need < size)
        return NULL;
    struct block *block = arena->last;
    if (!block || block->size - block->used < need)
        block = add_block(arena, need);
    if (!block)
        return NULL;
    void *memory = block->bytes + block->used;
    block->used += need;
    return memory;
}

static void arena_free(void *context, void *memory)
{
    (void)context;
    (void)memory;
}

/* protobuf-c does not look into texts; what shows or stores them relies on UTF-8. */
static bool texts_are_utf8(const ProtobufCMessage *message);

static bool value_is_utf8(ProtobufCType type, const void *value)
{
    if (!value)
        return true;
    if (type == PROTOBUF_C_TYPE_STRING)
        return qr_utf8_valid(value, strlen(value));
    return texts_are_utf8(value);
}

static bool field_is_utf8(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const uint8_t *at = (const uint8_t *)message + field->offset;
    void *value;
    memcpy(&value, at, sizeof value);
    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return value_is_utf8(field->type, value);
    size_t n;
    memcpy(&n, (const uint8_t *)message + field->quantifier_offset, sizeof n);
    for (size_t i = 0; i < n; i++) {
        if (!value_is_utf8(field->type, ((void **)value)[i]))
            return false;
    }
    return true;
}

static bool texts_are_utf8(const ProtobufCMessage *message)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
            uint32_t chosen;
            memcpy(&chosen, (const uint8_t *)message + field->quantifier_offset, sizeof chosen);
            if (chosen != field->id)
                continue;
        }
        if (!field_is_utf8(message, field))
            return false;
    }
    return true;
}

void *qr_message_decode(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t size, size_t most)
{
    struct arena arena = {.most = most};
    ProtobufCAllocator allocator = {.alloc = arena_alloc, .free = arena_free, .allocator_data = &arena};
    ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, &allocator, size, bytes);
    if (message && texts_are_utf8(message))
        return message;
    free_blocks(arena.first);
    return NULL;
}

static void *decode(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t size)
{
    return size > QR_FRAME_MAX ? NULL : qr_message_decode(descriptor, bytes, size, QR_DECODED_MAX);
}

void qr_message_free(void *message)
{
    if (message)
        free_blocks((struct block *)(void *)((uint8_t *)message - offsetof(struct block, bytes)));
}

Quorate__Request *qr_request_decode(const void *bytes, size_t size)
{
    return decode(&quorate__request__descriptor, bytes, size);
}

Quorate__Reply *qr_reply_decode(const void *bytes, size_t size)
{
    return decode(&quorate__reply__descriptor, bytes, size);
}

Quorate__Event *qr_event_decode(const void *bytes, size_t size)
{
    return decode(&quorate__event__descriptor, bytes, size);
}

void qr_request_message_free(Quorate__Request *request)
{
    qr_message_free(request);
}

void qr_reply_free(Quorate__Reply *reply)
{
    qr_message_free(reply);
}

void qr_reply_freep(Quorate__Reply **reply)
{
    qr_message_free(*reply);
}

void qr_event_free(Quorate__Event *event)
{
    qr_message_free(event);
}

/* Bodies of one kind of question and answer carry one number, but for the three requests that an order answers. */
bool qr_reply_answers(Quorate__Request__BodyCase request, Quorate__Reply__BodyCase reply)
{
    if (request == QUORATE__REQUEST__BODY_ORDER || request == QUORATE__REQUEST__BODY_CANCEL) {
        return reply == QUORATE__REPLY__BODY_ORDER;
    }
    return request != QUORATE__REQUEST__BODY__NOT_SET && (int)request == (int)reply;
}

const char *qr_request_word(Quorate__Request__BodyCase body)
{
    const ProtobufCFieldDescriptor *field =
        body ? protobuf_c_message_descriptor_get_field(&quorate__request__descriptor, (unsigned)body) : NULL;
    return field ? field->name : "nothing";
}

int qr_error_from_wire(const Quorate__Error *message, struct qr_error *ret_error)
{
    enum qr_code code = qr_code_from_word(message->code);
    if (code == QR_OK)
        code = QR_EINTERNAL;
    qr_fail(ret_error, code, "%s", message->text);
    if (message->hint[0])
        qr_hint(ret_error, "%s", message->hint);
    return code;
}

void qr_error_to_wire(const struct qr_error *error, Quorate__Error *ret_message)
{
    quorate__error__init(ret_message);
    ret_message->code = (char *)(uintptr_t)qr_code_word(error->code);
    ret_message->text = (char *)(uintptr_t)error->text;
    ret_message->hint = (char *)(uintptr_t)error->hint;
}

ProtobufCBinaryData qr_wire_bytes(const void *bytes, size_t size)
{
    return (ProtobufCBinaryData){.len = size, .data = (uint8_t *)(uintptr_t)bytes};
}

ProtobufCBinaryData qr_wire_hash(const struct qr_hash *hash)
{
    return qr_wire_bytes(hash->bytes, sizeof hash->bytes);
}

int qr_hash_from_wire(ProtobufCBinaryData bytes, const char *what, struct qr_hash *ret_hash, struct qr_error *error)
{
    if (bytes.len != QR_HASH_SIZE)
        return qr_fail(error, QR_EFORMAT, "%s has %zu bytes, not %d", what, bytes.len, QR_HASH_SIZE);
    memcpy(ret_hash->bytes, bytes.data, QR_HASH_SIZE);
    return 0;
}
