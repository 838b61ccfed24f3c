#include "tui/impact.h"

#include <jansson.h>

enum { ALARM_FARE_BP = 1000, ROUTES_SHOWN = 3, FEATURES_SHOWN = 4 };

static int64_t integer(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value ? value : "";
}

static int64_t size_of(int64_t value)
{
    return value < 0 ? -value : value;
}

static struct tui_impact *add(struct tui_impacts *impacts, enum tui_impact_kind kind, int64_t now, int64_t next)
{
    static struct tui_impact one_too_many;
    struct tui_impact *impact = impacts->n < TUI_IMPACTS_MAX ? &impacts->items[impacts->n++] : &one_too_many;
    *impact = (struct tui_impact){.kind = kind, .now = now, .next = next, .change = next - now};
    return impact;
}

static void add_accuracy(struct tui_impacts *impacts, const json_t *accuracy)
{
    size_t i;
    json_t *item;
    json_array_foreach(accuracy, i, item) {
        struct tui_impact *impact =
            add(impacts, TUI_IMPACT_SHARE, integer(item, "mape_before_bp"), integer(item, "mape_after_bp"));
        snprintf(impact->label, sizeof impact->label, "MAPE %s %%", text(item, "segment"));
        impact->alarm = impact->change > 0;
    }
}

static void add_fare(struct tui_impacts *impacts, const char *label, const json_t *item, int64_t change_bp)
{
    struct tui_impact *impact = add(impacts, TUI_IMPACT_MONEY, integer(item, "mean_before"), integer(item, "mean_after"));
    snprintf(impact->label, sizeof impact->label, "%s", label);
    impact->change = change_bp;
    impact->alarm = size_of(change_bp) > ALARM_FARE_BP;
}

/* The items of an array whose `size` is largest, in that order. */
static size_t largest(const json_t *array, int64_t (*size)(const json_t *item), size_t most, const json_t **ret_items)
{
    size_t n = 0;
    size_t i;
    json_t *item;
    json_array_foreach(array, i, item) {
        size_t at = n < most ? n++ : most;
        while (at > 0 && size(ret_items[at - 1]) < size(item)) {
            if (at < most)
                ret_items[at] = ret_items[at - 1];
            at--;
        }
        if (at < most)
            ret_items[at] = item;
    }
    return n;
}

static int64_t fare_shift(const json_t *item)
{
    return size_of(integer(item, "change_bp"));
}

static int64_t share_shift(const json_t *item)
{
    return size_of(integer(item, "share_after_bp") - integer(item, "share_before_bp"));
}

static void add_segments(struct tui_impacts *impacts, const json_t *groups)
{
    size_t i;
    json_t *group;
    json_array_foreach(groups, i, group) {
        const char *name = text(group, "name");
        const json_t *segments = json_object_get(group, "segments");
        const json_t *items[ROUTES_SHOWN] = {0};
        size_t n = largest(segments, fare_shift, ROUTES_SHOWN, items);
        for (size_t k = 0; k < n; k++) {
            char label[TUI_IMPACT_LABEL];
            bool days = strcmp(name, "days_left") == 0;
            snprintf(label, sizeof label, "mean fare %.30s%s", text(items[k], "value"), days ? " d" : "");
            add_fare(impacts, label, items[k], integer(items[k], "change_bp"));
        }
    }
}

static void add_features(struct tui_impacts *impacts, const json_t *attribution)
{
    const json_t *items[FEATURES_SHOWN] = {0};
    size_t n = largest(attribution, share_shift, FEATURES_SHOWN, items);
    for (size_t i = 0; i < n; i++) {
        struct tui_impact *impact =
            add(impacts, TUI_IMPACT_SHARE, integer(items[i], "share_before_bp"), integer(items[i], "share_after_bp"));
        snprintf(impact->label, sizeof impact->label, "%.40s share %%", text(items[i], "feature"));
    }
}

static void add_rules(struct tui_impacts *impacts, const json_t *rules)
{
    int64_t before = 0;
    int64_t after = 0;
    size_t i;
    json_t *item;
    json_array_foreach(rules, i, item) {
        before += integer(item, "breaches_before");
        after += integer(item, "breaches_after");
    }
    struct tui_impact *impact = add(impacts, TUI_IMPACT_COUNT, before, after);
    snprintf(impact->label, sizeof impact->label, "rule breaches");
    impact->alarm = impact->change > 0;
}

/* How many claims are proved of every fare; an alarm when one is lost. */
static void add_proofs(struct tui_impacts *impacts, const json_t *claims)
{
    int64_t before = 0, after = 0, lost = 0;
    size_t i;
    json_t *claim;
    json_array_foreach(claims, i, claim) {
        bool had = strcmp(text(claim, "before"), "proved") == 0, has = strcmp(text(claim, "after"), "proved") == 0;
        before += had;
        after += has;
        lost += had && !has;
    }
    if (!json_is_array(claims))
        return;
    struct tui_impact *impact = add(impacts, TUI_IMPACT_COUNT, before, after);
    snprintf(impact->label, sizeof impact->label, "proved monotone");
    impact->alarm = lost > 0;
}

bool tui_impacts_of(const char *json, struct tui_impacts *ret)
{
    json_t *report = json_loads(json, 0, NULL);
    const json_t *fares = json_object_get(report, "fares");
    bool good = json_is_object(fares);
    *ret = (struct tui_impacts){.rows = integer(report, "rows")};
    if (good) {
        int64_t before = integer(fares, "mean_before");
        int64_t change = before > 0 ? (integer(fares, "mean_after") - before) * 10000 / before : 0;
        add_accuracy(ret, json_object_get(report, "accuracy"));
        add_fare(ret, "mean fare", fares, change);
        add_rules(ret, json_object_get(report, "rules"));
        add_proofs(ret, json_object_get(report, "monotone"));
        add_segments(ret, json_object_get(report, "segments"));
        add_features(ret, json_object_get(report, "attribution"));
    }
    json_decref(report);
    return good;
}
