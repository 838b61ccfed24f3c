#include "xai/decision.h"
#include "tests/unit/xai/random_model.h"
#include "xai/certify.h"
#include "xai/report.h"

static struct qr_explainer *stage_explainer(struct unit_random *random, const struct shape *shape)
{
    struct qr_model *model = random_model(random, shape);
    struct qr_baseline *baseline = random_baseline(random, qr_model_schema(model), 9);
    struct qr_explainer *explainer = NULL;
    struct qr_error error;
    unit_ok(qr_explainer_new(model, baseline, &QR_EXPLAINER_DEFAULTS, &explainer, &error), error);
    qr_model_free(model);
    qr_baseline_free(baseline);
    return explainer;
}

static const struct shape fares = {.features = 5,
                                   .trees = 6,
                                   .depth = 4,
                                   .stop_percent = 10,
                                   .score_bits = 24,
                                   .link = QR_LINK_LOG,
                                   .leaf_max = 1 << 23};
static const struct qr_rules rules = {
    .version = 3, .n = 3, .rule = {{QR_RULE_FLOOR, {90}}, {QR_RULE_BID_PRICE, {0}}, {QR_RULE_CAP, {150}}}};

static void build_one(const struct qr_explainer *explainer, struct unit_random *random,
                      struct qr_decision *ret_decision, struct qr_buffer *ret_leaf)
{
    int32_t row[QR_FEATURES_MAX];
    random_row(random, qr_model_schema(qr_explainer_model(explainer)), row);
    const int64_t bid = (int64_t)unit_random_below(random, 200);
    struct qr_decision_input input = {.time_ms = 1764000000000, .row = row, .rule_inputs = &bid};
    for (size_t i = 0; i < sizeof input.nonce; i++)
        input.nonce[i] = (uint8_t)unit_random_next(random);
    struct qr_hash mandate = qr_sha256("mandate", 7);
    struct qr_error error;
    unit_ok(qr_decisions_build(explainer, &rules, &mandate, &input, 1, ret_decision, &error), error);
    qr_decision_encode(ret_decision, ret_leaf);
}

START_TEST(a_leaf_says_what_was_decided_and_verifies)
{
    struct unit_random random = unit_random_start();
    for (int i = 0; i < 200; i++) {
        struct qr_explainer *explainer = stage_explainer(&random, &fares);
        struct qr_decision made, read;
        QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0}, again = {0};
        build_one(explainer, &random, &made, &leaf);
        struct qr_error error;
        unit_ok(qr_decision_decode(leaf.data, leaf.size, &read, &error), error);
        qr_decision_encode(&read, &again);
        unit_holds(leaf.size == again.size && memcmp(leaf.data, again.data, leaf.size) == 0);
        int64_t sum = read.base_amount.minor;
        for (size_t j = 0; j < read.n_features; j++)
            sum += read.amounts[j].minor;
        for (size_t j = 0; j < read.n_lines; j++)
            sum += read.lines[j].amount.minor;
        unit_holds(sum == read.fare.minor && read.fare.minor <= 150 && read.fare.minor >= 90);
        unit_ok(qr_decision_verify(explainer, &rules, leaf.data, leaf.size, &error), error);
        qr_explainer_free(explainer);
    }
}
END_TEST

