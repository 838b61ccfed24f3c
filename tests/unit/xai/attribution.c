#include "tests/unit/xai/random_model.h"
#include "xai/interaction.h"

typedef __int128 int128;

/* Oracle: Phi by its definition over all coalitions, in integers over the common denominator M!. */
static void brute_force(const struct qr_model *model, const struct qr_baseline *baseline, const int32_t *row,
                        int64_t *ret_phi)
{
    size_t m = qr_model_schema(model)->n_features;
    int128 factorial[16] = {1};
    for (size_t i = 1; i < 16; i++)
        factorial[i] = factorial[i - 1] * (int128)i;
    int64_t *value = qr_alloc((size_t)1 << m, sizeof *value); /* of each coalition, summed over the baseline */
    for (size_t coalition = 0; coalition < (size_t)1 << m; coalition++)
        for (size_t b = 0; b < qr_baseline_distinct(baseline); b++) {
            int32_t mixed[QR_FEATURES_MAX];
            for (size_t i = 0; i < m; i++)
                mixed[i] = coalition >> i & 1 ? row[i] : qr_baseline_row(baseline, b)[i];
            value[coalition] += qr_model_score(model, mixed) * qr_baseline_count(baseline, b);
        }
    for (size_t i = 0; i < m; i++) {
        int128 sum = 0;
        for (size_t coalition = 0; coalition < (size_t)1 << m; coalition++) {
            if (coalition >> i & 1)
                continue;
            size_t size = (size_t)__builtin_popcountll(coalition);
            sum += factorial[size] * factorial[m - 1 - size] * (value[coalition | (size_t)1 << i] - value[coalition]);
        }
        unit_holds(sum * QR_PHI_LCM % factorial[m] == 0);
        ret_phi[i] = (int64_t)(sum * QR_PHI_LCM / factorial[m]);
    }
    free(value);
}

/* Oracle: the interaction index of a pair by its definition over all coalitions of the others. */
static int64_t brute_force_pair(const struct qr_model *model, const struct qr_baseline *baseline, const int32_t *row,
                                size_t i, size_t j)
{
    size_t m = qr_model_schema(model)->n_features;
    int128 factorial[16] = {1}, sum = 0;
    for (size_t k = 1; k < 16; k++)
        factorial[k] = factorial[k - 1] * (int128)k;
    for (size_t coalition = 0; coalition < (size_t)1 << m; coalition++) {
        if (coalition >> i & 1 || coalition >> j & 1)
            continue;
        int128 delta = 0;
        for (size_t b = 0; b < qr_baseline_distinct(baseline); b++)
            for (unsigned with = 0; with < 4; with++) {
                size_t held = coalition | (size_t)(with & 1) << i | (size_t)(with >> 1) << j;
                int32_t mixed[QR_FEATURES_MAX];
                for (size_t k = 0; k < m; k++)
                    mixed[k] = held >> k & 1 ? row[k] : qr_baseline_row(baseline, b)[k];
                int64_t value = qr_model_score(model, mixed) * qr_baseline_count(baseline, b);
                delta += with == 0 || with == 3 ? value : -value;
            }
        size_t size = (size_t)__builtin_popcountll(coalition);
        sum += factorial[size] * factorial[m - size - 2] * delta;
    }
    unit_holds(sum * QR_PHI_LCM % factorial[m - 1] == 0);
    return (int64_t)(sum * QR_PHI_LCM / factorial[m - 1]);
}

static struct qr_explainer *explainer_with(struct qr_model *model, struct qr_baseline *baseline,
                                           struct qr_explainer_options options)
{
    struct qr_explainer *explainer = NULL;
    struct qr_error error;
    unit_ok(qr_explainer_new(model, baseline, &options, &explainer, &error), error);
    return explainer;
}

static struct qr_explainer *explainer_of(struct qr_model *model, struct qr_baseline *baseline, size_t table_bytes)
{
    return explainer_with(model, baseline, (struct qr_explainer_options){.table_bytes = table_bytes});
}

static struct shape random_shape(struct unit_random *random, unsigned features_max)
{
    return (struct shape){.features = 1 + unit_random_below(random, features_max),
                          .trees = 1 + unit_random_below(random, 5),
                          .depth = unit_random_below(random, 9),
                          .stop_percent = unit_random_below(random, 40),
                          .score_bits = 10,
                          .leaf_max = 1 << (1 + unit_random_below(random, 20))};
}

