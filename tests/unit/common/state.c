#include "tests/unit/unit.h"

#include <sodium.h>

#include "common/codec.h"
#include "common/state.h"

/* The oracle: a plain array of pairs, kept in order by insertion. */
enum { MODEL_MAX = 512, MODEL_ROOM = 2 * MODEL_MAX, KEY_MAX = 6, VALUE_MAX = 40 };

struct pair {
    uint8_t key[KEY_MAX], value[VALUE_MAX];
    size_t key_size, value_size;
};

struct model {
    struct pair pairs[MODEL_ROOM];
    size_t n;
};

static int order(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size)
{
    for (size_t i = 0; i < a_size && i < b_size; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return a_size < b_size ? -1 : a_size > b_size;
}

static struct pair *model_find(struct model *model, const uint8_t *key, size_t size)
{
    for (size_t i = 0; i < model->n; i++)
        if (order(model->pairs[i].key, model->pairs[i].key_size, key, size) == 0)
            return &model->pairs[i];
    return NULL;
}

static void model_delete(struct model *model, const uint8_t *key, size_t size)
{
    struct pair *pair = model_find(model, key, size);
    if (!pair)
        return;
    size_t i = (size_t)(pair - model->pairs);
    memmove(pair, pair + 1, (model->n - i - 1) * sizeof *pair);
    model->n--;
}

static void model_put(struct model *model, const struct pair *pair)
{
    model_delete(model, pair->key, pair->key_size);
    size_t i = 0;
    while (i < model->n && order(model->pairs[i].key, model->pairs[i].key_size, pair->key, pair->key_size) < 0)
        i++;
    memmove(&model->pairs[i + 1], &model->pairs[i], (model->n - i) * sizeof *pair);
    model->pairs[i] = *pair;
    model->n++;
}

/* The digest as state.h defines it, from the pairs alone. */
static struct qr_hash model_digest(const struct model *model)
{
    uint16_t sum[1024] = {0};
    uint8_t bytes[2048], stream[2048];
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    for (size_t i = 0; i < model->n; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer entry = {0};
        qr_put_bytes(&entry, model->pairs[i].key, model->pairs[i].key_size);
        qr_put_raw(&entry, model->pairs[i].value, model->pairs[i].value_size);
        struct qr_hash key = qr_sha256(entry.data, entry.size);
        crypto_stream_chacha20(stream, sizeof stream, nonce, key.bytes);
        for (size_t lane = 0; lane < 1024; lane++)
            sum[lane] = (uint16_t)(sum[lane] + stream[2 * lane] + 256 * stream[2 * lane + 1]);
    }
    for (size_t lane = 0; lane < 1024; lane++) {
        bytes[2 * lane] = (uint8_t)sum[lane];
        bytes[2 * lane + 1] = (uint8_t)(sum[lane] >> 8);
    }
    return qr_tagged_hash(QR_DOMAIN_STATE, bytes, sizeof bytes);
}

static struct pair random_pair(struct unit_random *random)
{
    struct pair pair = {.key_size = unit_random_below(random, KEY_MAX + 1),
                        .value_size = unit_random_below(random, VALUE_MAX + 1)};
    for (size_t i = 0; i < pair.key_size; i++)
        pair.key[i] = "\0ab\xff"[unit_random_below(random, 4)];
    for (size_t i = 0; i < pair.value_size; i++)
        pair.value[i] = (uint8_t)unit_random_next(random);
    return pair;
}

static void assert_same(const struct qr_state *state, struct model *model)
{
    struct qr_span key = {0}, value;
    size_t n = 0;
    uint8_t last[QR_STATE_KEY_MAX];
    for (bool more = qr_state_next(state, "", 0, NULL, &key, &value); more; n++) {
        unit_holds(n < model->n);
        const struct pair *pair = &model->pairs[n];
        unit_holds(order(pair->key, pair->key_size, key.bytes, key.size) == 0);
        unit_holds(pair->value_size == value.size && (value.size == 0 || memcmp(pair->value, value.bytes, value.size) == 0));
        if (key.size > 0)
            memcpy(last, key.bytes, key.size);
        struct qr_span after = {last, key.size};
        more = qr_state_next(state, "", 0, &after, &key, &value);
    }
    ck_assert_uint_eq(n, model->n);
    ck_assert_uint_eq(qr_state_count(state), model->n);
    struct qr_hash digest = qr_state_digest(state), expected = model_digest(model);
    unit_holds(qr_hash_equal(&digest, &expected));
}

/* A walk under a random prefix, after a random key or from the start. */
static void assert_next(const struct qr_state *state, struct model *model, struct unit_random *random)
{
    struct pair prefix = random_pair(random), after = random_pair(random);
    prefix.key_size = prefix.key_size > 2 ? 2 : prefix.key_size;
    bool from_start = unit_random_below(random, 2);
    const struct pair *expected = NULL;
    for (size_t i = 0; i < model->n && !expected; i++) {
        const struct pair *pair = &model->pairs[i];
        bool has_prefix = pair->key_size >= prefix.key_size && memcmp(pair->key, prefix.key, prefix.key_size) == 0;
        if (has_prefix && (from_start || order(pair->key, pair->key_size, after.key, after.key_size) > 0))
            expected = pair;
    }
    struct qr_span key, value, point = {after.key, after.key_size};
    bool found = qr_state_next(state, prefix.key, prefix.key_size, from_start ? NULL : &point, &key, &value);
    unit_holds(found == (expected != NULL));
    if (expected)
        unit_holds(order(expected->key, expected->key_size, key.bytes, key.size) == 0);
}

struct written {
    struct model *model, *base;
    size_t n;
    struct pair last;
};

/* Applies each change to the base, and checks that keys rise and that nothing unchanged is reported. */
static int apply_change(void *context, const struct qr_span *key, const struct qr_span *value)
{
    struct written *written = context;
    unit_holds(written->n == 0 || order(written->last.key, written->last.key_size, key->bytes, key->size) < 0);
    struct pair pair = {.key_size = key->size, .value_size = value->size};
    if (key->size > 0)
        memcpy(pair.key, key->bytes, key->size);
    const struct pair *before = model_find(written->base, pair.key, pair.key_size);
    if (!value->bytes) {
        ck_assert_ptr_nonnull(before);
        model_delete(written->base, pair.key, pair.key_size);
    } else {
        if (value->size > 0)
            memcpy(pair.value, value->bytes, value->size);
        unit_holds(!before || before->value_size != pair.value_size || memcmp(before->value, pair.value, pair.value_size) != 0);
        model_put(written->base, &pair);
    }
    written->last = pair;
    written->n++;
    return 0;
}

enum { MARKS = 4 };

struct run {
    struct qr_state *state;
    struct model *now, *base, *marked[MARKS];
    size_t marks[MARKS], n_marks;
    struct unit_random random;
};

static void step(struct run *run)
{
    struct pair pair = random_pair(&run->random);
    switch (unit_random_below(&run->random, 16)) {
    case 0: /* mark */
        if (run->n_marks < MARKS) {
            *run->marked[run->n_marks] = *run->now;
            run->marks[run->n_marks++] = qr_state_mark(run->state);
        }
        break;
    case 1: /* back to one of the marks */
        if (run->n_marks > 0) {
            run->n_marks = unit_random_below(&run->random, run->n_marks);
            *run->now = *run->marked[run->n_marks];
            qr_state_rollback(run->state, run->marks[run->n_marks]);
        }
        break;
    case 2: { /* write out, flush */
        struct written written = {.model = run->now, .base = run->base};
        ck_assert_int_eq(qr_state_changes(run->state, apply_change, &written), 0);
        assert_same(run->state, run->base);
        qr_state_flush(run->state);
        run->n_marks = 0;
        break;
    }
    case 3: case 4: case 5: case 6: case 7:
        model_delete(run->now, pair.key, pair.key_size);
        qr_state_delete(run->state, pair.key, pair.key_size);
        break;
    default:
        if (run->now->n == MODEL_MAX)
            break;
        model_put(run->now, &pair);
        qr_state_put(run->state, pair.key, pair.key_size, pair.value_size ? pair.value : NULL, pair.value_size);
        break;
    }
}

START_TEST(random_operations_agree_with_a_plain_list)
{
    struct run run = {.state = qr_state_new(), .now = qr_alloc(1, sizeof *run.now), .base = qr_alloc(1, sizeof *run.base),
                      .random = unit_random_start()};
    for (size_t i = 0; i < MARKS; i++)
        run.marked[i] = qr_alloc(1, sizeof *run.now);
    for (int i = 0; i < 6000; i++) {
        step(&run);
        assert_next(run.state, run.now, &run.random);
        struct pair probe = random_pair(&run.random);
        const struct pair *expected = model_find(run.now, probe.key, probe.key_size);
        struct qr_span value;
        unit_holds(qr_state_get(run.state, probe.key, probe.key_size, &value) == (expected != NULL));
        if (i % 50 == 0)
            assert_same(run.state, run.now);
    }
    assert_same(run.state, run.now);
    qr_state_free(run.state);
    free(run.now);
    free(run.base);
    for (size_t i = 0; i < MARKS; i++)
        free(run.marked[i]);
}
END_TEST

START_TEST(the_digest_does_not_depend_on_the_order)
{
    struct unit_random random = unit_random_start();
    struct qr_state *one = qr_state_new(), *other = qr_state_new();
    enum { N = 300 };
    uint32_t keys[N];
    for (uint32_t i = 0; i < N; i++)
        keys[i] = i;
    for (size_t i = 0; i < N; i++)
        qr_state_put(one, &keys[i], sizeof keys[i], "value", 5);
    for (size_t i = N; i-- > 0;) {
        size_t j = unit_random_below(&random, i + 1);
        uint32_t key = keys[j];
        keys[j] = keys[i];
        qr_state_put(other, &key, sizeof key, "another", 7);
        qr_state_put(other, &key, sizeof key, "value", 5);
        qr_state_put(other, "passing", 7, &key, sizeof key);
    }
    qr_state_delete(other, "passing", 7);
    struct qr_hash a = qr_state_digest(one), b = qr_state_digest(other);
    unit_holds(qr_hash_equal(&a, &b));
    uint32_t key = 7;
    qr_state_put(other, &key, sizeof key, "valuf", 5);
    b = qr_state_digest(other);
    unit_holds(!qr_hash_equal(&a, &b));
    qr_state_free(one);
    qr_state_free(other);
}
END_TEST

/* Bytes moved from the key to the value give another digest. */
START_TEST(key_and_value_do_not_run_together)
{
    struct qr_state *one = qr_state_new(), *other = qr_state_new();
    qr_state_put(one, "ab", 2, "c", 1);
    qr_state_put(other, "a", 1, "bc", 2);
    struct qr_hash a = qr_state_digest(one), b = qr_state_digest(other);
    unit_holds(!qr_hash_equal(&a, &b));
    qr_state_free(one);
    qr_state_free(other);
}
END_TEST

static int refuse(void *context, const struct qr_span *key, const struct qr_span *value)
{
    (void)key, (void)value;
    return ++*(int *)context == 2 ? -7 : 0;
}

START_TEST(changes_stop_at_the_first_failure)
{
    struct qr_state *state = qr_state_new();
    int calls = 0;
    for (uint8_t i = 0; i < 5; i++)
        qr_state_put(state, &i, 1, "x", 1);
    ck_assert_int_eq(qr_state_changes(state, refuse, &calls), -7);
    ck_assert_int_eq(calls, 2);
    qr_state_free(state);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        random_operations_agree_with_a_plain_list,
        the_digest_does_not_depend_on_the_order,
        key_and_value_do_not_run_together,
        changes_stop_at_the_first_failure,
    };
    return unit_run("state", tests, sizeof tests / sizeof tests[0]);
}
