#include "xai/fare.h"
#include "tests/unit/xai/random_model.h"

/* A model of one stump, for its output alone: scores are given by the test. */
static struct qr_model *model_with(enum qr_link link, unsigned digits, unsigned bits, size_t n_features)
{
    struct unit_random fixed = {1};
    struct shape shape = {
        .features = n_features, .trees = 1, .depth = 1, .score_bits = bits, .link = link, .leaf_max = 9};
    struct qr_schema schema;
    random_schema(&fixed, &shape, &schema);
    schema.output.minor_digits = digits;
    struct qr_model *model = random_model_of(&fixed, &shape, &schema);
    qr_schema_done(&schema);
    return model;
}

static int64_t check_sum(const struct qr_model *model, int64_t base, int64_t score, const int64_t *contributions)
{
    size_t n = qr_model_schema(model)->n_features;
    struct qr_money base_amount, amounts[QR_FEATURES_MAX], amount;
    qr_fare_lines(model, base, score, contributions, &base_amount, amounts, &amount);
    int64_t sum = base_amount.minor;
    for (size_t i = 0; i < n; i++) {
        sum += amounts[i].minor;
        unit_holds(contributions[i] != 0 || amounts[i].minor == 0);
    }
    unit_holds(sum == amount.minor);
    unit_holds(amount.minor == qr_fare(model, score).minor);
    unit_holds(base_amount.minor == qr_fare(model, base).minor);
    return amount.minor;
}

/* Contributions that sum to score - base, some of them zero, some large against each other. */
static void spread(struct unit_random *random, int64_t total, size_t n, int64_t *contributions)
{
    int64_t left = total;
    for (size_t i = 0; i + 1 < n; i++) {
        int64_t part = (int64_t)unit_random_below(random, 1 << (1 + unit_random_below(random, 28)));
        contributions[i] = unit_random_below(random, 3) == 0 ? 0 : unit_random_below(random, 2) ? part : -part;
        left -= contributions[i];
    }
    contributions[n - 1] = left;
}

START_TEST(lines_sum_to_the_fare_for_any_scores)
{
    struct unit_random random = unit_random_start();
    const size_t sizes[] = {1, 2, 11, 40};
    for (size_t s = 0; s < 4; s++)
        for (unsigned digits = 0; digits <= 4; digits++) {
            struct qr_model *model = model_with(QR_LINK_LOG, digits, 24, sizes[s]);
            for (int i = 0; i < 5000; i++) {
                int64_t span = digits < 3 ? 40 : 34,
                        base = QR_LOG_SCORE_MIN + (int64_t)unit_random_below(&random, (uint64_t)span << 24);
                int64_t off = (int64_t)unit_random_below(&random, 1u << (1 + unit_random_below(&random, 26)));
                int64_t score = i % 16 == 0 ? base : unit_random_below(&random, 2) ? base + off : base - off;
                if (score < QR_LOG_SCORE_MIN || score >= QR_LOG_SCORE_MIN + (span << 24))
                    continue;
                int64_t contributions[QR_FEATURES_MAX];
                spread(&random, score - base, sizes[s], contributions);
                check_sum(model, base, score, contributions);
            }
            qr_model_free(model);
        }
}
END_TEST

START_TEST(lines_of_an_identity_link_sum_too)
{
    struct unit_random random = unit_random_start();
    for (unsigned bits = 0; bits <= 24; bits += 4) {
        struct qr_model *model = model_with(QR_LINK_IDENTITY, 2, bits, 7);
        for (int i = 0; i < 2000; i++) {
            int64_t base = (int64_t)unit_random_below(&random, 1 << 30) - (1 << 29);
            int64_t score = (int64_t)unit_random_below(&random, 1 << 30) - (1 << 29);
            int64_t contributions[7];
            spread(&random, score - base, 7, contributions);
            int64_t amount = check_sum(model, base, score, contributions);
            double exact = (double)score * 100 / (double)(1 << bits);
            unit_holds((double)amount - exact <= 0.5 + 1e-6 && exact - (double)amount <= 0.5 + 1e-6);
        }
        qr_model_free(model);
    }
}
END_TEST