static void check_engine(const struct qr_model *model, const struct qr_baseline *baseline, struct unit_random *random,
                         const struct qr_explainer *explainer)
{
    size_t m = qr_model_schema(model)->n_features;
    for (int i = 0; i < 3; i++) {
        int32_t row[QR_FEATURES_MAX];
        int64_t expected[QR_FEATURES_MAX], phi[QR_FEATURES_MAX], score;
        random_row(random, qr_model_schema(model), row);
        brute_force(model, baseline, row, expected);
        qr_explainer_phi(explainer, row, 1, &score, phi);
        unit_holds(score == qr_model_score(model, row));
        for (size_t j = 0; j < m; j++)
            if (phi[j] != expected[j])
                ck_abort_msg("feature %zu of %zu: %" PRId64 " and not %" PRId64, j, m, phi[j], expected[j]);
    }
}

START_TEST(phi_is_what_all_coalitions_give)
{
    struct unit_random random = unit_random_start();
    for (int round = 0; round < 2000; round++) {
        struct shape shape = random_shape(&random, round % 50 ? 8 : 12);
        struct qr_model *model = random_model(&random, &shape);
        struct qr_baseline *baseline =
            random_baseline(&random, qr_model_schema(model), 1 + unit_random_below(&random, 12));
        struct qr_explainer *direct = explainer_of(model, baseline, 0),
                            *tables = explainer_of(model, baseline, 1 << 26);
        check_engine(model, baseline, &random, direct);
        check_engine(model, baseline, &random, tables);
        qr_explainer_free(direct);
        qr_explainer_free(tables);
        qr_baseline_free(baseline);
        qr_model_free(model);
    }
}
END_TEST

/* Every engine, batch size and memory cap gives the same bits, also where brute force cannot go. */
START_TEST(engines_and_batches_agree)
{
    struct unit_random random = unit_random_start();
    for (int round = 0; round < 60; round++) {
        struct shape shape = {.features = 1 + unit_random_below(&random, 40),
                              .trees = 1 + unit_random_below(&random, 8),
                              .depth = 2 + unit_random_below(&random, 11),
                              .stop_percent = 5 + unit_random_below(&random, 30),
                              .score_bits = 20,
                              .leaf_max = 1 << 20};
        struct qr_model *model = random_model(&random, &shape);
        const struct qr_schema *schema = qr_model_schema(model);
        struct qr_baseline *baseline = random_baseline(&random, schema, 1 + unit_random_below(&random, 60));
        enum { ROWS = 70 };
        QR_CLEANUP(qr_freep) int32_t *rows = random_rows(&random, schema, ROWS);
        int64_t *expected = qr_alloc(ROWS * schema->n_features, sizeof *expected),
                *got = qr_alloc(ROWS * schema->n_features, sizeof *got);
        int64_t scores[ROWS], again[ROWS];
        const struct qr_explainer_options options[] = {
            {.table_bytes = 0},
            {.table_bytes = 1 << 12},
            {.table_bytes = 1 << 16},
            {.table_bytes = 1 << 28, .threads = 3},
            {.table_bytes = 1 << 16, .instructions = QR_INSTRUCTIONS_PORTABLE},
            {.table_bytes = 1 << 28, .instructions = QR_INSTRUCTIONS_PORTABLE},
        };
        for (size_t c = 0; c < sizeof options / sizeof *options; c++) {
            struct qr_explainer *explainer = explainer_with(model, baseline, options[c]);
            unit_holds(qr_explainer_facts(explainer)->table_bytes <= options[c].table_bytes);
            if (c == 0) {
                qr_explainer_phi(explainer, rows, ROWS, scores, expected);
            } else {
                qr_explainer_phi(explainer, rows, ROWS, again, got);
                unit_holds(memcmp(scores, again, sizeof scores) == 0);
                unit_holds(memcmp(expected, got, ROWS * schema->n_features * sizeof *got) == 0);
            }
            for (size_t i = 0; i < ROWS; i++) {
                qr_explainer_phi(explainer, rows + i * schema->n_features, 1, again, got);
                unit_holds(again[0] == scores[i]);
                unit_holds(memcmp(expected + i * schema->n_features, got, schema->n_features * sizeof *got) == 0);
            }
            qr_explainer_free(explainer);
        }
        free(expected);
        free(got);
        qr_baseline_free(baseline);
        qr_model_free(model);
    }
}
END_TEST

/* Each instruction set that this machine has, over tables cut in many ways: a cap is spread over the leaves, so each
 * gives subtrees of another size. */
