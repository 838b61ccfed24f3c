#include "tui/waterfall.h"

#include "xai/decision.h"

static int64_t size_of(int64_t amount)
{
    return amount < 0 ? -amount : amount;
}

/* Indexes of the features by the size of their amounts, ties by index. */
static void order(const struct qr_decision *decision, size_t by_size[QR_FEATURES_MAX])
{
    for (size_t i = 0; i < decision->n_features; i++) {
        size_t at = i;
        while (at > 0 && size_of(decision->amounts[by_size[at - 1]].minor) < size_of(decision->amounts[i].minor)) {
            by_size[at] = by_size[at - 1];
            at--;
        }
        by_size[at] = i;
    }
}

static struct tui_line *add(struct tui_waterfall *waterfall, enum tui_line_kind kind, const char *name, int64_t amount)
{
    struct tui_line *line = &waterfall->lines[waterfall->n++];
    int64_t sum = waterfall->n > 1 ? line[-1].after : 0;
    *line = (struct tui_line){.kind = kind, .amount = amount, .before = sum, .after = sum + amount};
    qr_copy_text(line->name, sizeof line->name, name);
    return line;
}

static void add_features(struct tui_waterfall *waterfall, const struct qr_decision *decision, const struct qr_schema *schema,
                         size_t named)
{
    size_t by_size[QR_FEATURES_MAX];
    size_t others = 0;
    int64_t sum = 0;
    order(decision, by_size);
    for (size_t i = 0; i < decision->n_features; i++) {
        const struct qr_feature *feature = &schema->features[by_size[i]];
        int64_t amount = decision->amounts[by_size[i]].minor;
        if (i >= named || amount == 0) {
            others++;
            sum += amount;
            continue;
        }
        struct tui_line *line = add(waterfall, TUI_LINE_FEATURE, feature->name, amount);
        char value[QR_VALUE_TEXT];
        qr_feature_format(feature, decision->row[by_size[i]], value);
        bool hours = strcmp(feature->unit, "hour") == 0;
        snprintf(line->value, sizeof line->value, hours ? "%.100s h" : "%.100s", value);
    }
    char name[TUI_WATERFALL_NAME];
    snprintf(name, sizeof name, "%zu other%s", others, others == 1 ? "" : "s");
    if (others > 0)
        add(waterfall, TUI_LINE_OTHERS, name, sum);
}

static void add_rules(struct tui_waterfall *waterfall, const struct qr_decision *decision)
{
    for (size_t i = 0; i < decision->n_lines; i++) {
        char name[TUI_WATERFALL_NAME];
        snprintf(name, sizeof name, "rule: %s", qr_rule_name(decision->lines[i].kind));
        if (decision->lines[i].amount.minor != 0)
            add(waterfall, TUI_LINE_RULE, name, decision->lines[i].amount.minor);
    }
}

/* Round numbers around all sums: multiples of a power of ten that is less than their range. */
static void set_scale(struct tui_waterfall *waterfall)
{
    int64_t low = waterfall->lines[0].after;
    int64_t high = low;
    for (size_t i = 1; i < waterfall->n; i++) {
        int64_t sum = waterfall->lines[i].after;
        low = sum < low ? sum : low;
        high = sum > high ? sum : high;
    }
    int64_t step = 1;
    while (step <= (high - low) / 10)
        step *= 10;
    waterfall->low = low - ((low % step) + step) % step;
    waterfall->high = waterfall->low;
    while (waterfall->high < high || waterfall->high == waterfall->low)
        waterfall->high += step;
}

bool tui_waterfall_of(const struct tui_decision *from, const struct qr_schema *schema, size_t named, struct tui_waterfall *ret)
{
    QR_CLEANUP(qr_freep) struct qr_decision *decision = qr_alloc(1, sizeof *decision);
    if (qr_decision_decode(from->leaf, from->leaf_size, decision, NULL) != QR_OK ||
        decision->n_features != schema->n_features)
        return false;
    ret->n = 0;
    ret->mandate = decision->mandate;
    ret->fare = decision->fare.minor;
    add(ret, TUI_LINE_BASE, "base fare", decision->base_amount.minor);
    add_features(ret, decision, schema, named);
    add_rules(ret, decision);
    ret->exact = ret->lines[ret->n - 1].after == ret->fare;
    set_scale(ret);
    struct tui_line *fare = add(ret, TUI_LINE_FARE, "fare", 0);
    fare->amount = ret->fare;
    return true;
}

void tui_waterfall_bar(const struct tui_waterfall *waterfall, const struct tui_line *line, int width, int *ret_from, int *ret_to)
{
    int64_t range = waterfall->high - waterfall->low;
    int64_t from = line->before < line->after ? line->before : line->after;
    int64_t to = line->before < line->after ? line->after : line->before;
    if (line->kind == TUI_LINE_BASE || line->kind == TUI_LINE_FARE)
        from = to = line->after;
    __int128 wide = width;
    *ret_from = (int)(wide * (from - waterfall->low) / range);
    *ret_to = (int)((wide * (to - waterfall->low) + range - 1) / range);
    if (*ret_from >= width)
        *ret_from = width - 1;
    if (*ret_to <= *ret_from)
        *ret_to = *ret_from + 1;
    if (*ret_to > width)
        *ret_to = width;
}
