#include "cli/model_change.h"
#include "cli/model.h"
#include "common/fixed.h"
#include "xai/fare.h"

enum { EXTREMES = 5 };

struct change {
    const struct qr_model *a, *b;
    const struct qr_reference *reference;
    size_t n, n_features;
    int64_t base;
    int64_t *steps;         /* fare after less fare before, of each row */
    int64_t *contributions; /* n x n_features */
};

static int64_t fare_of(const struct qr_model *model, const struct change *change, size_t row)
{
    return qr_fare(model, qr_model_score(model, qr_reference_all(change->reference) + row * change->n_features)).minor;
}

static int64_t mean_of(int64_t sum, size_t n)
{
    return qr_floor_div(2 * sum + (int64_t)n, 2 * (int64_t)n);
}

static json_t *means_json(const struct change *change, bool sizes)
{
    json_t *object = json_object();
    for (size_t f = 0; f < change->n_features; f++) {
        int64_t sum = 0;
        for (size_t i = 0; i < change->n; i++) {
            int64_t value = change->contributions[i * change->n_features + f];
            sum += sizes && value < 0 ? -value : value;
        }
        json_object_set_new(object, qr_model_schema(change->a)->features[f].name,
                            json_integer(mean_of(sum, change->n)));
    }
    return object;
}

static json_t *row_json(const struct change *change, size_t row)
{
    json_t *contributions = json_object();
    for (size_t f = 0; f < change->n_features; f++)
        json_object_set_new(contributions, qr_model_schema(change->a)->features[f].name,
                            json_integer(change->contributions[row * change->n_features + f]));
    return json_pack("{s:I,s:I,s:I,s:o}", "row", (json_int_t)row, "before", (json_int_t)fare_of(change->a, change, row),
                     "after", (json_int_t)fare_of(change->b, change, row), "contributions", contributions);
}

/* The rows that change most in one direction, most first, ties to the earlier row. */
static json_t *extremes_json(const struct change *change, int sign)
{
    json_t *list = json_array();
    QR_CLEANUP(qr_freep) bool *taken = qr_alloc(change->n, sizeof *taken);
    for (size_t k = 0; k < EXTREMES; k++) {
        size_t best = change->n;
        for (size_t i = 0; i < change->n; i++)
            if (!taken[i] && sign * change->steps[i] > 0 &&
                (best == change->n || sign * change->steps[i] > sign * change->steps[best]))
                best = i;
        if (best == change->n)
            break;
        taken[best] = true;
        json_array_append_new(list, row_json(change, best));
    }
    return list;
}

json_t *model_change_json(const struct qr_explainer *a, const struct qr_explainer *b,
                          const struct qr_reference *reference)
{
    struct change change = {.a = qr_explainer_model(a), .b = qr_explainer_model(b), .reference = reference};
    change.n = qr_reference_rows(reference);
    change.n_features = qr_model_schema(change.a)->n_features;
    QR_CLEANUP(qr_freep) int64_t *steps = change.steps = qr_alloc(change.n, sizeof *steps);
    QR_CLEANUP(qr_freep)
    int64_t *contributions = change.contributions = qr_alloc(change.n * change.n_features, sizeof *contributions);
    if (qr_explainer_difference(a, b, qr_reference_all(reference), change.n, &change.base, steps, contributions, NULL))
        return NULL;
    for (size_t i = 0; i < change.n; i++)
        steps[i] = fare_of(change.b, &change, i) - fare_of(change.a, &change, i);
    return json_pack("{s:I,s:I,s:o,s:o,s:o,s:o}", "score_scale", (json_int_t)1 << qr_model_facts(change.a)->score_bits,
                     "base", (json_int_t)change.base, "mean", means_json(&change, false), "mean_abs",
                     means_json(&change, true), "risers", extremes_json(&change, 1), "fallers",
                     extremes_json(&change, -1));
}

/* The feature whose contribution changed most in the direction of the fare. */
static const char *main_cause(const json_t *row, bool rises)
{
    const char *name, *cause = "";
    json_t *value;
    json_int_t most = 0;
    json_object_foreach(json_object_get(row, "contributions"), name, value)
    {
        json_int_t size = rises ? json_integer_value(value) : -json_integer_value(value);
        if (size > most) {
            most = size;
            cause = name;
        }
    }
    return cause;
}

static void print_extremes(struct cli *cli, const json_t *change, const char *key, const char *heading,
                           const struct qr_output *output)
{
    char before[CLI_MONEY_TEXT], after[CLI_MONEY_TEXT];
    QR_CLEANUP(cli_table_freep) struct cli_table *table = cli_table_new(heading, ">BEFORE", ">AFTER", "MOSTLY", NULL);
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(change, key), i, row)
    {
        cli_table_cell(table, CLI_PLAIN, "%" PRId64, (int64_t)json_integer_value(json_object_get(row, "row")));
        cli_table_cell(
            table, CLI_PLAIN, "%s",
            cli_money(json_integer_value(json_object_get(row, "before")), output->minor_digits, output->unit, before));
        cli_table_cell(
            table, CLI_PLAIN, "%s",
            cli_money(json_integer_value(json_object_get(row, "after")), output->minor_digits, output->unit, after));
        cli_table_cell(table, CLI_PLAIN, "%s", main_cause(row, strcmp(key, "risers") == 0));
    }
    cli_print(cli, "\n");
    cli_table_print(cli, table);
}

void model_change_print(struct cli *cli, const json_t *change, const struct qr_output *output)
{
    print_extremes(cli, change, "risers", "RISES MOST: ROW", output);
    print_extremes(cli, change, "fallers", "FALLS MOST: ROW", output);
}