START_TEST(instruction_sets_and_cuts_agree)
{
    static const char *const most[] = {"avx512", "portable", "avx2"};
    static const size_t bytes_per_leaf[] = {40, 100, 250, 700, 2000, 6000, 20000};
    struct unit_random random = unit_random_start();
    size_t cuts = 0, seen[3] = {0};
    for (int round = 0; round < 24; round++) {
        enum { ROWS = 33 };
        static const unsigned widths[] = {16, 20, 40, 256};
        struct shape shape = {.features = 1 + unit_random_below(&random, widths[round % 4]),
                              .trees = 1 + unit_random_below(&random, 6),
                              .depth = 2 + unit_random_below(&random, 8),
                              .stop_percent = unit_random_below(&random, 30),
                              .score_bits = 20,
                              .leaf_max = 1 << 20};
        struct qr_model *model = random_model(&random, &shape);
        const struct qr_schema *schema = qr_model_schema(model);
        struct qr_baseline *baseline = random_baseline(&random, schema, 1 + unit_random_below(&random, 40));
        QR_CLEANUP(qr_freep) int32_t *rows = random_rows(&random, schema, ROWS);
        size_t size = ROWS * schema->n_features * sizeof(int64_t), taken = 0;
        QR_CLEANUP(qr_freep) int64_t *expected = qr_alloc(size, 1);
        QR_CLEANUP(qr_freep) int64_t *got = qr_alloc(size, 1);
        int64_t scores[ROWS], again[ROWS];
        struct qr_explainer *direct = explainer_of(model, baseline, 0);
        qr_explainer_phi(direct, rows, ROWS, scores, expected);
        qr_explainer_free(direct);
        for (size_t c = 0; c < 3 * sizeof bytes_per_leaf / sizeof *bytes_per_leaf; c++) {
            struct qr_explainer_options options = {.table_bytes = qr_model_facts(model)->leaves * bytes_per_leaf[c / 3],
                                                   .instructions = (enum qr_instructions)(c % 3)};
            struct qr_explainer *explainer = explainer_with(model, baseline, options);
            const struct qr_explainer_facts *facts = qr_explainer_facts(explainer);
            if (c % 3)
                unit_holds(strcmp(facts->instructions, most[c % 3]) == 0 ||
                           strcmp(facts->instructions, "portable") == 0);
            seen[c % 3] += strcmp(facts->instructions, most[c % 3]) == 0 && facts->table_trees > 0;
            cuts += facts->table_trees > 0 && facts->table_bytes != taken;
            taken = facts->table_bytes;
            qr_explainer_phi(explainer, rows, ROWS, again, got);
            unit_holds(memcmp(scores, again, sizeof scores) == 0);
            unit_holds(memcmp(expected, got, size) == 0);
            qr_explainer_free(explainer);
        }
        qr_baseline_free(baseline);
        qr_model_free(model);
    }
    printf("# %zu layouts; runs of avx512 %zu, avx2 %zu, portable %zu\n", cuts, seen[0], seen[2], seen[1]);
    unit_holds(cuts > 48 && seen[1] > 0);
#if defined(__x86_64__)
    unit_holds(!__builtin_cpu_supports("avx2") || seen[2] > 0);
    unit_holds(!__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512dq") ||
               !__builtin_cpu_supports("avx512vl") || seen[0] > 0);
#endif
}
END_TEST

START_TEST(contributions_sum_to_the_score_and_unused_features_have_none)
{
    struct unit_random random = unit_random_start();
    for (int round = 0; round < 200; round++) {
        struct shape shape = random_shape(&random, 30);
        struct qr_model *model = random_model(&random, &shape);
        const struct qr_schema *schema = qr_model_schema(model);
        struct qr_baseline *baseline = random_baseline(&random, schema, 1 + unit_random_below(&random, 40));
        struct qr_explainer *explainer = explainer_of(model, baseline, 1 << 24);
        int32_t row[QR_FEATURES_MAX];
        int64_t contributions[QR_FEATURES_MAX], score;
        random_row(&random, schema, row);
        qr_explainer_explain(explainer, row, 1, &score, contributions);
        int64_t sum = qr_explainer_base(explainer);
        for (size_t i = 0; i < schema->n_features; i++) {
            sum += contributions[i];
            unit_holds(qr_model_uses(model, i) || contributions[i] == 0);
        }
        unit_holds(sum == score);
        qr_explainer_free(explainer);
        qr_baseline_free(baseline);
        qr_model_free(model);
    }
}
END_TEST

