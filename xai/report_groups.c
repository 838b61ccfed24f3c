#include "xai/report_data.h"

/* How rows fall into segments. */

enum { ROUTES_MAX = 1 << 16 };

static size_t group_all(const struct report_grouping *grouping, const int32_t *row)
{
    (void)grouping;
    (void)row;
    return 0;
}

static size_t group_category(const struct report_grouping *grouping, const int32_t *row)
{
    int32_t value = row[grouping->first];
    return value == QR_MISSING ? grouping->n - 1 : (size_t)value;
}

static size_t group_route(const struct report_grouping *grouping, const int32_t *row)
{
    int32_t from = row[grouping->first], to = row[grouping->second];
    if (from == QR_MISSING || to == QR_MISSING)
        return grouping->n - 1;
    return (size_t)from * grouping->width + (size_t)to;
}

static const int32_t bracket_ends[] = {3, 7, 14, 30, INT32_MAX};
enum { BRACKETS = sizeof bracket_ends / sizeof *bracket_ends };

static size_t group_days(const struct report_grouping *grouping, const int32_t *row)
{
    int32_t value = row[grouping->first];
    if (value == QR_MISSING)
        return BRACKETS;
    size_t bracket = 0;
    while (value / grouping->scale > bracket_ends[bracket])
        bracket++;
    return bracket;
}

void report_label(const struct qr_schema *schema, const struct report_grouping *grouping, size_t group,
                  struct qr_buffer *out)
{
    static const char *const brackets[] = {"0-3", "4-7", "8-14", "15-30", "31+"};
    if (grouping->of == group_all)
        qr_buffer_text(out, "all");
    else if (group == grouping->n - 1)
        qr_buffer_text(out, "missing");
    else if (grouping->of == group_days)
        qr_buffer_text(out, "%s", brackets[group]);
    else if (grouping->of == group_category)
        qr_buffer_text(out, "%s", schema->features[grouping->first].categories[group]);
    else
        qr_buffer_text(out, "%s-%s", schema->features[grouping->first].categories[group / grouping->width],
                       schema->features[grouping->second].categories[group % grouping->width]);
}

static void add_category(const struct qr_schema *schema, const char *name, struct report_grouping *groupings, size_t *n)
{
    int feature = qr_schema_find(schema, name);
    if (feature >= 0 && schema->features[feature].kind == QR_FEATURE_CATEGORY)
        groupings[(*n)++] = (struct report_grouping){.name = name,
                                                     .of = group_category,
                                                     .first = (size_t)feature,
                                                     .n = schema->features[feature].n_categories + 1};
}

/* The last group of each but the whole is for rows where the feature is missing. */
size_t report_groupings(const struct qr_schema *schema, struct report_grouping groupings[REPORT_GROUPINGS_MAX])
{
    size_t n = 0;
    int days = qr_schema_find(schema, "days_left");
    int from = qr_schema_find(schema, "from"), to = qr_schema_find(schema, "to");
    groupings[n++] = (struct report_grouping){.name = "all", .of = group_all, .n = 1};
    add_category(schema, "cabin", groupings, &n);
    add_category(schema, "airline", groupings, &n);
    if (from >= 0 && to >= 0 &&
        schema->features[from].n_categories * schema->features[to].n_categories - 1 < ROUTES_MAX)
        groupings[n++] =
            (struct report_grouping){.name = "route",
                                     .of = group_route,
                                     .first = (size_t)from,
                                     .second = (size_t)to,
                                     .width = schema->features[to].n_categories,
                                     .n = schema->features[from].n_categories * schema->features[to].n_categories + 1};
    if (days >= 0 && schema->features[days].kind == QR_FEATURE_NUMBER && schema->features[days].min >= 0)
        groupings[n++] = (struct report_grouping){.name = "days_left",
                                                  .of = group_days,
                                                  .first = (size_t)days,
                                                  .scale = schema->features[days].scale,
                                                  .n = BRACKETS + 1};
    return n;
}
