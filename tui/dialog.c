#include "tui/dialog.h"

enum { LABEL_COLS = 12, INPUT_COLS = TUI_DIALOG_COLS - LABEL_COLS - 6 };

static struct tui_dialog *dialog_of(const struct tui_overlay *overlay)
{
    return (struct tui_dialog *)overlay;
}

static int lines_of(const char *text)
{
    struct tui_canvas none = {0};
    return tui_wrap(tui_area_of(&none), 0, 0, TUI_DIALOG_COLS - 4, TUI_TEXT, text);
}

static void dialog_size(const struct tui_app *app, const struct tui_overlay *overlay, int *ret_rows, int *ret_cols)
{
    (void)app;
    const struct tui_dialog *dialog = dialog_of(overlay);
    int text = lines_of(dialog->text);
    *ret_rows = 2 + text + (text > 0) + (int)dialog->n + 1 + lines_of(dialog->problem) + 1;
    *ret_cols = TUI_DIALOG_COLS;
}

static void draw_choices(struct tui_area area, int row, int col, const struct tui_field *field, bool focused)
{
    for (size_t i = 0; i < field->n_choices; i++) {
        bool chosen = (int)i == field->chosen;
        enum tui_role role = chosen ? (focused ? TUI_TAB : TUI_STRONG) : TUI_DIM;
        col = tui_print(area, row, col, role, chosen ? "[%s]" : " %s ", field->choices[i]);
    }
    if (field->chosen < 0 && focused)
        tui_put(area, row, col + 1, TUI_WARN, "< > choose");
}

static void draw_field(struct tui_area area, int row, const struct tui_field *field, bool focused)
{
    tui_fit(area, row, 2, LABEL_COLS, TUI_LEFT, focused ? TUI_STRONG : TUI_TEXT, field->label);
    if (field->input)
        tui_input_draw(field->input, area, row, 2 + LABEL_COLS, focused);
    else
        draw_choices(area, row, 2 + LABEL_COLS - 1, field, focused);
}

static void dialog_draw(const struct tui_app *app, struct tui_overlay *overlay, struct tui_area area)
{
    (void)app;
    struct tui_dialog *dialog = dialog_of(overlay);
    struct tui_area inner = tui_area_part(area, 0, 0, area.rows, area.cols - 1);
    tui_frame(area, dialog->title);
    int row = 1;
    int text = tui_wrap(inner, row, 2, TUI_DIALOG_COLS - 4, TUI_TEXT, dialog->text);
    row += text + (text > 0);
    for (size_t i = 0; i < dialog->n; i++)
        draw_field(inner, row++, &dialog->fields[i], i == dialog->focus);
    row += 1 + tui_wrap(inner, row, 2, TUI_DIALOG_COLS - 4, TUI_BAD, dialog->problem);
    tui_put(inner, row, 2, TUI_DIM, dialog->n > 1 ? "Enter done   Tab next field   Esc cancel" : "Enter done   Esc cancel");
}

static void next_field(struct tui_dialog *dialog, size_t by)
{
    if (dialog->n > 0)
        dialog->focus = (dialog->focus + by) % dialog->n;
}

static void choose(struct tui_field *field, int key)
{
    int n = (int)field->n_choices;
    if (key == TUI_KEY_RIGHT || key == ' ' || key == 'l')
        field->chosen = (field->chosen + 1) % n;
    else if (key == TUI_KEY_LEFT || key == 'h')
        field->chosen = field->chosen <= 0 ? n - 1 : field->chosen - 1;
    else
        for (int i = 0; i < n; i++)
            if (key < 128 && tolower(field->choices[i][0]) == tolower(key))
                field->chosen = i;
}

static void field_key(struct tui_dialog *dialog, int key)
{
    struct tui_field *field = dialog->n > 0 ? &dialog->fields[dialog->focus] : NULL;
    if (!field)
        return;
    if (field->input)
        tui_input_key(field->input, key);
    else if (field->n_choices > 0)
        choose(field, key);
}

static void submit(struct tui_app *app, struct tui_dialog *dialog)
{
    const char *problem = dialog->submit(app, dialog);
    qr_copy_text(dialog->problem, sizeof dialog->problem, problem ? problem : "");
    dialog->overlay.closed = !problem;
}

static void dialog_key(struct tui_app *app, struct tui_overlay *overlay, int key)
{
    struct tui_dialog *dialog = dialog_of(overlay);
    switch (key) {
    case TUI_KEY_ESCAPE:
        overlay->closed = true;
        return;
    case TUI_KEY_ENTER:
        submit(app, dialog);
        return;
    case TUI_KEY_TAB:
    case TUI_KEY_DOWN:
        next_field(dialog, 1);
        break;
    case TUI_KEY_BACKTAB:
    case TUI_KEY_UP:
        next_field(dialog, dialog->n - 1);
        break;
    default:
        dialog->problem[0] = '\0';
        field_key(dialog, key);
    }
    if (dialog->changed)
        dialog->changed(app, dialog);
}

