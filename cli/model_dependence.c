#include "cli/model_dependence.h"

#include <langinfo.h>
#include <locale.h>

#include "common/fixed.h"

enum { DEPENDENCE_COLUMNS = 60, HEIGHT = 8, LEVELS = 8 };

typedef __int128 wide;

struct column {
    uint64_t rows;
    wide sum;
};

/* Columns lie where rows do: a step doubles, and its columns merge in pairs, whenever the values so far need more
 * columns than there are. What comes out depends on the least and the largest value alone, not on the order of the
 * rows. */
struct model_dependence {
    const struct qr_schema *schema;
    const struct qr_feature *feature;
    size_t index;
    size_t n_columns, most; /* of values, and room for them */
    int64_t first, step;    /* column i holds the values from (first + i) * step on, `step` of them */
    double unit;            /* of a score */
    struct column *columns, blank;
};

int model_dependence_new(struct cli *cli, const struct qr_model *model, struct model_dependence **ret_dependence,
                         struct qr_error *error)
{
    const struct qr_schema *schema = qr_model_schema(model);
    const char *name = cli_value(cli, "dependence");
    if (!name)
        return QR_OK;
    int index = qr_schema_find(schema, name);
    if (index < 0)
        return qr_fail(error, QR_EUSAGE, "the model has no feature %s", name);
    struct model_dependence *dependence = qr_alloc(1, sizeof *dependence);
    const struct qr_feature *feature = &schema->features[index];
    dependence->schema = schema;
    dependence->feature = feature;
    dependence->index = (size_t)index;
    dependence->step = 1;
    dependence->most = feature->kind == QR_FEATURE_CATEGORY ? feature->n_categories : DEPENDENCE_COLUMNS;
    dependence->unit = 1.0 / (double)((int64_t)1 << qr_model_facts(model)->score_bits);
    dependence->columns = qr_alloc(dependence->most, sizeof *dependence->columns);
    *ret_dependence = dependence;
    return QR_OK;
}

void model_dependence_freep(struct model_dependence **dependence)
{
    if (!*dependence)
        return;
    free((*dependence)->columns);
    free(*dependence);
    *dependence = NULL;
}

static void merge_pairs(struct model_dependence *dependence)
{
    int64_t first = qr_floor_div(dependence->first, 2);
    size_t n = 0;
    for (size_t i = 0; i < dependence->n_columns; i++) {
        struct column column = dependence->columns[i];
        size_t to = (size_t)(qr_floor_div(dependence->first + (int64_t)i, 2) - first);
        if (to == n)
            dependence->columns[n++] = (struct column){0};
        dependence->columns[to].rows += column.rows;
        dependence->columns[to].sum += column.sum;
    }
    dependence->first = first;
    dependence->n_columns = n;
    dependence->step *= 2;
}

/* The column of a value, with room made for it. */
static struct column *column_of(struct model_dependence *dependence, int32_t value)
{
    int64_t at, low, high;
    for (;; merge_pairs(dependence)) {
        at = qr_floor_div(value, dependence->step);
        low = dependence->n_columns == 0 || at < dependence->first ? at : dependence->first;
        high = dependence->first + (int64_t)dependence->n_columns - 1;
        high = dependence->n_columns == 0 || at > high ? at : high;
        if (high - low < (int64_t)dependence->most)
            break;
    }
    size_t n = (size_t)(high - low + 1), before = dependence->n_columns ? (size_t)(dependence->first - low) : 0;
    struct column *columns = dependence->columns;
    memmove(columns + before, columns, dependence->n_columns * sizeof *columns);
    memset(columns, 0, before * sizeof *columns);
    memset(columns + before + dependence->n_columns, 0, (n - before - dependence->n_columns) * sizeof *columns);
    dependence->first = low;
    dependence->n_columns = n;
    return &columns[at - low];
}

void model_dependence_add(struct model_dependence *dependence, const int32_t *rows, const int64_t *contributions,
                          size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = i * dependence->schema->n_features + dependence->index;
        struct column *column = rows[at] == QR_MISSING ? &dependence->blank : column_of(dependence, rows[at]);
        column->rows++;
        column->sum += contributions[at];
    }
}

/* Rounded half up. */
static int64_t mean_of(const struct column *column)
{
    wide twice = 2 * column->sum + (wide)column->rows, by = 2 * (wide)column->rows;
    return (int64_t)(twice / by - (twice % by < 0));
}

/* The columns of values, and then the one of blanks. */
static const struct column *column_at(const struct model_dependence *dependence, size_t i)
{
    return i < dependence->n_columns ? &dependence->columns[i] : &dependence->blank;
}

static const char *value_text(const struct model_dependence *dependence, size_t column, bool last,
                              char text[QR_VALUE_TEXT])
{
    const struct qr_feature *feature = dependence->feature;
    if (column == dependence->n_columns)
        return "missing";
    int64_t value = (dependence->first + (int64_t)column) * dependence->step + (last ? dependence->step - 1 : 0);
    value = value < feature->min ? feature->min : value > feature->max ? feature->max : value;
    return qr_feature_format(feature, (int32_t)value, text);
}