START_TEST(one_changed_bit_is_refused)
{
    struct unit_random random = unit_random_start();
    struct qr_explainer *explainer = stage_explainer(&random, &fares);
    struct qr_decision made;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    build_one(explainer, &random, &made, &leaf);
    struct qr_hash id = qr_decision_id(leaf.data, leaf.size);
    const size_t free_bytes = 4 + 32 + 16 + 6; /* mandate, nonce and time are inputs: another id, no other fare */
    for (size_t bit = 0; bit < 8 * leaf.size; bit++) {
        leaf.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct qr_hash other = qr_decision_id(leaf.data, leaf.size);
        unit_holds(!qr_hash_equal(&id, &other));
        struct qr_error error;
        int code = qr_decision_verify(explainer, &rules, leaf.data, leaf.size, &error);
        if (bit / 8 >= free_bytes ||
            bit / 8 < 4) { /* a changed row may happen to give the same figures: then it differs as a row */
            struct qr_decision read;
            bool other_row = qr_decision_decode(leaf.data, leaf.size, &read, &error) == 0 &&
                             (memcmp(read.row, made.row, made.n_features * sizeof *made.row) != 0 ||
                              memcmp(read.inputs, made.inputs, made.n_inputs * sizeof *made.inputs) != 0);
            unit_holds(code != 0 || other_row);
        }
        leaf.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    qr_explainer_free(explainer);
}
END_TEST

START_TEST(inputs_out_of_range_are_refused)
{
    struct unit_random random = unit_random_start();
    struct qr_explainer *explainer = stage_explainer(&random, &fares);
    int32_t row[QR_FEATURES_MAX];
    random_row(&random, qr_model_schema(qr_explainer_model(explainer)), row);
    const int64_t good = 5, bad = -1;
    struct qr_decision_input inputs[2] = {{.row = row, .rule_inputs = &good}, {.row = row, .rule_inputs = &bad}};
    struct qr_decision decisions[2];
    struct qr_hash mandate = {0};
    struct qr_error error;
    unit_fails(qr_decisions_build(explainer, &rules, &mandate, inputs, 2, decisions, &error), QR_ERANGE, error);
    ck_assert(strstr(error.text, "decision 1"));
    inputs[1] = inputs[0];
    inputs[1].time_ms = -1;
    unit_fails(qr_decisions_build(explainer, &rules, &mandate, inputs, 2, decisions, &error), QR_ERANGE, error);
    inputs[1].time_ms = 0;
    row[0] = QR_VALUE_MAX;
    unit_fails(qr_decisions_build(explainer, &rules, &mandate, inputs, 2, decisions, &error), QR_ERANGE, error);
    qr_explainer_free(explainer);
}
END_TEST

/* Recorded bits: this leaf never changes. */
START_TEST(golden_leaf)
{
    struct unit_random fixed = {20261123};
    struct qr_explainer *explainer = stage_explainer(&fixed, &fares);
    struct qr_decision made;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    build_one(explainer, &fixed, &made, &leaf);
    struct qr_hash id = qr_decision_id(leaf.data, leaf.size);
    char hex[1024];
    ck_assert_uint_lt(2 * leaf.size, sizeof hex);
    qr_hex(leaf.data, leaf.size, hex);
    ck_assert_str_eq(
        hex,
        "51524431d959b638663f9a7de663a1be37e39bc5d820e3dbb3a31b0af1bad43e0c39fc69cd7ec4bfc86780d659d427427de48c0280d0df"
        "b4ab33050e04022124014a9e81ea03c3f78c04bdbe2691b5d104a1d627ea81a903d9b08006fe010339032a4b03001a02000100b401");
    ck_assert_str_eq(qr_hash_text(&id).text, "948b2f4d8325b89b689168d8c969cc6afc1044124ce6eb5fe98707351b61190d");
    qr_explainer_free(explainer);
}
END_TEST

START_TEST(rules_apply_in_order_and_round_trip)
{
    const int64_t bid = 120;
    struct qr_rule_line lines[QR_RULES_MAX];
    ck_assert_int_eq(qr_rules_apply(&rules, (struct qr_money){50}, &bid, lines).minor, 120);
    ck_assert(lines[0].amount.minor == 40 && lines[1].amount.minor == 30 && lines[2].amount.minor == 0);
    ck_assert_int_eq(qr_rules_apply(&rules, (struct qr_money){500}, &bid, lines).minor, 150);
    ck_assert(lines[0].amount.minor == 0 && lines[1].amount.minor == 0 && lines[2].amount.minor == -350);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_rules_encode(&rules, &bytes);
    struct qr_rules read;
    struct qr_error error;
    unit_ok(qr_rules_decode(bytes.data, bytes.size, &read, &error), error);
    struct qr_hash a = qr_rules_hash(&rules), b = qr_rules_hash(&read);
    ck_assert(qr_hash_equal(&a, &b));
    for (size_t cut = 0; cut < bytes.size; cut++)
        unit_fails(qr_rules_decode(bytes.data, cut, &read, &error), QR_EFORMAT, error);
}
END_TEST

static struct qr_reference *reference_of(struct unit_random *random, const struct qr_schema *schema)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    char value[QR_VALUE_TEXT];
    for (size_t i = 0; i < schema->n_features; i++)
        qr_buffer_text(&text, "%s,", schema->features[i].name);
    qr_buffer_text(&text, "price\n");
    for (int i = 0; i < 40; i++) {
        int32_t row[QR_FEATURES_MAX];
        random_row(random, schema, row);
        for (size_t j = 0; j < schema->n_features; j++)
            qr_buffer_text(&text, "%s,", qr_feature_format(&schema->features[j], row[j], value));
        qr_buffer_text(&text, "1\n");
    }
    struct qr_rows *rows = NULL;
    struct qr_reference *reference = NULL;
    struct qr_error error;
    unit_ok(qr_rows_of_memory(schema, "reference", text.data, text.size, &rows, &error), error);
    unit_ok(qr_rows_amount_column(rows, "price", &error), error);
    unit_ok(qr_reference_from_rows(schema, rows, &reference, &error), error);
    qr_rows_free(rows);
    return reference;
}