static bool dialog_takes_text(const struct tui_overlay *overlay)
{
    const struct tui_dialog *dialog = dialog_of(overlay);
    return dialog->n > 0 && dialog->fields[dialog->focus].input;
}

static void dialog_free(struct tui_overlay *overlay)
{
    struct tui_dialog *dialog = dialog_of(overlay);
    for (size_t i = 0; i < dialog->n; i++)
        tui_input_free(dialog->fields[i].input);
    free(dialog);
}

static const struct tui_overlay_kind dialog_kind = {dialog_size, dialog_draw, dialog_key, dialog_takes_text, dialog_free};

struct tui_dialog *tui_dialog_new(const char *title, const char *text,
                                  const char *(*submitted)(struct tui_app *, struct tui_dialog *))
{
    struct tui_dialog *dialog = qr_alloc(1, sizeof *dialog);
    dialog->overlay.kind = &dialog_kind;
    dialog->submit = submitted;
    qr_copy_text(dialog->title, sizeof dialog->title, title);
    qr_copy_text(dialog->text, sizeof dialog->text, text);
    return dialog;
}

static struct tui_field *field_add(struct tui_dialog *dialog, const char *label)
{
    struct tui_field *field = &dialog->fields[dialog->n < TUI_FIELDS_MAX ? dialog->n++ : TUI_FIELDS_MAX - 1];
    qr_copy_text(field->label, sizeof field->label, label);
    return field;
}

void tui_dialog_text(struct tui_dialog *dialog, const char *label, const char *value, int most)
{
    struct tui_field *field = field_add(dialog, label);
    field->input = tui_input_new(most < INPUT_COLS ? most + 1 : INPUT_COLS, most);
    tui_input_set(field->input, value);
}

struct tui_field *tui_dialog_choice(struct tui_dialog *dialog, const char *label, int chosen)
{
    struct tui_field *field = field_add(dialog, label);
    field->chosen = chosen;
    return field;
}

void tui_field_add(struct tui_field *field, const char *choice)
{
    if (field->n_choices < TUI_CHOICES_MAX)
        qr_copy_text(field->choices[field->n_choices++], TUI_NAME, choice);
}

char *tui_dialog_value(const struct tui_dialog *dialog, size_t i, char value[TUI_VALUE_MAX])
{
    const struct tui_field *field = &dialog->fields[i];
    value[0] = '\0';
    if (field->input)
        tui_input_get(field->input, value, TUI_VALUE_MAX);
    else if (field->chosen >= 0 && (size_t)field->chosen < field->n_choices)
        qr_copy_text(value, TUI_VALUE_MAX, field->choices[field->chosen]);
    return value;
}

/* ---- Confirmation ---- */

struct confirmation {
    char digits[TUI_CONFIRM_DIGITS + 1];
    void (*confirmed)(struct tui_app *app, const void *about);
    _Alignas(8) uint8_t about[TUI_DIALOG_ABOUT - 64];
};

_Static_assert(sizeof(struct confirmation) <= TUI_DIALOG_ABOUT, "a confirmation fits its dialog");

static const char *confirm_submit(struct tui_app *app, struct tui_dialog *dialog)
{
    const struct confirmation *confirmation = (const void *)dialog->about;
    char typed[TUI_VALUE_MAX];
    tui_dialog_value(dialog, 0, typed);
    if (strlen(typed) < TUI_CONFIRM_DIGITS || strncasecmp(typed, confirmation->digits, TUI_CONFIRM_DIGITS) != 0)
        return "that is not the beginning of its id; nothing was done";
    confirmation->confirmed(app, confirmation->about);
    return NULL;
}

void tui_confirm(struct tui_app *app, const char *title, const char *text, const struct qr_hash *id, const void *about,
                 size_t size, void (*confirmed)(struct tui_app *app, const void *about))
{
    struct confirmation confirmation = {.confirmed = confirmed};
    char full[QR_ERROR_TEXT_MAX];
    if (size > sizeof confirmation.about)
        return;
    memcpy(confirmation.about, about, size);
    qr_hex(id->bytes, TUI_CONFIRM_DIGITS / 2, confirmation.digits);
    snprintf(full, sizeof full, "%s Type %s, the beginning of its id, to confirm.", text, confirmation.digits);
    struct tui_dialog *dialog = tui_dialog_new(title, full, confirm_submit);
    memcpy(dialog->about, &confirmation, sizeof confirmation);
    tui_dialog_text(dialog, "Id", "", QR_HASH_HEX);
    tui_app_open(app, &dialog->overlay);
}