json_t *model_dependence_json(const struct model_dependence *dependence)
{
    json_t *list = json_array();
    for (size_t i = 0; i <= dependence->n_columns; i++) {
        const struct column *column = column_at(dependence, i);
        char first[QR_VALUE_TEXT], last[QR_VALUE_TEXT];
        if (column->rows)
            json_array_append_new(list,
                                  json_pack("{s:s,s:s,s:I,s:I}", "from", value_text(dependence, i, false, first), "to",
                                            value_text(dependence, i, true, last), "rows", (json_int_t)column->rows,
                                            "mean_contribution", (json_int_t)mean_of(column)));
    }
    return json_pack("{s:s,s:o}", "feature", dependence->feature->name, "columns", list);
}

/* Means of the columns that have rows. */
static void bounds_of(const struct model_dependence *dependence, int64_t *ret_low, int64_t *ret_high)
{
    int64_t low = 0, high = 0;
    for (size_t i = 0; i <= dependence->n_columns; i++) {
        const struct column *column = column_at(dependence, i);
        int64_t mean = column->rows ? mean_of(column) : 0;
        low = mean < low ? mean : low;
        high = mean > high ? mean : high;
    }
    *ret_low = low;
    *ret_high = high;
}

/* One character cell of a bar: how much of it lies between 0 and the mean. */
static const char *cell_of(double from_zero, bool utf8)
{
    static const char *const blocks[LEVELS + 1] = {" ",      "\u2581", "\u2582", "\u2583", "\u2584",
                                                   "\u2585", "\u2586", "\u2587", "\u2588"};
    int level = from_zero <= 0 ? 0 : from_zero >= 1 ? LEVELS : (int)(from_zero * LEVELS + 0.5);
    if (utf8)
        return blocks[level];
    return level * 2 >= LEVELS ? "#" : level ? "." : " ";
}

/* A line between `at` and `at` + `size` of the score, above 0; below it bars hang and are whole or half cells. */
static void print_line(struct cli *cli, const struct model_dependence *dependence, double at, double size, bool utf8,
                       size_t wide_columns)
{
    cli_print(cli, "%+9.4f |", at > -size / 2 ? at + size : at);
    for (size_t i = 0; i <= dependence->n_columns; i++) {
        const struct column *column = column_at(dependence, i);
        double mean = column->rows ? (double)mean_of(column) * dependence->unit : 0;
        double inside = at >= 0 ? (mean - at) / size : (at + size - mean) / size;
        const char *cell = at >= 0 ? cell_of(inside, utf8) : inside >= 0.5 ? cell_of(1, utf8) : " ";
        for (size_t k = 0; k < wide_columns; k++)
            cli_print(cli, "%s", cell);
    }
    cli_print(cli, "\n");
}

static void print_axis(struct cli *cli, const struct model_dependence *dependence, size_t wide_columns)
{
    char first[QR_VALUE_TEXT], last[QR_VALUE_TEXT], text[QR_VALUE_TEXT];
    int width = (int)(dependence->n_columns * wide_columns);
    cli_print(cli, "%9s +", "");
    for (int i = 0; i < width + (int)wide_columns && i <= DEPENDENCE_COLUMNS; i++)
        cli_print(cli, "-");
    if (dependence->feature->kind == QR_FEATURE_NUMBER && dependence->n_columns > 0) {
        value_text(dependence, dependence->n_columns - 1, true, last);
        cli_print(cli, "\n%11s%-*s%s%s\n", "", width - (int)strlen(last), value_text(dependence, 0, false, first), last,
                  dependence->feature->missing ? " missing" : "");
        return;
    }
    cli_print(cli, "\n\n");
    for (size_t i = 0; i <= dependence->n_columns; i++)
        if (column_at(dependence, i)->rows)
            cli_print(cli, "%9zu  %-30s %+.4f\n", i + 1, value_text(dependence, i, false, text),
                      (double)mean_of(column_at(dependence, i)) * dependence->unit);
}

static bool terminal_is_utf8(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", NULL);
    bool utf8 = locale && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    if (locale)
        freelocale(locale);
    return utf8;
}

void model_dependence_print(struct cli *cli, const struct model_dependence *dependence)
{
    bool utf8 = terminal_is_utf8();
    int64_t low, high;
    bounds_of(dependence, &low, &high);
    double size = (double)(high - low) * dependence->unit / HEIGHT;
    size_t shown = dependence->n_columns + 1; /* with blanks */
    size_t wide_columns = DEPENDENCE_COLUMNS / shown > 0 ? DEPENDENCE_COLUMNS / shown : 1;
    cli_print(cli, "\nMean contribution of %s, by its value\n\n", dependence->feature->name);
    if (dependence->n_columns > DEPENDENCE_COLUMNS)
        size = 0; /* too many categories for a plot: the list alone */
    int above = size > 0 ? (int)((double)high * dependence->unit / size + 0.999) : 0;
    int below = size > 0 ? (int)((double)-low * dependence->unit / size + 0.999) : 0;
    for (int i = above - 1; i >= 0; i--)
        print_line(cli, dependence, i * size, size, utf8, wide_columns);
    for (int i = 1; i <= below; i++)
        print_line(cli, dependence, -i * size, size, utf8, wide_columns);
    print_axis(cli, dependence, wide_columns);
}