START_TEST(a_report_of_no_change_says_so_and_gates_hold)
{
    struct unit_random random = unit_random_start();
    struct qr_explainer *a = stage_explainer(&random, &fares);
    const struct qr_model *model = qr_explainer_model(a);
    struct qr_reference *reference = reference_of(&random, qr_model_schema(model));
    struct qr_report *report = NULL;
    struct qr_error error;
    unit_ok(qr_report_compute(a, a, &rules, reference, &report, &error), error);
    json_t *json = qr_report_json(report);
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(json, "fares"), "changed")), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(json, "rows")), 40);
    struct qr_hash hash = qr_report_hash(report);
    ck_assert_str_eq(json_string_value(json_object_get(json, "report")), qr_hash_text(&hash).text);
    json_decref(json);
    struct qr_gates gates = {.step_limit_bp = 1};
    unit_ok(qr_gates_check(&gates, model, model, qr_explainer_baseline(a), &rules, reference, &error), error);
    gates.n_banned = 1;
    qr_copy_text(gates.banned[0], sizeof gates.banned[0], "f2");
    unit_fails(qr_gates_check(&gates, model, model, qr_explainer_baseline(a), &rules, reference, &error),
               QR_ENOT_ADMITTED, error);
    qr_report_free(report);
    qr_reference_free(reference);
    qr_explainer_free(a);
}
END_TEST

/* The figures of a report, added up here anew. */
START_TEST(a_report_adds_up)
{
    struct unit_random random = unit_random_start();
    struct qr_schema schema;
    random_schema(&random, &fares, &schema);
    struct qr_model *models[2] = {random_model_of(&random, &fares, &schema), random_model_of(&random, &fares, &schema)};
    struct qr_baseline *baseline = random_baseline(&random, &schema, 5);
    struct qr_explainer *explainers[2];
    struct qr_error error;
    for (size_t i = 0; i < 2; i++)
        unit_ok(qr_explainer_new(models[i], baseline, &QR_EXPLAINER_DEFAULTS, &explainers[i], &error), error);
    struct qr_reference *reference = reference_of(&random, &schema);
    const struct qr_rules none = {.version = 1};
    struct qr_report *report = NULL;
    unit_ok(qr_report_compute(explainers[0], explainers[1], &none, reference, &report, &error), error);
    int64_t sums[2] = {0}, rise = 0, worst = 0;
    for (size_t i = 0; i < 40; i++) {
        const int32_t *row = qr_reference_all(reference) + i * schema.n_features;
        int64_t before = qr_fare(models[0], qr_model_score(models[0], row)).minor;
        int64_t after = qr_fare(models[1], qr_model_score(models[1], row)).minor;
        sums[0] += before;
        sums[1] += after;
        rise = after - before > rise ? after - before : rise;
        int64_t step = llabs(after - before) * 10000 / before;
        worst = step > worst ? step : worst;
    }
    json_t *json = qr_report_json(report), *fares_of = json_object_get(json, "fares");
    ck_assert_int_eq(json_integer_value(json_object_get(fares_of, "mean_before")), (2 * sums[0] + 40) / 80);
    ck_assert_int_eq(json_integer_value(json_object_get(fares_of, "mean_after")), (2 * sums[1] + 40) / 80);
    ck_assert_int_eq(json_integer_value(json_object_get(fares_of, "largest_rise")), rise);
    json_decref(json);
    struct qr_gates gates = {.step_limit_bp = (uint32_t)worst};
    unit_ok(qr_gates_check(&gates, models[0], models[1], baseline, &none, reference, &error), error);
    if (worst > 1) {
        gates.step_limit_bp--;
        unit_fails(qr_gates_check(&gates, models[0], models[1], baseline, &none, reference, &error), QR_ENOT_ADMITTED,
                   error);
    }
    qr_report_free(report);
    qr_reference_free(reference);
    for (size_t i = 0; i < 2; i++) {
        qr_explainer_free(explainers[i]);
        qr_model_free(models[i]);
    }
    qr_baseline_free(baseline);
    qr_schema_done(&schema);
}
END_TEST

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    ck_assert_ptr_nonnull(text);
    return text;
}

/* The claim as the report tells it; "broken" where it tells nothing. */
static const char *claim_of(const json_t *claims, const char *feature, bool increasing, const char *side)
{
    size_t i;
    json_t *claim;
    json_array_foreach(claims, i, claim)
    {
        if (strcmp(text_of(claim, "feature"), feature) == 0 &&
            strcmp(text_of(claim, "direction"), increasing ? "increasing" : "decreasing") == 0)
            return text_of(claim, side);
    }
    return "broken";
}