START_TEST(interactions_are_what_all_coalitions_give)
{
    struct unit_random random = unit_random_start();
    for (int round = 0; round < 60; round++) {
        struct shape shape = random_shape(&random, 6);
        struct qr_model *model = random_model(&random, &shape);
        struct qr_baseline *baseline =
            random_baseline(&random, qr_model_schema(model), 1 + unit_random_below(&random, 6));
        struct qr_explainer *explainer = explainer_of(model, baseline, 1 << 20);
        size_t m = qr_model_schema(model)->n_features;
        int32_t row[QR_FEATURES_MAX];
        int64_t score, main[QR_FEATURES_MAX], pairs[QR_FEATURES_MAX], sum = qr_explainer_base(explainer);
        random_row(&random, qr_model_schema(model), row);
        qr_explainer_interactions_exact(explainer, row, &score, main, pairs);
        for (size_t i = 0; i < m; i++)
            for (size_t j = i + 1; j < m; j++)
                unit_holds(pairs[qr_pair_index(m, i, j)] == brute_force_pair(model, baseline, row, i, j));
        qr_explainer_interactions(explainer, row, &score, main, pairs);
        for (size_t i = 0; i < m; i++)
            sum += main[i];
        for (size_t i = 0; i < m * (m - 1) / 2; i++)
            sum += pairs[i];
        unit_holds(sum == score && score == qr_model_score(model, row));
        qr_explainer_free(explainer);
        qr_baseline_free(baseline);
        qr_model_free(model);
    }
}
END_TEST

/* The difference of two models is itself a model: its own explainer says the same. */
START_TEST(a_difference_is_what_the_model_of_the_difference_gives)
{
    struct unit_random random = unit_random_start();
    for (int round = 0; round < 60; round++) {
        struct shape shape = random_shape(&random, round % 50 ? 8 : 12);
        shape.leaf_max = 1 << 16;
        struct qr_schema schema;
        random_schema(&random, &shape, &schema);
        struct qr_model *a = random_model_of(&random, &shape, &schema), *b = random_model_of(&random, &shape, &schema),
                        *both = NULL;
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        qr_model_put_head(&bytes, &schema, shape.score_bits, b->facts.base_score - a->facts.base_score,
                          2 * shape.trees);
        struct qr_model *const sides[] = {a, b};
        for (size_t side = 0; side < 2; side++)
            for (size_t i = 0; i < sides[side]->n_nodes; i++) {
                const struct qr_node *node = &sides[side]->nodes[i];
                if (node->feature == QR_LEAF)
                    qr_model_put_leaf(&bytes, side ? node->leaf : -node->leaf);
                else if (node->category)
                    qr_model_put_category(&bytes, &schema, node->feature, sides[side]->sets + node->set);
                else
                    qr_model_put_number(&bytes, &schema, node->feature, node->threshold, node->missing_right);
            }
        struct qr_error error;
        unit_ok(qr_model_decode(bytes.data, bytes.size, &both, &error), error);
        struct qr_baseline *baseline = random_baseline(&random, &schema, 1 + unit_random_below(&random, 12));
        struct qr_explainer *of_a = explainer_of(a, baseline, 1 << 20), *of_b = explainer_of(b, baseline, 1 << 20),
                            *of_both = explainer_of(both, baseline, 1 << 20);
        int32_t row[QR_FEATURES_MAX];
        int64_t base, change, score, got[QR_FEATURES_MAX], expected[QR_FEATURES_MAX];
        random_row(&random, &schema, row);
        unit_ok(qr_explainer_difference(of_a, of_b, row, 1, &base, &change, got, &error), error);
        qr_explainer_explain(of_both, row, 1, &score, expected);
        unit_holds(base == qr_explainer_base(of_both) && change == score);
        unit_holds(memcmp(got, expected, schema.n_features * sizeof *got) == 0);
        qr_explainer_free(of_a);
        qr_explainer_free(of_b);
        qr_explainer_free(of_both);
        qr_baseline_free(baseline);
        qr_model_free(a);
        qr_model_free(b);
        qr_model_free(both);
        qr_schema_done(&schema);
    }
}
END_TEST

START_TEST(every_baseline_row_twice_changes_nothing)
{
    struct unit_random random = unit_random_start();
    for (int round = 0; round < 50; round++) {
        struct shape shape = random_shape(&random, 10);
        struct qr_model *model = random_model(&random, &shape);
        const struct qr_schema *schema = qr_model_schema(model);
        size_t n = 1 + unit_random_below(&random, 20), m = schema->n_features;
        int32_t *rows = qr_alloc(2 * n * m, sizeof *rows), *once = random_rows(&random, schema, n),
                row[QR_FEATURES_MAX];
        memcpy(rows, once, n * m * sizeof *rows);
        memcpy(rows + n * m, once, n * m * sizeof *rows);
        struct qr_baseline *single = NULL, *doubled = NULL;
        struct qr_error error;
        unit_ok(qr_baseline_of(schema, once, n, &single, &error), error);
        unit_ok(qr_baseline_of(schema, rows, 2 * n, &doubled, &error), error);
        struct qr_explainer *a = explainer_of(model, single, 1 << 24), *b = explainer_of(model, doubled, 1 << 24);
        int64_t of_a[QR_FEATURES_MAX], of_b[QR_FEATURES_MAX], score;
        random_row(&random, schema, row);
        qr_explainer_explain(a, row, 1, &score, of_a);
        qr_explainer_explain(b, row, 1, &score, of_b);
        unit_holds(memcmp(of_a, of_b, m * sizeof *of_a) == 0);
        qr_explainer_free(a);
        qr_explainer_free(b);
        qr_baseline_free(single);
        qr_baseline_free(doubled);
        qr_model_free(model);
        free(rows);
        free(once);
    }
}
END_TEST

