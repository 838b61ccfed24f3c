#ifndef QR_TUI_DIALOG_H
#define QR_TUI_DIALOG_H

#include "tui/app.h"
#include "tui/term/input.h"

/* A dialog: a sentence, fields, and what Enter does. A field is a line of text or a choice among words (left and right). Nothing
 * dangerous is chosen beforehand: a choice may start at none. A dialog keeps the ids it is about, never row numbers. */

enum {
    TUI_FIELDS_MAX = 6,
    TUI_CHOICES_MAX = 32,
    TUI_DIALOG_COLS = 64,
    TUI_VALUE_MAX = 200,
    TUI_DIALOG_ABOUT = 512, /* bytes that the owner keeps in it */
};

struct tui_field {
    char label[24];
    struct tui_input *input; /* NULL for a choice */
    size_t n_choices;
    char choices[TUI_CHOICES_MAX][TUI_NAME];
    int chosen; /* -1: none yet */
};

struct tui_dialog {
    struct tui_overlay overlay;
    char title[TUI_NAME];
    char text[QR_ERROR_TEXT_MAX];
    char problem[QR_ERROR_TEXT_MAX]; /* why Enter did nothing */
    size_t n;
    size_t focus;
    struct tui_field fields[TUI_FIELDS_MAX];
    /* Enter: NULL closes the dialog; a sentence keeps it open and is shown. */
    const char *(*submit)(struct tui_app *app, struct tui_dialog *dialog);
    void (*changed)(struct tui_app *app, struct tui_dialog *dialog); /* after each key; may be NULL */
    _Alignas(8) uint8_t about[TUI_DIALOG_ABOUT];
};

struct tui_dialog *tui_dialog_new(const char *title, const char *text,
                                  const char *(*submit)(struct tui_app *, struct tui_dialog *));
void tui_dialog_text(struct tui_dialog *dialog, const char *label, const char *value, int most);
/* Further choices are added one by one. */
struct tui_field *tui_dialog_choice(struct tui_dialog *dialog, const char *label, int chosen);
void tui_field_add(struct tui_field *field, const char *choice);

/* What field i holds: the text, or the chosen word, "" for none. Returns value. */
char *tui_dialog_value(const struct tui_dialog *dialog, size_t i, char value[TUI_VALUE_MAX]);

/* Asks to type the beginning of an id before something that cannot be taken back is done. */
void tui_confirm(struct tui_app *app, const char *title, const char *text, const struct qr_hash *id, const void *about,
                 size_t size, void (*confirmed)(struct tui_app *app, const void *about));
enum { TUI_CONFIRM_DIGITS = 6 };

#endif