START_TEST(extremes_of_the_score_sum_too)
{
    struct qr_model *model = model_with(QR_LINK_LOG, 2, 24, 3);
    const int64_t ends[] = {QR_LOG_SCORE_MIN,        QR_LOG_SCORE_MIN + 1, -1, 0, 1,
                            (INT64_C(27) << 24) - 1, QR_LOG_SCORE_END - 1};
    for (size_t i = 0; i < 7; i++)
        for (size_t j = 0; j < 7; j++) {
            int64_t difference = ends[j] - ends[i],
                    contributions[] = {difference / 2 + 77, 0, difference - difference / 2 - 77};
            check_sum(model, ends[i], ends[j], contributions);
        }
    qr_model_free(model);
}
END_TEST

/* exp to 60 digits, by Python's decimal: the products may lose a few units of 2^-58 of the value. */
START_TEST(exponentials_are_those_of_mathematics)
{
    static const struct {
        int64_t t;
        unsigned digits;
        uint64_t exact;
    } vectors[] = {
        {0, 2, UINT64_C(6553600)},
        {1, 2, UINT64_C(6553600)},
        {-1, 2, UINT64_C(6553599)},
        {-268435456, 2, UINT64_C(0)},
        {469762047, 2, UINT64_C(9478189731596462796)},
        {12345678, 0, UINT64_C(136791)},
        {148579234, 2, UINT64_C(45982997176)},
        {134217733, 4, UINT64_C(1953601208606)},
        {-50331655, 2, UINT64_C(326284)},
        {469762047, 1, UINT64_C(947818973159646279)},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint64_t got = qr_exp_fixed(vectors[i].t, vectors[i].digits), exact = vectors[i].exact;
        uint64_t off = got > exact ? got - exact : exact - got;
        ck_assert_msg(off <= 1 + (exact >> 57), "e^(%" PRId64 " / 2^24): %" PRIu64 " and not %" PRIu64, vectors[i].t,
                      got, exact);
    }
}
END_TEST

START_TEST(fares_never_fall_as_the_score_rises)
{
    struct unit_random random = unit_random_start();
    struct qr_model *model = model_with(QR_LINK_LOG, 2, 24, 1);
    for (int i = 0; i < 200000; i++) {
        int64_t t = QR_LOG_SCORE_MIN + (int64_t)unit_random_below(&random, (UINT64_C(44) << 24) - 1);
        unit_holds(qr_fare(model, t).minor <= qr_fare(model, t + 1).minor);
    }
    qr_model_free(model);
}
END_TEST

/* Recorded bits: these figures never change. */
START_TEST(golden_lines)
{
    struct qr_model *model = model_with(QR_LINK_LOG, 2, 24, 4);
    const int64_t base = 147000000, contributions[] = {5000000, -1234567, 0, 77777};
    struct qr_money base_amount, amounts[4], amount;
    qr_fare_lines(model, base, base + 5000000 - 1234567 + 77777, contributions, &base_amount, amounts, &amount);
    char text[200];
    snprintf(text, sizeof text, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64,
             base_amount.minor, amounts[0].minor, amounts[1].minor, amounts[2].minor, amounts[3].minor, amount.minor);
    ck_assert_str_eq(text, "638612 213885 -52811 0 3327 803013");
    qr_model_free(model);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {lines_sum_to_the_fare_for_any_scores, lines_of_an_identity_link_sum_too,
                                  extremes_of_the_score_sum_too,        exponentials_are_those_of_mathematics,
                                  fares_never_fall_as_the_score_rises,  golden_lines};
    return unit_run("fare", tests, sizeof tests / sizeof *tests);
}
