#include "tests/unit/unit.h"

#include "common/buffer.h"
#include "wire/message.h"

static size_t pack_reply(const Quorate__Reply *reply, uint8_t *bytes)
{
    return quorate__reply__pack(reply, bytes);
}

START_TEST(a_reply_comes_back)
{
    uint8_t bytes[256];
    Quorate__LedgerPin pin = QUORATE__LEDGER_PIN__INIT;
    pin.json = (char *)(uintptr_t) "{}";
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    reply.id = 42;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_PIN;
    reply.ledger_pin = &pin;
    size_t size = pack_reply(&reply, bytes);
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *back = qr_reply_decode(bytes, size);
    ck_assert_ptr_nonnull(back);
    ck_assert_uint_eq(back->id, 42);
    ck_assert_str_eq(back->ledger_pin->json, "{}");
    for (size_t cut = 1; cut < size; cut++)
        qr_reply_free(qr_reply_decode(bytes, size - cut)); /* any answer but a crash */
}
END_TEST

START_TEST(a_hostile_frame_cannot_take_more_than_its_share)
{
    QR_CLEANUP(qr_freep) uint8_t *frame = qr_alloc(1, QR_FRAME_MAX + 1);
    /* Offers with as many empty offers as fit: two bytes each on the wire, a structure each in memory. */
    size_t size = QR_FRAME_MAX - 16, at = 0;
    frame[at++] = 0x82, frame[at++] = 0x05; /* field 80, length-delimited */
    for (size_t rest = size; rest; rest >>= 7)
        frame[at++] = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    for (size_t i = 0; i + 1 < size; i += 2)
        frame[at + i] = 0x0a;
    ck_assert_ptr_null(qr_reply_decode(frame, at + size));
    ck_assert_ptr_null(qr_reply_decode(frame, QR_FRAME_MAX + 1));
}
END_TEST

START_TEST(random_bytes_are_decoded_or_refused)
{
    struct unit_random random = unit_random_start();
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[64];
        size_t size = unit_random_below(&random, sizeof bytes);
        for (size_t j = 0; j < size; j++)
            bytes[j] = (uint8_t)unit_random_next(&random);
        qr_reply_free(qr_reply_decode(bytes, size));
        qr_request_message_free(qr_request_decode(bytes, size));
        qr_event_free(qr_event_decode(bytes, size));
    }
}
END_TEST

START_TEST(each_request_has_one_kind_of_answer)
{
    const ProtobufCMessageDescriptor *request = &quorate__request__descriptor;
    for (unsigned i = 0; i < request->n_fields; i++) {
        if (request->fields[i].type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        Quorate__Request__BodyCase body = (Quorate__Request__BodyCase)request->fields[i].id;
        unsigned answers = 0;
        for (unsigned reply = 0; reply < 200; reply++)
            answers += qr_reply_answers(body, (Quorate__Reply__BodyCase)reply);
        ck_assert_msg(answers == 1, "%s has %u kinds of answer", request->fields[i].name, answers);
        ck_assert_str_eq(qr_request_word(body), request->fields[i].name);
    }
    ck_assert_str_eq(qr_request_word(QUORATE__REQUEST__BODY__NOT_SET), "nothing");
    ck_assert(qr_reply_answers(QUORATE__REQUEST__BODY_CANCEL, QUORATE__REPLY__BODY_ORDER));
    ck_assert(!qr_reply_answers(QUORATE__REQUEST__BODY_BOOK, QUORATE__REPLY__BODY_ORDERS));
}
END_TEST

START_TEST(errors_keep_their_word_and_lose_control_characters)
{
    Quorate__Error message;
    struct qr_error error = {.code = QR_ESOLD_OUT, .text = "no seat", .hint = "try later"}, back;
    qr_error_to_wire(&error, &message);
    ck_assert_int_eq(qr_error_from_wire(&message, &back), QR_ESOLD_OUT);
    ck_assert_str_eq(back.text, "no seat");
    ck_assert_str_eq(back.hint, "try later");
    message.code = (char *)(uintptr_t) "of_another_version";
    message.text = (char *)(uintptr_t) "\033[31mred\n";
    ck_assert_int_eq(qr_error_from_wire(&message, &back), QR_EINTERNAL);
    ck_assert_str_eq(back.text, "?[31mred?");
    message.code = (char *)(uintptr_t) "ok"; /* an error that says it is none is one nevertheless */
    ck_assert_int_eq(qr_error_from_wire(&message, &back), QR_EINTERNAL);
}
END_TEST

START_TEST(hashes_have_their_exact_size)
{
    uint8_t bytes[QR_HASH_SIZE + 1] = {1};
    struct qr_hash hash;
    ck_assert_int_eq(qr_hash_from_wire(qr_wire_bytes(bytes, QR_HASH_SIZE), "x", &hash, NULL), 0);
    ck_assert_int_eq(qr_hash_from_wire(qr_wire_bytes(bytes, QR_HASH_SIZE + 1), "x", &hash, NULL), QR_EFORMAT);
    ck_assert_int_eq(qr_hash_from_wire(qr_wire_bytes(NULL, 0), "x", &hash, NULL), QR_EFORMAT);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_reply_comes_back,
                                  a_hostile_frame_cannot_take_more_than_its_share,
                                  random_bytes_are_decoded_or_refused,
                                  each_request_has_one_kind_of_answer,
                                  errors_keep_their_word_and_lose_control_characters,
                                  hashes_have_their_exact_size};
    return unit_run("message", tests, sizeof tests / sizeof tests[0]);
}
