#include "tui/place.h"

static bool word_matches(const char *text, const char *word, size_t size)
{
    bool wanted = word[0] != '!';
    char needle[TUI_FILTER_MAX];
    if (!wanted) {
        word++;
        size--;
    }
    if (size == 0)
        return true;
    memcpy(needle, word, size);
    needle[size] = '\0';
    return (strcasestr(text, needle) != NULL) == wanted;
}

static bool text_matches(const char *text, const char *filter)
{
    while (*filter) {
        filter += strspn(filter, " ");
        size_t size = strcspn(filter, " ");
        if (size > 0 && !word_matches(text, filter, size))
            return false;
        filter += size;
    }
    return true;
}

bool tui_place_matches(const struct tui_app *app, const struct tui_pane *pane, const struct tui_place *place, size_t i)
{
    if (!place->filter[0])
        return true;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    pane->text(app, i, &text);
    return text_matches(qr_buffer_string(&text), place->filter);
}

/* The `wanted`-th row that matches: its index in the pane's order. */
static bool nth(const struct tui_app *app, const struct tui_pane *pane, const struct tui_place *place, size_t wanted,
                size_t *ret_item)
{
    size_t n = pane->count(app);
    for (size_t i = 0, matching = 0; i < n; i++) {
        if (!tui_place_matches(app, pane, place, i))
            continue;
        if (matching++ == wanted) {
            *ret_item = i;
            return true;
        }
    }
    return false;
}

static void select_index(const struct tui_app *app, const struct tui_pane *pane, struct tui_place *place, size_t index)
{
    place->index = index;
    if (nth(app, pane, place, index, &place->item))
        pane->id(app, place->item, place->id);
    else
        place->id[0] = '\0';
}

/* Where the selected id is now. */
static bool find(const struct tui_app *app, const struct tui_pane *pane, struct tui_place *place, size_t *ret_index)
{
    size_t n = pane->count(app);
    bool found = false;
    place->n = 0;
    for (size_t i = 0; i < n; i++) {
        if (!tui_place_matches(app, pane, place, i))
            continue;
        char id[TUI_ID_TEXT];
        pane->id(app, i, id);
        if (!found && strcmp(id, place->id) == 0) {
            *ret_index = place->n;
            place->item = i;
            found = true;
        }
        place->n++;
    }
    return found;
}

void tui_place_update(const struct tui_app *app, const struct tui_pane *pane, struct tui_place *place)
{
    if (!pane->count)
        return;
    size_t index;
    bool found = find(app, pane, place, &index);
    if (!place->chosen || place->n == 0) {
        select_index(app, pane, place, 0);
        place->offset = place->chosen ? place->offset : 0;
    } else if (found) {
        size_t before = place->index;
        place->index = index;
        place->offset = index + place->offset > before ? index + place->offset - before : 0;
    } else {
        select_index(app, pane, place, place->index < place->n ? place->index : place->n - 1);
    }
    tui_place_fit(place, place->rows);
}

void tui_place_fit(struct tui_place *place, int rows)
{
    place->rows = rows > 0 ? rows : 1;
    size_t shown = (size_t)place->rows;
    size_t last = place->n > shown ? place->n - shown : 0;
    if (place->index < place->offset)
        place->offset = place->index;
    if (place->index >= place->offset + shown)
        place->offset = place->index - shown + 1;
    if (place->offset > last)
        place->offset = last;
}

static int clamp(int64_t value, int64_t least, int64_t most)
{
    return (int)(value < least ? least : value > most ? most : value);
}

void tui_place_move(const struct tui_app *app, const struct tui_pane *pane, struct tui_place *place, int by)
{
    if (!pane->count) {
        int most = place->page_lines > place->rows ? place->page_lines - place->rows : 0;
        place->scroll = clamp((int64_t)place->scroll + by, 0, most);
        return;
    }
    if (place->n == 0)
        return;
    select_index(app, pane, place, (size_t)clamp((int64_t)place->index + by, 0, (int64_t)place->n - 1));
    place->chosen = by > -TUI_PLACE_END;
    tui_place_fit(place, place->rows);
}
