#include "cli/explain.h"

/* The waterfall of a fare: one line each for the base, the contributions from the largest to the smallest, the rules
 * that changed something, and the fare; a bar reaches from the sum before the line to the sum after it. */

enum { LINES_MAX = QR_FEATURES_MAX + QR_RULES_MAX, NAME_MAX_CELLS = 24, BAR_MIN = 12, BAR_MAX = 60, AMOUNT_CELLS = 14 };

struct line {
    char name[QR_FEATURE_NAME_SIZE + 8];
    char value[QR_VALUE_TEXT];
    int64_t amount;
};

struct waterfall {
    struct line lines[LINES_MAX];
    size_t n;
    int64_t low, high; /* all sums lie between */
    int name_cells, value_cells, bar_cells;
};

static int by_size(const void *left, const void *right)
{
    const struct line *a = left, *b = right;
    int64_t size_a = a->amount < 0 ? -a->amount : a->amount, size_b = b->amount < 0 ? -b->amount : b->amount;
    if (size_a != size_b)
        return size_a > size_b ? -1 : 1;
    return strcmp(a->name, b->name);
}

static void collect(const struct explanation *explanation, struct waterfall *waterfall)
{
    const struct qr_decision *decision = &explanation->decision;
    for (size_t i = 0; i < decision->n_features; i++) {
        struct line *line = &waterfall->lines[waterfall->n++];
        const struct qr_feature *feature = &explanation->schema.features[i];
        snprintf(line->name, sizeof line->name, "%s", feature->name);
        qr_feature_format(feature, decision->row[i], line->value);
        line->amount = decision->amounts[i].minor;
    }
    qsort(waterfall->lines, waterfall->n, sizeof waterfall->lines[0], by_size);
    for (size_t i = 0; i < decision->n_lines; i++) {
        if (decision->lines[i].amount.minor == 0)
            continue;
        struct line *line = &waterfall->lines[waterfall->n++];
        snprintf(line->name, sizeof line->name, "rule: %s", qr_rule_name(decision->lines[i].kind));
        line->amount = decision->lines[i].amount.minor;
    }
}

static int longer(int cells, const char *text, int most)
{
    int size = (int)strlen(text);
    if (size > most)
        size = most;
    return size > cells ? size : cells;
}

static void measure(struct cli *cli, const struct explanation *explanation, struct waterfall *waterfall)
{
    int64_t sum = explanation->decision.base_amount.minor;
    waterfall->low = waterfall->high = sum;
    waterfall->name_cells = (int)strlen("base fare");
    waterfall->value_cells = (int)strlen("value");
    for (size_t i = 0; i < waterfall->n; i++) {
        sum += waterfall->lines[i].amount;
        waterfall->low = sum < waterfall->low ? sum : waterfall->low;
        waterfall->high = sum > waterfall->high ? sum : waterfall->high;
        waterfall->name_cells = longer(waterfall->name_cells, waterfall->lines[i].name, NAME_MAX_CELLS);
        waterfall->value_cells = longer(waterfall->value_cells, waterfall->lines[i].value, NAME_MAX_CELLS);
    }
    if (waterfall->high == waterfall->low)
        waterfall->high++;
    int rest = (int)cli_width(cli) - waterfall->name_cells - waterfall->value_cells - AMOUNT_CELLS - 5;
    waterfall->bar_cells = rest < BAR_MIN ? BAR_MIN : rest > BAR_MAX ? BAR_MAX : rest;
}

static int cell_of(const struct waterfall *waterfall, int64_t sum)
{
    return (int)((double)(sum - waterfall->low) * (waterfall->bar_cells - 1) /
                 (double)(waterfall->high - waterfall->low));
}

/* From one sum to another, never empty: a plus or a minus says the direction without colour. */
static void draw_bar(const struct waterfall *waterfall, int64_t from, int64_t to, char bar[BAR_MAX + 1])
{
    int start = cell_of(waterfall, from < to ? from : to), end = cell_of(waterfall, from < to ? to : from);
    memset(bar, ' ', (size_t)waterfall->bar_cells);
    bar[waterfall->bar_cells] = 0;
    if (from == to)
        bar[start] = '.';
    else
        memset(bar + start, to > from ? '+' : '-', (size_t)(end > start ? end - start : 1));
}