static void check_claims(const struct qr_model *const models[2], const json_t *claims, int *proved)
{
    const struct qr_schema *schema = qr_model_schema(models[0]);
    const struct qr_certify_limits limits = {QR_CERTIFY_NODES_DEFAULT, UINT64_MAX};
    for (size_t i = 0; i < schema->n_features; i++)
        for (int side = 0; side < 2; side++)
            for (int increasing = 0; increasing < 2 && schema->features[i].kind == QR_FEATURE_NUMBER; increasing++) {
                struct qr_certificate certificate;
                struct qr_error error;
                unit_ok(qr_certify_monotone(models[side], i, increasing, &limits, &certificate, &error), error);
                ck_assert_str_eq(claim_of(claims, schema->features[i].name, increasing, side ? "after" : "before"),
                                 qr_certificate_word(certificate.result));
                *proved += certificate.result == QR_CERTIFICATE_PROVED;
            }
}

static int32_t value_of(const struct qr_feature *feature, const char *text)
{
    char format[QR_VALUE_TEXT];
    for (int32_t value = feature->min; value <= feature->max; value++)
        if (strcmp(qr_feature_format(feature, value, format), text) == 0)
            return value;
    ck_assert_str_eq(qr_feature_format(feature, QR_MISSING, format), text);
    return QR_MISSING;
}

static void check_riser(const struct qr_model *const models[2], const struct qr_reference *reference,
                        const json_t *riser, int *undone)
{
    const struct qr_schema *schema = qr_model_schema(models[0]);
    int32_t row[QR_FEATURES_MAX];
    const int32_t *all = qr_reference_all(reference);
    size_t n = schema->n_features, at = (size_t)json_integer_value(json_object_get(riser, "row")), i;
    memcpy(row, all + at * n, n * sizeof *row);
    int64_t before = qr_fare(models[0], qr_model_score(models[0], row)).minor;
    int64_t rise = qr_fare(models[1], qr_model_score(models[1], row)).minor - before;
    for (i = 0; i < qr_reference_rows(reference); i++)
        unit_holds(qr_fare(models[1], qr_model_score(models[1], all + i * n)).minor -
                       qr_fare(models[0], qr_model_score(models[0], all + i * n)).minor <
                   rise + (i >= at));
    json_t *change, *undone_by = json_object_get(riser, "undone_by");
    json_array_foreach(json_object_get(undone_by, "changes"), i, change)
    {
        size_t feature = (size_t)qr_schema_find(schema, text_of(change, "feature"));
        char from[QR_VALUE_TEXT];
        ck_assert_str_eq(text_of(change, "from"), qr_feature_format(&schema->features[feature], row[feature], from));
        row[feature] = value_of(&schema->features[feature], text_of(change, "to"));
    }
    if (!json_is_object(undone_by))
        return;
    int64_t amount = json_integer_value(json_object_get(undone_by, "amount"));
    unit_holds(amount <= before && amount == qr_fare(models[1], qr_model_score(models[1], row)).minor);
    ++*undone;
}

START_TEST(a_report_tells_what_is_proved_and_what_would_undo_the_largest_rise)
{
    struct unit_random random = unit_random_start();
    int proved = 0, undone = 0;
    for (int round = 0; round < 30; round++) {
        struct qr_schema schema;
        struct shape shape = fares;
        shape.trees = 2;
        shape.depth = 2;
        random_schema(&random, &shape, &schema);
        struct qr_model *models[2] = {random_model_of(&random, &shape, &schema),
                                      random_model_of(&random, &shape, &schema)};
        struct qr_baseline *baseline = random_baseline(&random, &schema, 5);
        struct qr_reference *reference = reference_of(&random, &schema);
        struct qr_explainer *explainers[2];
        struct qr_report *report = NULL;
        struct qr_error error;
        for (size_t i = 0; i < 2; i++)
            unit_ok(qr_explainer_new(models[i], baseline, &QR_EXPLAINER_DEFAULTS, &explainers[i], &error), error);
        unit_ok(qr_report_compute(explainers[0], explainers[1], &(struct qr_rules){.version = 1}, reference, &report,
                                  &error),
                error);
        json_t *json = qr_report_json(report), *riser = json_object_get(json, "riser");
        const struct qr_model *const both[2] = {models[0], models[1]};
        check_claims(both, json_object_get(json, "monotone"), &proved);
        if (json_is_object(riser))
            check_riser(both, reference, riser, &undone);
        json_decref(json);
        qr_report_free(report);
        qr_reference_free(reference);
        for (size_t i = 0; i < 2; i++) {
            qr_explainer_free(explainers[i]);
            qr_model_free(models[i]);
        }
        qr_baseline_free(baseline);
        qr_schema_done(&schema);
    }
    unit_holds(proved > 0 && undone > 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_leaf_says_what_was_decided_and_verifies,
                                  one_changed_bit_is_refused,
                                  inputs_out_of_range_are_refused,
                                  golden_leaf,
                                  rules_apply_in_order_and_round_trip,
                                  a_report_of_no_change_says_so_and_gates_hold,
                                  a_report_adds_up,
                                  a_report_tells_what_is_proved_and_what_would_undo_the_largest_rise};
    return unit_run("decision", tests, sizeof tests / sizeof *tests);
}
