#include "cli/run.h"

enum { COLUMNS_MAX = 16, CELL_MAX = 512, GAP = 2 };

struct cell {
    char *text;
    enum cli_style style;
    size_t width;
};

struct cli_table {
    size_t n_columns, n_cells, capacity;
    bool right[COLUMNS_MAX];
    size_t widths[COLUMNS_MAX];
    struct cell *cells; /* the first row are the headings */
};

/* Characters, each counted as one column: names and numbers here are Latin. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void make_plain(char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
    }
}

static void add(struct cli_table *table, enum cli_style style, const char *text)
{
    if (table->n_cells == table->capacity) {
        table->capacity = table->capacity ? 2 * table->capacity : 64;
        table->cells = qr_realloc(table->cells, table->capacity, sizeof *table->cells);
    }
    struct cell *cell = &table->cells[table->n_cells];
    *cell = (struct cell){.text = qr_strdup(text), .style = style};
    make_plain(cell->text);
    cell->width = width_of(cell->text);
    size_t column = table->n_cells++ % table->n_columns;
    if (cell->width > table->widths[column])
        table->widths[column] = cell->width;
}

struct cli_table *cli_table_new(const char *first, ...)
{
    struct cli_table *table = qr_alloc(1, sizeof *table);
    const char *headings[COLUMNS_MAX];
    va_list rest;
    va_start(rest, first);
    for (const char *heading = first; heading; heading = va_arg(rest, const char *)) {
        if (table->n_columns == COLUMNS_MAX)
            abort();
        table->right[table->n_columns] = *heading == '>';
        headings[table->n_columns++] = heading + (*heading == '>');
    }
    va_end(rest);
    for (size_t i = 0; i < table->n_columns; i++)
        add(table, CLI_BOLD, headings[i]);
    return table;
}

void cli_table_freep(struct cli_table **table)
{
    if (!*table)
        return;
    for (size_t i = 0; i < (*table)->n_cells; i++)
        free((*table)->cells[i].text);
    free((*table)->cells);
    free(*table);
}

void cli_table_cell(struct cli_table *table, enum cli_style style, const char *format, ...)
{
    char text[CELL_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add(table, style, text);
}

static void print_cell(struct cli *cli, const struct cli_table *table, size_t i)
{
    const struct cell *cell = &table->cells[i];
    size_t column = i % table->n_columns;
    bool last = column + 1 == table->n_columns;
    int padding = (int)(table->widths[column] - cell->width);
    if (table->right[column])
        fprintf(cli->out, "%*s", padding, "");
    bool styled = cell->style != CLI_PLAIN;
    fprintf(cli->out, "%s%s%s", styled ? cli_style(cli, cell->style) : "", cell->text,
            styled ? cli_style(cli, CLI_PLAIN) : "");
    if (last) {
        fputc('\n', cli->out);
    } else {
        fprintf(cli->out, "%*s", (table->right[column] ? 0 : padding) + GAP, "");
    }
}

void cli_table_print(struct cli *cli, const struct cli_table *table)
{
    for (size_t i = 0; i < table->n_cells; i++)
        print_cell(cli, table, i);
}
