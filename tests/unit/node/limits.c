#include "tests/unit/node/validating.h"

/* How much an engine lets wait, how much goes into one block, and how much into one transaction or in its signer's name. */

/* As large as a transaction can be; refused when its turn comes. */
static struct qr_buffer largest(void)
{
    QR_CLEANUP(qr_freep) uint8_t *zeros = qr_alloc(1, QR_PAYLOAD_MAX);
    const struct qr_buffer payload = {.data = zeros, .size = QR_PAYLOAD_MAX};
    return sign(stage_member, QR_ACTION_BALLOT, 1, &payload);
}

/* The engine solo, and cometbft, on a validator's store. */
static int wait_in_solo(struct validator *validator, const struct qr_buffer *bytes)
{
    return qr_solo_submit(validator->stage.solo, bytes->data, bytes->size, 1, NULL);
}

static int wait_in_cometbft(struct validator *validator, const struct qr_buffer *bytes)
{
    return qr_cometbft_submit(validator->comet, bytes->data, bytes->size, 0, now, NULL);
}

/* How many come in before one is told to try again. */
static size_t count_waiting(int (*submit_one)(struct validator *validator, const struct qr_buffer *bytes),
                            struct validator *validator, const struct qr_buffer *bytes)
{
    size_t n = 0;
    int code;
    while ((code = submit_one(validator, bytes)) == 0)
        n++;
    ck_assert_int_eq(code, QR_EBUSY);
    return n;
}

START_TEST(so_many_wait_and_so_many_bytes)
{
    int (*const engines[])(struct validator *validator, const struct qr_buffer *bytes) = {wait_in_solo, wait_in_cometbft};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer small = order_at(1), large = largest();
    for (size_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(count_waiting(engines[i], &validators[0], &small), 32768);
        ck_assert_uint_eq(count_waiting(engines[i], &validators[1], &large), (64 << 20) / large.size);
    }
}
END_TEST

/* One more than a block holds: the last one stands in the block after. */
START_TEST(solo_puts_so_many_transactions_into_a_block)
{
    struct stage *stage = &validators[0].stage;
    struct qr_header header;
    struct qr_error error = {0};
    for (uint64_t sequence = 1; sequence <= 16385; sequence++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer order = order_at(sequence);
        ck_assert_int_eq(wait_in_solo(&validators[0], &order), 0);
    }
    uint64_t before = qr_chain_head(stage->chain)->log_size;
    ck_assert(stage_cut(stage));
    ck_assert_uint_eq(qr_solo_waiting(stage->solo), 1);
    unit_ok(qr_store_header(stage->store, stage_height(stage), &header, &error), error);
    ck_assert_uint_eq(header.log_size - before, 16384);
    ck_assert(stage_cut(stage));
    ck_assert_int_eq(stage->error.code, QR_OK);
    ck_assert_uint_eq(qr_chain_head(stage->chain)->log_size - before, 16385);
}
END_TEST

START_TEST(solo_puts_so_many_bytes_into_a_block)
{
    struct stage *stage = &validators[0].stage;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer large = largest();
    for (size_t i = 0; i < 40; i++)
        ck_assert_int_eq(wait_in_solo(&validators[0], &large), 0);
    ck_assert(!stage_cut(stage)); /* none is valid, all of the first are answered */
    ck_assert_uint_eq(qr_solo_waiting(stage->solo), 40 - (8 << 20) / large.size);
}
END_TEST

START_TEST(a_transaction_that_came_twice_at_once_is_answered_twice_with_one_block)
{
    struct stage *stage = &validators[0].stage;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer order = order_at(1);
    ck_assert_int_eq(wait_in_solo(&validators[0], &order), 0);
    ck_assert_int_eq(wait_in_solo(&validators[0], &order), 0);
    ck_assert(stage_cut(stage));
    ck_assert_int_eq(stage->error.code, QR_OK); /* the last answer, to the second */
    ck_assert(stage->answer.replayed);
    ck_assert_uint_eq(stage->answer.height, stage_height(stage));
}
END_TEST

/* Each begins an object of two chunks. */
static int begin_upload(struct stage *stage, uint8_t object)
{
    static const uint8_t chunk[QR_CHUNK_SIZE];
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_publish publish = {.object = QR_OBJECT_MODEL,
                                 .hash = {{1, object}},
                                 .size = sizeof chunk + 1,
                                 .bytes = {chunk, sizeof chunk}};
    qr_publish_encode(&publish, &payload);
    return stage_submit(stage, stage_member, QR_ACTION_PUBLISH, stage_height(stage) + 100, &payload);
}

START_TEST(a_member_has_at_most_16_unfinished_uploads)
{
    struct stage *stage = &validators[0].stage;
    for (uint8_t i = 0; i < 16; i++)
        ck_assert_int_eq(begin_upload(stage, i), 0);
    ck_assert_int_eq(begin_upload(stage, 16), QR_ELIMIT);
    ck_assert_int_eq(begin_upload(stage, 15), 0); /* the same chunk again */
}
END_TEST

START_TEST(a_batch_holds_2048_decisions)
{
    for (size_t n = 2048; n <= 2049; n++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        QR_CLEANUP(qr_batch_done) struct qr_batch batch = {.n = 0}, read = {.n = 0};
        qr_batch_init(&batch, 3, 0, n);
        qr_batch_encode(&batch, &bytes);
        ck_assert_int_eq(qr_batch_decode(bytes.data, bytes.size, &read, NULL), n == 2048 ? 0 : QR_EFORMAT);
    }
}
END_TEST

/* CometBFT's proposer may be anybody. */
START_TEST(a_proposal_of_more_than_a_block_holds_is_rejected)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bundle = {0};
    for (uint64_t sequence = 1; sequence <= 16384; sequence++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer order = order_at(sequence);
        qr_buffer_add(&bundle, order.data, order.size);
    }
    struct qr_error error = {0};
    struct qr_span span = span_of(&bundle);
    now += 1000;
    ck_assert(qr_cometbft_accepts(validators[0].comet, now, &span, 1, &error));
    QR_CLEANUP(qr_buffer_done) struct qr_buffer last = order_at(16385);
    qr_buffer_add(&bundle, last.data, last.size);
    span = span_of(&bundle);
    ck_assert(!qr_cometbft_accepts(validators[0].comet, now, &span, 1, &error));
    ck_assert_int_eq(error.code, QR_ELIMIT);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        so_many_wait_and_so_many_bytes,
        solo_puts_so_many_transactions_into_a_block,
        solo_puts_so_many_bytes_into_a_block,
        a_transaction_that_came_twice_at_once_is_answered_twice_with_one_block,
        a_member_has_at_most_16_unfinished_uploads,
        a_batch_holds_2048_decisions,
        a_proposal_of_more_than_a_block_holds_is_rejected,
    };
    return validating_run("limits", tests, sizeof tests / sizeof tests[0]);
}
