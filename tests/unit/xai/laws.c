#include "tests/unit/xai/random_model.h"

/* Laws that attributions keep whatever the model: each test changes a model, its rows or its baseline in a way whose
 * effect on Phi is known, and looks at Phi itself, before any rounding. */

struct game {
    struct qr_schema schema;
    struct qr_model *model;
    struct qr_baseline *baseline;
    int32_t *compared; /* the baseline's rows */
    size_t n_compared;
    int32_t row[QR_FEATURES_MAX];
};

static struct shape small_shape(struct unit_random *random)
{
    return (struct shape){.features = 2 + unit_random_below(random, 9),
                          .trees = 1 + unit_random_below(random, 5),
                          .depth = 1 + unit_random_below(random, 7),
                          .stop_percent = unit_random_below(random, 30),
                          .score_bits = 16,
                          .leaf_max = 1 << 12};
}

static struct game random_game(struct unit_random *random)
{
    struct game game = {.n_compared = 1 + unit_random_below(random, 20)};
    struct qr_error error;
    struct shape shape = small_shape(random);
    random_schema(random, &shape, &game.schema);
    game.model = random_model_of(random, &shape, &game.schema);
    game.compared = random_rows(random, &game.schema, game.n_compared);
    unit_ok(qr_baseline_of(&game.schema, game.compared, game.n_compared, &game.baseline, &error), error);
    random_row(random, &game.schema, game.row);
    return game;
}

static void game_done(struct game *game)
{
    qr_model_free(game->model);
    qr_baseline_free(game->baseline);
    qr_schema_done(&game->schema);
    free(game->compared);
}

/* By tables when the seed says so, else by the direct method; returns the score. */
static int64_t phi_of(struct unit_random *random, struct qr_model *model, struct qr_baseline *baseline,
                      const int32_t *row, int64_t *ret_phi)
{
    struct qr_explainer *explainer = NULL;
    struct qr_error error;
    int64_t score;
    const struct qr_explainer_options options = {.table_bytes = unit_random_below(random, 2) << 24};
    unit_ok(qr_explainer_new(model, baseline, &options, &explainer, &error), error);
    qr_explainer_phi(explainer, row, 1, &score, ret_phi);
    qr_explainer_free(explainer);
    return score;
}

/* Writes the tree below a node with features renamed, and splits in two what `widen` says. */
struct rewrite {
    const struct qr_schema *schema; /* of the new model */
    const size_t *names;            /* new index of each feature; NULL: as before */
    struct unit_random *random;     /* NULL: nothing is split */
    size_t added;
};

static void rewrite_tree(struct rewrite *rewrite, const struct qr_model *model, const struct qr_node *root, size_t at,
                         size_t depth, struct qr_buffer *out)
{
    const struct qr_node *node = &root[at];
    if (node->feature == QR_LEAF) {
        size_t feature = rewrite->random ? unit_random_below(rewrite->random, rewrite->schema->n_features) : 0;
        const struct qr_feature *declared = &rewrite->schema->features[feature];
        bool widened =
            rewrite->random && depth < 20 && declared->kind == QR_FEATURE_NUMBER && declared->max > declared->min;
        if (widened) { /* a split whose sides are the same leaf asks for nothing */
            int32_t threshold = declared->min + 1 +
                                (int32_t)unit_random_below(rewrite->random, (uint64_t)(declared->max - declared->min));
            qr_model_put_number(out, rewrite->schema, feature, threshold, false);
            qr_model_put_leaf(out, node->leaf);
            rewrite->added++;
        }
        qr_model_put_leaf(out, node->leaf);
        return;
    }
    size_t feature = rewrite->names ? rewrite->names[node->feature] : (size_t)node->feature;
    if (node->category)
        qr_model_put_category(out, rewrite->schema, feature, model->sets + node->set);
    else
        qr_model_put_number(out, rewrite->schema, feature, node->threshold, node->missing_right);
    rewrite_tree(rewrite, model, root, at + 1, depth + 1, out);
    rewrite_tree(rewrite, model, root, node->right, depth + 1, out);
}

/* The model of some of another's trees, rewritten. */
static struct qr_model *model_of_trees(struct rewrite *rewrite, const struct qr_model *model, size_t first, size_t n,
                                       int64_t base)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_model *made = NULL;
    struct qr_error error;
    qr_model_put_head(&bytes, rewrite->schema, model->facts.score_bits, base, n);
    for (size_t t = first; t < first + n; t++)
        rewrite_tree(rewrite, model, qr_tree_root(model, t), 0, 0, &bytes);
    unit_ok(qr_model_decode(bytes.data, bytes.size, &made, &error), error);
    return made;
}

enum { ROUNDS = 150 };

