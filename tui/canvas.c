#include "tui/canvas.h"

enum { BLANK = ' ', ELLIPSIS = 0x2026 };

static int clamp(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

void tui_canvas_size(struct tui_canvas *canvas, int rows, int cols)
{
    rows = clamp(rows, 0, TUI_CANVAS_ROWS_MAX);
    cols = clamp(cols, 0, TUI_CANVAS_COLS_MAX);
    if (rows != canvas->rows || cols != canvas->cols || !canvas->cells) {
        free(canvas->cells);
        canvas->cells = qr_alloc((size_t)rows * (size_t)cols + 1, sizeof *canvas->cells);
        canvas->rows = rows;
        canvas->cols = cols;
    }
    tui_canvas_clear(canvas);
}

static size_t count(const struct tui_canvas *canvas)
{
    return (size_t)canvas->rows * (size_t)canvas->cols;
}

void tui_canvas_clear(struct tui_canvas *canvas)
{
    size_t n = count(canvas);
    memset(canvas->cells, 0, n * sizeof *canvas->cells);
    for (size_t i = 0; i < n; i++)
        canvas->cells[i].character = BLANK;
    canvas->cursor_row = -1;
    canvas->cursor_col = -1;
}

void tui_canvas_done(struct tui_canvas *canvas)
{
    free(canvas->cells);
    *canvas = (struct tui_canvas){0};
}

bool tui_canvas_equal(const struct tui_canvas *a, const struct tui_canvas *b)
{
    return a->rows == b->rows && a->cols == b->cols && a->cursor_row == b->cursor_row &&
           a->cursor_col == b->cursor_col && a->cells && b->cells &&
           memcmp(a->cells, b->cells, count(a) * sizeof *a->cells) == 0;
}

void tui_canvas_copy(struct tui_canvas *to, const struct tui_canvas *from)
{
    tui_canvas_size(to, from->rows, from->cols);
    memcpy(to->cells, from->cells, count(from) * sizeof *to->cells);
    to->ascii = from->ascii;
    to->cursor_row = from->cursor_row;
    to->cursor_col = from->cursor_col;
}

void tui_canvas_text(const struct tui_canvas *canvas, struct qr_buffer *out)
{
    for (int row = 0; row < canvas->rows; row++) {
        const struct tui_cell *cells = canvas->cells + (size_t)row * (size_t)canvas->cols;
        int end = canvas->cols;
        while (end > 0 && cells[end - 1].character == BLANK)
            end--;
        for (int col = 0; col < end; col++) {
            char text[5];
            if (cells[col].character)
                qr_buffer_add(out, text, tui_text_encode(cells[col].character, text));
        }
        qr_buffer_byte(out, '\n');
    }
}

struct tui_area tui_area_of(struct tui_canvas *canvas)
{
    return (struct tui_area){.canvas = canvas, .rows = canvas->rows, .cols = canvas->cols};
}

struct tui_area tui_area_part(struct tui_area area, int row, int col, int rows, int cols)
{
    row = clamp(row, 0, area.rows);
    col = clamp(col, 0, area.cols);
    return (struct tui_area){
        .canvas = area.canvas,
        .row = area.row + row,
        .col = area.col + col,
        .rows = clamp(rows, 0, area.rows - row),
        .cols = clamp(cols, 0, area.cols - col),
    };
}

/* The cell of a place, or NULL when it is outside the area. */
static struct tui_cell *cell_at(struct tui_area area, int row, int col)
{
    row -= area.skip;
    if (row < 0 || row >= area.rows || col < 0 || col >= area.cols)
        return NULL;
    row += area.row;
    col += area.col;
    if (row >= area.canvas->rows || col >= area.canvas->cols)
        return NULL;
    return &area.canvas->cells[(size_t)row * (size_t)area.canvas->cols + (size_t)col];
}

static void set(struct tui_cell *cell, enum tui_role role, uint32_t character)
{
    cell->character = character;
    cell->role = (uint8_t)role;
}

/* Puts one character; a wide one only where both halves fit. Returns its width. */
static int put_character(struct tui_area area, int row, int col, enum tui_role role, uint32_t character, int width)
{
    if (area.canvas->ascii && character >= 0x80) {
        character = tui_text_ascii(character);
        width = 1;
    }
    struct tui_cell *first = cell_at(area, row, col);
    struct tui_cell *second = width == 2 ? cell_at(area, row, col + 1) : NULL;
    if (width == 2 && first && !second) {
        character = BLANK;
        width = 1;
    }
    if (first)
        set(first, role, character);
    if (second)
        set(second, role, 0);
    return width;
}

int tui_put(struct tui_area area, int row, int col, enum tui_role role, const char *text)
{
    uint32_t character;
    int width;
    while ((character = tui_text_next(&text, &width)))
        col += put_character(area, row, col, role, character, width);
    return col;
}

int tui_print(struct tui_area area, int row, int col, enum tui_role role, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return tui_put(area, row, col, role, text);
}

void tui_repeat(struct tui_area area, int row, int col, int n, enum tui_role role, uint32_t character)
{
    for (int i = 0; i < n; i++)
        put_character(area, row, col + i, role, character, 1);
}

int tui_fit(struct tui_area area, int row, int col, int width, enum tui_align align, enum tui_role role, const char *text)
{
    int cells = tui_text_width(text);
    int at = col;
    if (align == TUI_RIGHT && cells < width)
        at += width - cells;
    tui_repeat(area, row, col, at - col, role, BLANK);
    int room = cells <= width ? width : width - 1;
    uint32_t character;
    int wide;
    while ((character = tui_text_next(&text, &wide)) && at + wide <= col + room)
        at += put_character(area, row, at, role, character, wide);
    if (cells > width && width > 0)
        at += put_character(area, row, at, role, ELLIPSIS, 1);
    tui_repeat(area, row, at, col + width - at, role, BLANK);
    return col + width;
}

/* Cells and bytes of the word that text begins with. */
static int word_width(const char *text, size_t *ret_bytes)
{
    size_t bytes = strcspn(text, " \n");
    char word[256];
    size_t n = bytes < sizeof word - 1 ? bytes : sizeof word - 1;
    memcpy(word, text, n);
    word[n] = '\0';
    *ret_bytes = bytes;
    return tui_text_width(word);
}

int tui_wrap(struct tui_area area, int row, int col, int width, enum tui_role role, const char *text)
{
    int first = row;
    int at = 0;
    while (*text) {
        if (*text == '\n') {
            row++;
            at = 0;
            text++;
            continue;
        }
        if (*text == ' ') {
            at += at > 0;
            text++;
            continue;
        }
        size_t bytes;
        int cells = word_width(text, &bytes);
        if (at > 0 && at + cells > width) {
            row++;
            at = 0;
        }
        for (const char *end = text + bytes; text < end;) {
            int wide;
            uint32_t character = tui_text_next(&text, &wide);
            if (at + wide > width && at > 0) {
                row++;
                at = 0;
            }
            at += character ? put_character(area, row, col + at, role, character, wide) : 0;
        }
    }
    return row - first + (at > 0);
}

void tui_select(struct tui_area area, int row)
{
    for (int col = 0; col < area.cols; col++) {
        struct tui_cell *cell = cell_at(area, row, col);
        if (cell)
            cell->selected = true;
    }
}

void tui_frame(struct tui_area area, const char *title)
{
    int bottom = area.rows - 1;
    int right = area.cols - 1;
    tui_repeat(area, 0, 0, area.cols, TUI_RULE, 0x2500);
    tui_repeat(area, bottom, 0, area.cols, TUI_RULE, 0x2500);
    for (int row = 0; row < area.rows; row++) {
        tui_repeat(area, row, 0, 1, TUI_RULE, 0x2502);
        tui_repeat(area, row, right, 1, TUI_RULE, 0x2502);
    }
    tui_repeat(area, 0, 0, 1, TUI_RULE, 0x250c);
    tui_repeat(area, 0, right, 1, TUI_RULE, 0x2510);
    tui_repeat(area, bottom, 0, 1, TUI_RULE, 0x2514);
    tui_repeat(area, bottom, right, 1, TUI_RULE, 0x2518);
    tui_print(area, 0, 2, TUI_HEAD, " %s ", title);
}

void tui_ground(struct tui_area area, int row, enum tui_role role)
{
    tui_repeat(area, row, 0, area.cols, role, BLANK);
}
