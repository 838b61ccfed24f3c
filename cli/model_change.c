#include "cli/model_change.h"

const char *model_change_cause(const json_t *entry, bool rises, json_int_t *ret_size)
{
    const char *name, *cause = "";
    json_t *value;
    json_int_t most = 0;
    json_object_foreach(json_object_get(entry, "contributions"), name, value)
    {
        json_int_t size = rises ? json_integer_value(value) : -json_integer_value(value);
        if (size > most) {
            most = size;
            cause = name;
        }
    }
    *ret_size = rises ? most : -most;
    return cause;
}

static void print_extremes(struct cli *cli, const json_t *change, const char *key, const char *heading,
                           const struct qr_output *output)
{
    char before[CLI_MONEY_TEXT], after[CLI_MONEY_TEXT];
    QR_CLEANUP(cli_table_freep) struct cli_table *table = cli_table_new(heading, ">BEFORE", ">AFTER", "MOSTLY", NULL);
    size_t i;
    json_t *row;
    json_int_t size;
    json_array_foreach(json_object_get(change, key), i, row)
    {
        cli_table_cell(table, CLI_PLAIN, "%" PRId64, (int64_t)json_integer_value(json_object_get(row, "row")));
        cli_table_cell(
            table, CLI_PLAIN, "%s",
            cli_money(json_integer_value(json_object_get(row, "before")), output->minor_digits, output->unit, before));
        cli_table_cell(
            table, CLI_PLAIN, "%s",
            cli_money(json_integer_value(json_object_get(row, "after")), output->minor_digits, output->unit, after));
        cli_table_cell(table, CLI_PLAIN, "%s", model_change_cause(row, strcmp(key, "risers") == 0, &size));
    }
    cli_print(cli, "\n");
    cli_table_print(cli, table);
}

void model_change_print(struct cli *cli, const json_t *change, const struct qr_output *output)
{
    print_extremes(cli, change, "risers", "RISES MOST: ROW", output);
    print_extremes(cli, change, "fallers", "FALLS MOST: ROW", output);
}
