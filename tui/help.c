#include "tui/help.h"

#include "tui/term/input.h"

/* Help and palette are one list of operations under a line of input. Help shows those of the focused pane by key and filters
 * by what is typed anywhere in a line; the palette matches names from their beginning and takes an argument. */

enum { LIST_COLS = 74, NAME_COLS = 20, KEY_COLS = 6, INPUT_MOST = 120, LIST_ROWS_MAX = 16 };

struct list {
    struct tui_overlay overlay;
    bool palette;
    struct tui_input *input;
    size_t selected;
};

static bool begins_with_name(const char *typed, const char *name)
{
    size_t size = strlen(name);
    if (strncasecmp(typed, name, size) == 0 && (typed[size] == ' ' || typed[size] == '\0'))
        return true;
    return strncasecmp(name, typed, strlen(typed)) == 0;
}

static bool matches(const struct list *list, const struct tui_operation *operation, const char *typed)
{
    if (!operation->name)
        return false;
    if (list->palette)
        return begins_with_name(typed, operation->name);
    return strcasestr(operation->help, typed) || strcasestr(operation->name, typed);
}

/* The wanted-th operation that matches, and how many do. */
static const struct tui_operation *match(const struct tui_app *app, const struct list *list, size_t wanted, size_t *ret_n)
{
    char typed[INPUT_MOST + 1];
    const struct tui_operation *found = NULL;
    const struct tui_operation *operation;
    size_t n = 0;
    tui_input_get(list->input, typed, sizeof typed);
    for (size_t i = 0; (operation = tui_app_operation_at(app, i, !list->palette)); i++)
        if (matches(list, operation, typed) && n++ == wanted)
            found = operation;
    if (ret_n)
        *ret_n = n;
    return found;
}

static void list_size(const struct tui_app *app, const struct tui_overlay *overlay, int *ret_rows, int *ret_cols)
{
    const struct list *list = (const void *)overlay;
    size_t n = 0;
    for (size_t i = 0; tui_app_operation_at(app, i, !list->palette); i++)
        n++;
    *ret_rows = 4 + (int)(n < LIST_ROWS_MAX ? n : LIST_ROWS_MAX);
    *ret_cols = LIST_COLS;
}

static void draw_operation(const struct tui_app *app, struct tui_area area, int row, const struct tui_operation *operation)
{
    char key[TUI_KEY_TEXT];
    const char *why_not = operation->why_not ? operation->why_not(app) : NULL;
    tui_fit(area, row, 2, KEY_COLS, TUI_LEFT, TUI_KEY, tui_key_name(operation->key, key));
    tui_fit(area, row, 2 + KEY_COLS, NAME_COLS, TUI_LEFT, why_not ? TUI_DIM : TUI_STRONG, operation->name);
    tui_fit(area, row, 2 + KEY_COLS + NAME_COLS, area.cols - KEY_COLS - NAME_COLS - 4, TUI_LEFT,
            why_not ? TUI_DIM : TUI_TEXT, why_not ? why_not : operation->help);
}

static void list_draw(const struct tui_app *app, struct tui_overlay *overlay, struct tui_area area)
{
    struct list *list = (void *)overlay;
    size_t n;
    match(app, list, 0, &n);
    size_t rows = area.rows > 4 ? (size_t)(area.rows - 4) : 0;
    if (n > 0 && list->selected >= n)
        list->selected = n - 1;
    size_t offset = list->selected >= rows ? list->selected - rows + 1 : 0;
    tui_frame(area, list->palette ? "Commands" : "Keys of this screen");
    tui_put(area, 1, 2, TUI_KEY, list->palette ? ":" : "/");
    tui_input_draw(list->input, area, 1, 4, true);
    struct tui_area body = tui_area_part(area, 2, 1, area.rows - 4, area.cols - 2);
    for (size_t i = 0; i < rows && offset + i < n; i++) {
        draw_operation(app, body, (int)i, match(app, list, offset + i, NULL));
        if (offset + i == list->selected)
            tui_select(body, (int)i);
    }
    if (n == 0)
        tui_put(body, 0, 2, TUI_WARN, list->palette ? "no command begins so" : "nothing here is called so");
    tui_put(area, area.rows - 2, 3, TUI_DIM,
            list->palette ? "Enter run   Tab complete   Esc close" : "type to narrow   Enter run   Esc close");
}

static void run_selected(struct tui_app *app, struct list *list)
{
    char typed[INPUT_MOST + 1];
    const struct tui_operation *operation = match(app, list, list->selected, NULL);
    if (!operation)
        return;
    tui_input_get(list->input, typed, sizeof typed);
    size_t name = strlen(operation->name);
    const char *argument = list->palette && strlen(typed) > name ? typed + name : "";
    list->overlay.closed = true;
    tui_app_run(app, operation, argument + strspn(argument, " "));
}

static void complete(const struct tui_app *app, struct list *list)
{
    const struct tui_operation *operation = match(app, list, list->selected, NULL);
    char text[INPUT_MOST + 1];
    if (!operation)
        return;
    snprintf(text, sizeof text, "%s ", operation->name);
    tui_input_set(list->input, text);
    list->selected = 0;
}

static void list_key(struct tui_app *app, struct tui_overlay *overlay, int key)
{
    struct list *list = (void *)overlay;
    if (key == TUI_KEY_ESCAPE || (key == '?' && !list->palette))
        overlay->closed = true;
    else if (key == TUI_KEY_ENTER)
        run_selected(app, list);
    else if (key == TUI_KEY_TAB)
        complete(app, list);
    else if (key == TUI_KEY_UP || key == TUI_KEY_DOWN)
        list->selected += key == TUI_KEY_DOWN ? 1 : list->selected > 0 ? (size_t)-1 : 0;
    else if (tui_input_key(list->input, key))
        list->selected = 0;
}

static bool list_takes_text(const struct tui_overlay *overlay)
{
    (void)overlay;
    return true;
}

static void list_free(struct tui_overlay *overlay)
{
    tui_input_free(((struct list *)overlay)->input);
    free(overlay);
}

static const struct tui_overlay_kind list_kind = {list_size, list_draw, list_key, list_takes_text, list_free};

static void list_open(struct tui_app *app, bool palette, const char *text)
{
    struct list *list = qr_alloc(1, sizeof *list);
    list->overlay.kind = &list_kind;
    list->palette = palette;
    list->input = tui_input_new(LIST_COLS - 8, INPUT_MOST);
    tui_input_set(list->input, text);
    tui_app_open(app, &list->overlay);
}

void tui_help_open(struct tui_app *app)
{
    list_open(app, false, "");
}

void tui_palette_open(struct tui_app *app, const char *text)
{
    list_open(app, true, text);
}