static void print_line(struct cli *cli, const struct waterfall *waterfall, const struct line *line, const char *bar,
                       enum cli_style style, const char *amount)
{
    char name[NAME_MAX_CELLS + 1], value[NAME_MAX_CELLS + 1];
    qr_copy_text(name, sizeof name, line->name);
    qr_copy_text(value, sizeof value, line->value);
    cli_print(cli, " %-*s %-*s %s%s%s %*s\n", waterfall->name_cells, name, waterfall->value_cells, value,
              cli_style(cli, style), bar, cli_style(cli, CLI_PLAIN), AMOUNT_CELLS, amount);
}

static void print_total(struct cli *cli, const struct waterfall *waterfall, const char *name, int64_t sum,
                        const char *amount)
{
    struct line line = {.amount = sum};
    char bar[BAR_MAX + 1];
    qr_copy_text(line.name, sizeof line.name, name);
    memset(bar, ' ', (size_t)waterfall->bar_cells);
    bar[waterfall->bar_cells] = 0;
    bar[cell_of(waterfall, sum)] = '|';
    print_line(cli, waterfall, &line, bar, CLI_BOLD, amount);
}

enum { CHANGE_TEXT = QR_MONEY_TEXT + 1 };

static char *change_text(int64_t amount, unsigned digits, char text[CHANGE_TEXT])
{
    char plain[QR_MONEY_TEXT];
    qr_money_format((struct qr_money){amount}, digits, plain);
    snprintf(text, CHANGE_TEXT, "%s%s", amount > 0 ? "+" : "", plain);
    return text;
}

static void print_head(struct cli *cli, const struct explanation *explanation)
{
    const struct qr_activation *activation = &explanation->activation;
    bool genesis = qr_hash_is_zero(&activation->proposal);
    cli_print(cli, "%sDecision %.12s%s  model %.12s, %s%.12s, rules %" PRIu64 "\n", cli_style(cli, CLI_BOLD),
              qr_hash_text(&explanation->id).text, cli_style(cli, CLI_PLAIN), qr_hash_text(&activation->model).text,
              genesis ? "from the start" : "proposal ", genesis ? "" : qr_hash_text(&activation->proposal).text,
              activation->rules_version);
}

void explanation_print(struct cli *cli, const struct explanation *explanation)
{
    unsigned digits = explanation->schema.output.minor_digits;
    char text[CHANGE_TEXT], bar[BAR_MAX + 1];
    QR_CLEANUP(qr_freep) struct waterfall *waterfall = qr_alloc(1, sizeof *waterfall);
    collect(explanation, waterfall);
    measure(cli, explanation, waterfall);
    print_head(cli, explanation);
    int64_t sum = explanation->decision.base_amount.minor;
    cli_print(cli, " %-*s %-*s %*s %*s\n", waterfall->name_cells, "line", waterfall->value_cells, "value",
              waterfall->bar_cells, "", AMOUNT_CELLS, explanation->schema.output.unit);
    print_total(cli, waterfall, "base fare", sum, qr_money_format((struct qr_money){sum}, digits, text));
    for (size_t i = 0; i < waterfall->n; i++) {
        const struct line *line = &waterfall->lines[i];
        draw_bar(waterfall, sum, sum + line->amount, bar);
        sum += line->amount;
        print_line(cli, waterfall, line, bar, line->amount > 0 ? CLI_BAD : CLI_GOOD,
                   change_text(line->amount, digits, text));
    }
    int64_t fare = explanation->decision.fare.minor;
    print_total(cli, waterfall, "fare", fare, qr_money_format((struct qr_money){fare}, digits, text));
    if (explanation->height > 0)
        cli_print(cli, " %s, in block %" PRIu64 "; %s\n", explanation->state, explanation->height,
                  sum == fare ? "the lines sum to the fare" : "THE LINES DO NOT SUM TO THE FARE");
    else
        cli_print(cli, " %s\n", explanation->state);
}