START_TEST(efficiency_what_features_do_adds_up_to_the_difference)
{
    struct unit_random random = unit_random_start();
    for (int round = 0; round < ROUNDS; round++) {
        struct game game = random_game(&random);
        int64_t phi[QR_FEATURES_MAX], sum = 0, mean = 0;
        int64_t score = phi_of(&random, game.model, game.baseline, game.row, phi);
        for (size_t i = 0; i < game.schema.n_features; i++)
            sum += phi[i];
        for (size_t b = 0; b < game.n_compared; b++)
            mean += qr_model_score(game.model, game.compared + b * game.schema.n_features);
        unit_holds(score == qr_model_score(game.model, game.row));
        unit_holds(sum == QR_PHI_LCM * ((int64_t)game.n_compared * score - mean));
        game_done(&game);
    }
}
END_TEST

START_TEST(dummy_a_feature_that_changes_no_score_gets_nothing)
{
    struct unit_random random = unit_random_start();
    for (int round = 0; round < ROUNDS; round++) {
        struct game game = random_game(&random);
        size_t feature = unit_random_below(&random, game.schema.n_features), n = game.schema.n_features;
        for (size_t b = 0; b < game.n_compared; b++) /* as in the row: it distinguishes nobody */
            game.compared[b * n + feature] = game.row[feature];
        struct qr_baseline *same = NULL;
        struct qr_error error;
        int64_t phi[QR_FEATURES_MAX];
        unit_ok(qr_baseline_of(&game.schema, game.compared, game.n_compared, &same, &error), error);
        phi_of(&random, game.model, same, game.row, phi);
        unit_holds(phi[feature] == 0);
        for (size_t i = 0; i < n; i++)
            unit_holds(qr_model_uses(game.model, i) || phi[i] == 0);
        qr_baseline_free(same);
        game_done(&game);
    }
}
END_TEST

START_TEST(linearity_trees_add_up)
{
    struct unit_random random = unit_random_start();
    for (int round = 0; round < ROUNDS; round++) {
        struct game game = random_game(&random);
        struct rewrite plain = {.schema = &game.schema};
        int64_t phi[QR_FEATURES_MAX], sum[QR_FEATURES_MAX] = {0}, part[QR_FEATURES_MAX];
        int64_t score = phi_of(&random, game.model, game.baseline, game.row, phi),
                scores = game.model->facts.base_score;
        for (size_t t = 0; t < game.model->facts.trees; t++) {
            struct qr_model *alone = model_of_trees(&plain, game.model, t, 1, 0);
            scores += phi_of(&random, alone, game.baseline, game.row, part);
            for (size_t i = 0; i < game.schema.n_features; i++)
                sum[i] += part[i];
            qr_model_free(alone);
        }
        unit_holds(scores == score);
        unit_holds(memcmp(sum, phi, game.schema.n_features * sizeof *phi) == 0);
        game_done(&game);
    }
}
END_TEST

/* A feature's place among the others, in the model, the rows and the baseline. */
START_TEST(features_in_another_order_keep_their_attributions)
{
    struct unit_random random = unit_random_start();
    for (int round = 0; round < ROUNDS; round++) {
        struct game game = random_game(&random);
        size_t n = game.schema.n_features, names[QR_FEATURES_MAX];
        for (size_t i = 0; i < n; i++) {
            size_t other = unit_random_below(&random, i + 1);
            names[i] = other == i ? i : names[other];
            names[other] = i;
        }
        struct qr_schema moved = game.schema; /* shares what the features own */
        int32_t row[QR_FEATURES_MAX], *compared = qr_alloc(game.n_compared * n, sizeof *compared);
        struct qr_feature features[QR_FEATURES_MAX];
        for (size_t i = 0; i < n; i++) {
            features[names[i]] = game.schema.features[i];
            row[names[i]] = game.row[i];
            for (size_t b = 0; b < game.n_compared; b++)
                compared[b * n + names[i]] = game.compared[b * n + i];
        }
        moved.features = features;
        struct rewrite renamed = {.schema = &moved, .names = names};
        struct qr_model *model =
            model_of_trees(&renamed, game.model, 0, game.model->facts.trees, game.model->facts.base_score);
        struct qr_baseline *baseline = NULL;
        struct qr_error error;
        int64_t phi[QR_FEATURES_MAX], again[QR_FEATURES_MAX];
        unit_ok(qr_baseline_of(&moved, compared, game.n_compared, &baseline, &error), error);
        phi_of(&random, game.model, game.baseline, game.row, phi);
        phi_of(&random, model, baseline, row, again);
        for (size_t i = 0; i < n; i++)
            unit_holds(again[names[i]] == phi[i]);
        qr_model_free(model);
        qr_baseline_free(baseline);
        free(compared);
        game_done(&game);
    }
}
END_TEST

