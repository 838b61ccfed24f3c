#define NCURSES_WIDECHAR 1
#include "tui/term/input.h"

#include <curses.h>
#include <form.h>

#include "tui/key.h"

struct tui_input {
    int width;
    int most;
    WINDOW *pad;
    FIELD *fields[2];
    FORM *form;
};

struct tui_input *tui_input_new(int width, int most)
{
    struct tui_input *input = qr_alloc(1, sizeof *input);
    input->width = width;
    input->most = most;
    input->pad = newpad(1, width);
    input->fields[0] = new_field(1, width, 0, 0, 0, 0);
    field_opts_off(input->fields[0], O_STATIC | O_AUTOSKIP | O_BLANK | O_WRAP);
    set_max_field(input->fields[0], most);
    input->form = new_form(input->fields);
    set_form_win(input->form, input->pad);
    set_form_sub(input->form, input->pad);
    post_form(input->form);
    return input;
}

void tui_input_free(struct tui_input *input)
{
    if (!input)
        return;
    unpost_form(input->form);
    free_form(input->form);
    free_field(input->fields[0]);
    delwin(input->pad);
    free(input);
}

void tui_input_set(struct tui_input *input, const char *text)
{
    form_driver(input->form, REQ_CLR_FIELD);
    uint32_t character;
    int width;
    while ((character = tui_text_next(&text, &width)))
        form_driver_w(input->form, OK, (wchar_t)character);
}

void tui_input_get(struct tui_input *input, char *ret_text, size_t capacity)
{
    form_driver(input->form, REQ_VALIDATION);
    const char *text = field_buffer(input->fields[0], 0);
    text += strspn(text, " ");
    size_t size = strlen(text);
    while (size > 0 && text[size - 1] == ' ')
        size--;
    size = size < capacity - 1 ? size : capacity - 1;
    while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--;
    memcpy(ret_text, text, size);
    ret_text[size] = '\0';
}

static int request_of(int key)
{
    switch (key) {
    case TUI_KEY_LEFT:
        return REQ_PREV_CHAR;
    case TUI_KEY_RIGHT:
        return REQ_NEXT_CHAR;
    case TUI_KEY_HOME:
        return REQ_BEG_LINE;
    case TUI_KEY_END:
        return REQ_END_LINE;
    case TUI_KEY_BACKSPACE:
        return REQ_DEL_PREV;
    case TUI_KEY_DELETE:
        return REQ_DEL_CHAR;
    case 0x15: /* ^U */
        return REQ_CLR_FIELD;
    case 0x17: /* ^W */
        return REQ_DEL_WORD;
    }
    return 0;
}

bool tui_input_key(struct tui_input *input, int key)
{
    int request = request_of(key);
    if (request) {
        form_driver(input->form, request);
        return true;
    }
    if (key < ' ' || key >= TUI_KEY_SPECIAL)
        return false;
    form_driver_w(input->form, OK, (wchar_t)key);
    return true;
}

void tui_input_draw(struct tui_input *input, struct tui_area area, int row, int col, bool focused)
{
    int cursor_row, cursor_col;
    pos_form_cursor(input->form);
    getyx(input->pad, cursor_row, cursor_col);
    for (int at = 0; at < input->width;) {
        cchar_t cell;
        wchar_t text[CCHARW_MAX + 1] = {0};
        attr_t attributes;
        short pair;
        bool there = mvwin_wch(input->pad, 0, at, &cell) != ERR && getcchar(&cell, text, &attributes, &pair, NULL) != ERR;
        char bytes[5];
        tui_text_encode(there && text[0] ? (uint32_t)text[0] : ' ', bytes);
        at = tui_put(area, row, col + at, TUI_FIELD, bytes) - col;
    }
    wmove(input->pad, cursor_row, cursor_col);
    if (focused) {
        area.canvas->cursor_row = area.row + row - area.skip;
        area.canvas->cursor_col = area.col + col + cursor_col;
    }
}