START_TEST(rounding_gives_the_rest_to_the_largest_remainders)
{
    const int64_t phi[] = {7, -3, 0, 15, 12}; /* tenths: 0.7, -0.3, 0, 1.5, 1.2 */
    int64_t rounded[5];
    ck_assert(qr_round_contributions(phi, 5, 10, 3, rounded));
    const int64_t expected[] = {1, 0, 0, 1, 1};
    ck_assert_mem_eq(rounded, expected, sizeof expected);
    ck_assert(qr_round_contributions(phi, 5, 10, 2, rounded)); /* a tie between the first two: the lower index */
    const int64_t tie[] = {1, -1, 0, 1, 1};
    ck_assert_mem_eq(rounded, tie, sizeof tie);
    ck_assert(!qr_round_contributions(phi, 5, 10, 6, rounded)); /* only four have a remainder */
    ck_assert(!qr_round_contributions(phi, 5, 10, 0, rounded));
}
END_TEST

/* With hundreds of features, against the rule as it is written: the largest remainder first, again and again. */
START_TEST(rounding_of_many_features_follows_the_rule)
{
    enum { DENOMINATOR = 1000 };
    struct unit_random random = unit_random_start();
    for (int round = 0; round < 2000; round++) {
        size_t n = 1 + unit_random_below(&random, QR_FEATURES_MAX),
               values = 1 + unit_random_below(&random, DENOMINATOR);
        int64_t phi[QR_FEATURES_MAX], left[QR_FEATURES_MAX], expected[QR_FEATURES_MAX], got[QR_FEATURES_MAX], sum = 0;
        size_t uneven = 0;
        for (size_t i = 0; i < n; i++) {
            int64_t whole = (int64_t)unit_random_below(&random, 100) - 50;
            left[i] = (int64_t)unit_random_below(&random, values);
            phi[i] = whole * DENOMINATOR + left[i];
            expected[i] = whole;
            sum += whole;
            uneven += left[i] > 0;
        }
        size_t more = unit_random_below(&random, uneven + 1);
        for (size_t k = 0; k < more; k++) {
            size_t largest = 0;
            for (size_t i = 1; i < n; i++)
                if (left[i] > left[largest])
                    largest = i;
            expected[largest]++;
            left[largest] = 0;
        }
        unit_holds(qr_round_contributions(phi, n, DENOMINATOR, sum + (int64_t)more, got));
        unit_holds(memcmp(got, expected, n * sizeof *got) == 0);
    }
}
END_TEST

START_TEST(a_baseline_of_other_features_is_refused)
{
    struct unit_random random = unit_random_start();
    struct shape shape = {.features = 3, .trees = 1, .depth = 2, .score_bits = 4, .leaf_max = 5};
    struct qr_model *a = random_model(&random, &shape), *b = random_model(&random, &shape);
    struct qr_baseline *baseline = random_baseline(&random, qr_model_schema(b), 4);
    struct qr_explainer *explainer = NULL;
    struct qr_error error;
    unit_fails(qr_explainer_new(a, baseline, &QR_EXPLAINER_DEFAULTS, &explainer, &error), QR_EMISMATCH, error);
    qr_baseline_free(baseline);
    qr_model_free(a);
    qr_model_free(b);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {phi_is_what_all_coalitions_give,
                                  engines_and_batches_agree,
                                  instruction_sets_and_cuts_agree,
                                  contributions_sum_to_the_score_and_unused_features_have_none,
                                  interactions_are_what_all_coalitions_give,
                                  a_difference_is_what_the_model_of_the_difference_gives,
                                  every_baseline_row_twice_changes_nothing,
                                  rounding_gives_the_rest_to_the_largest_remainders,
                                  rounding_of_many_features_follows_the_rule,
                                  a_baseline_of_other_features_is_refused};
    return unit_run("attribution", tests, sizeof tests / sizeof *tests);
}