/* Two features that the model treats alike, with equal values: the trees, and the same trees with the two exchanged. */
START_TEST(symmetry_features_that_are_alike_get_the_same)
{
    struct unit_random random = unit_random_start();
    for (int round = 0; round < ROUNDS; round++) {
        struct shape shape = small_shape(&random);
        struct qr_schema schema;
        struct qr_error error;
        random_schema(&random, &shape, &schema);
        for (size_t i = 0; i < 2; i++) { /* the first two are declared alike */
            for (size_t j = 0; j < schema.features[i].n_categories; j++)
                free(schema.features[i].categories[j]);
            free(schema.features[i].categories);
            schema.features[i] = (struct qr_feature){.scale = 1, .max = 20, .missing = true};
            snprintf(schema.features[i].name, sizeof schema.features[i].name, "f%zu", i);
        }
        struct qr_model *half = random_model_of(&random, &shape, &schema), *both = NULL;
        size_t exchanged[QR_FEATURES_MAX], n = schema.n_features, n_compared = 1 + unit_random_below(&random, 12);
        for (size_t i = 0; i < n; i++)
            exchanged[i] = i < 2 ? 1 - i : i;
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        qr_model_put_head(&bytes, &schema, shape.score_bits, 0, 2 * shape.trees);
        struct rewrite plain = {.schema = &schema}, swapped = {.schema = &schema, .names = exchanged};
        for (size_t t = 0; t < shape.trees; t++) {
            rewrite_tree(&plain, half, qr_tree_root(half, t), 0, 0, &bytes);
            rewrite_tree(&swapped, half, qr_tree_root(half, t), 0, 0, &bytes);
        }
        unit_ok(qr_model_decode(bytes.data, bytes.size, &both, &error), error);
        int32_t *compared = random_rows(&random, &schema, n_compared), row[QR_FEATURES_MAX];
        random_row(&random, &schema, row);
        row[1] = row[0];
        for (size_t b = 0; b < n_compared; b++)
            compared[b * n + 1] = compared[b * n];
        struct qr_baseline *baseline = NULL;
        unit_ok(qr_baseline_of(&schema, compared, n_compared, &baseline, &error), error);
        int64_t phi[QR_FEATURES_MAX];
        phi_of(&random, both, baseline, row, phi);
        unit_holds(phi[0] == phi[1]);
        qr_baseline_free(baseline);
        qr_model_free(half);
        qr_model_free(both);
        qr_schema_done(&schema);
        free(compared);
    }
}
END_TEST

START_TEST(a_split_that_divides_nothing_changes_nothing)
{
    struct unit_random random = unit_random_start();
    size_t added = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct game game = random_game(&random);
        struct rewrite widened = {.schema = &game.schema, .random = &random};
        struct qr_model *model =
            model_of_trees(&widened, game.model, 0, game.model->facts.trees, game.model->facts.base_score);
        int64_t phi[QR_FEATURES_MAX], again[QR_FEATURES_MAX];
        phi_of(&random, game.model, game.baseline, game.row, phi);
        phi_of(&random, model, game.baseline, game.row, again);
        unit_holds(memcmp(phi, again, game.schema.n_features * sizeof *phi) == 0);
        added += widened.added;
        qr_model_free(model);
        game_done(&game);
    }
    unit_holds(added > ROUNDS);
}
END_TEST

/* One tree as the sum of two: what is left of its root's first split, with 0 on the other side, and the reverse. */
START_TEST(a_tree_split_in_two_is_the_same_model)
{
    struct unit_random random = unit_random_start();
    int split = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct game game = random_game(&random);
        const struct qr_model *model = game.model;
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        struct qr_model *halves = NULL;
        struct qr_error error;
        struct rewrite plain = {.schema = &game.schema};
        qr_model_put_head(&bytes, &game.schema, model->facts.score_bits, model->facts.base_score,
                          2 * model->facts.trees);
        for (size_t half = 0; half < 2; half++)
            for (size_t t = 0; t < model->facts.trees; t++) {
                const struct qr_node *root = qr_tree_root(model, t);
                if (root->feature == QR_LEAF) {
                    qr_model_put_leaf(&bytes, half ? 0 : root->leaf);
                    continue;
                }
                split++;
                if (root->category)
                    qr_model_put_category(&bytes, &game.schema, (size_t)root->feature, model->sets + root->set);
                else
                    qr_model_put_number(&bytes, &game.schema, (size_t)root->feature, root->threshold,
                                        root->missing_right);
                if (half)
                    qr_model_put_leaf(&bytes, 0);
                rewrite_tree(&plain, model, root, half ? root->right : 1, 1, &bytes);
                if (!half)
                    qr_model_put_leaf(&bytes, 0);
            }
        unit_ok(qr_model_decode(bytes.data, bytes.size, &halves, &error), error);
        int64_t phi[QR_FEATURES_MAX], again[QR_FEATURES_MAX];
        int64_t score = phi_of(&random, game.model, game.baseline, game.row, phi);
        unit_holds(phi_of(&random, halves, game.baseline, game.row, again) == score);
        unit_holds(memcmp(phi, again, game.schema.n_features * sizeof *phi) == 0);
        qr_model_free(halves);
        game_done(&game);
    }
    unit_holds(split > ROUNDS);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {efficiency_what_features_do_adds_up_to_the_difference,
                                  dummy_a_feature_that_changes_no_score_gets_nothing,
                                  linearity_trees_add_up,
                                  features_in_another_order_keep_their_attributions,
                                  symmetry_features_that_are_alike_get_the_same,
                                  a_split_that_divides_nothing_changes_nothing,
                                  a_tree_split_in_two_is_the_same_model};
    return unit_run("laws", tests, sizeof tests / sizeof *tests);
}
