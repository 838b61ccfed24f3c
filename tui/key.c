#include "tui/key.h"

#include "tui/text.h"

char *tui_key_name(int key, char text[TUI_KEY_TEXT])
{
    static const struct {
        int key;
        const char *name;
    } names[] = {
        {TUI_KEY_ENTER, "Enter"},   {TUI_KEY_ESCAPE, "Esc"},     {TUI_KEY_TAB, "Tab"},      {TUI_KEY_BACKTAB, "S-Tab"},
        {TUI_KEY_UP, "Up"},         {TUI_KEY_DOWN, "Down"},      {TUI_KEY_LEFT, "Left"},    {TUI_KEY_RIGHT, "Right"},
        {TUI_KEY_PAGE_UP, "PgUp"},  {TUI_KEY_PAGE_DOWN, "PgDn"}, {TUI_KEY_HOME, "Home"},    {TUI_KEY_END, "End"},
        {TUI_KEY_DELETE, "Del"},    {TUI_KEY_BACKSPACE, "Bksp"}, {' ', "Space"},
    };
    text[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].key == key)
            snprintf(text, TUI_KEY_TEXT, "%s", names[i].name);
    if (!text[0] && key > 0 && key < ' ')
        snprintf(text, TUI_KEY_TEXT, "^%c", key + '@');
    if (!text[0] && key > ' ' && key < TUI_KEY_SPECIAL)
        tui_text_encode((uint32_t)key, text);
    return text;
}
