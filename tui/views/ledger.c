#include "tui/views/views.h"

#include <jansson.h>

/* Ledger: blocks, one block with its transactions, one transaction. */

enum { BLOCKS, BLOCK, TRANSACTION };

/* ---- Blocks ---- */

static void blocks_title(const struct tui_app *app, struct qr_buffer *out)
{
    qr_buffer_text(out, "Blocks of %s", app->data->head.chain[0] ? app->data->head.chain : "the ledger");
}

static int blocks_head(const struct tui_app *app, struct tui_area area)
{
    (void)app;
    tui_put(area, 0, 1, TUI_DIM, "   height  time           txs  decisions   hash");
    return 1;
}

static size_t blocks_count(const struct tui_app *app)
{
    return app->data->blocks.n;
}

static void blocks_id(const struct tui_app *app, size_t i, char id[TUI_ID_TEXT])
{
    snprintf(id, TUI_ID_TEXT, "%" PRIu64, app->data->blocks.items[i].height);
}

static void blocks_text(const struct tui_app *app, size_t i, struct qr_buffer *out)
{
    const struct tui_block *block = &app->data->blocks.items[i];
    qr_buffer_text(out, "%" PRIu64 " %s", block->height, qr_hash_text(&block->hash).text);
}

static void blocks_row(const struct tui_app *app, size_t i, struct tui_area area, int row)
{
    const struct tui_block *block = &app->data->blocks.items[i];
    char text[TUI_FORMAT];
    tui_fit(area, row, 1, 9, TUI_RIGHT, TUI_STRONG, tui_number(block->height, text));
    tui_fit(area, row, 12, 12, TUI_LEFT, TUI_TEXT, tui_clock(app, block->time_ms, text));
    tui_fit(area, row, 25, 5, TUI_RIGHT, block->transactions ? TUI_TEXT : TUI_DIM, tui_number(block->transactions, text));
    tui_fit(area, row, 31, 10, TUI_RIGHT, block->decisions ? TUI_TEXT : TUI_DIM, tui_number(block->decisions, text));
    tui_fit(area, row, 44, area.cols - 45 < 64 ? area.cols - 45 : 64, TUI_LEFT, TUI_DIM, qr_hash_text(&block->hash).text);
}

/* ---- One block ---- */

static uint64_t selected_height(const struct tui_app *app)
{
    const struct tui_place *place = tui_app_place_of(app, &tui_ledger, BLOCKS);
    return place && place->n > 0 ? strtoull(place->id, NULL, 10) : 0;
}

/* The block that is selected, when it is the one that was fetched. */
static const struct tui_block_page *open_block(const struct tui_app *app)
{
    const struct tui_block_page *page = &app->data->block;
    return page->at_ms && page->block.height == selected_height(app) ? page : NULL;
}

static void block_title(const struct tui_app *app, struct qr_buffer *out)
{
    char text[TUI_FORMAT];
    qr_buffer_text(out, "Block %s", tui_number(selected_height(app), text));
}

static int fact(struct tui_area area, int row, const char *name, const char *value)
{
    tui_fit(area, row, 1, 13, TUI_LEFT, TUI_DIM, name);
    tui_fit(area, row, 15, area.cols - 16, TUI_LEFT, TUI_TEXT, value);
    return row + 1;
}

static int hash_fact(struct tui_area area, int row, const char *name, const struct qr_hash *hash)
{
    return fact(area, row, name, qr_hash_text(hash).text);
}

static unsigned signatures(const char *checkpoint)
{
    unsigned n = 0;
    for (const char *at = checkpoint; at && (at = strstr(at, "\n\u2014 ")); at++)
        n++;
    return n;
}

static int block_page(const struct tui_app *app, struct tui_area area)
{
    const struct tui_block_page *page = open_block(app);
    char a[TUI_FORMAT], b[TUI_FORMAT], line[3 * TUI_FORMAT];
    if (!page) {
        tui_put(area, 1, 2, TUI_DIM, selected_height(app) ? "on its way" : "no block is selected");
        return 0;
    }
    const struct tui_block *block = &page->block;
    snprintf(line, sizeof line, "%s %s", tui_date_time(app, block->time_ms, a), tui_zone(app, block->time_ms, b));
    int row = fact(area, 0, "time", line);
    row = hash_fact(area, row, "hash", &block->hash);
    row = hash_fact(area, row, "previous", &block->previous);
    row = hash_fact(area, row, "state", &block->app);
    snprintf(line, sizeof line, "%s leaves, signed by %u node%s", tui_number(block->log_size, a), signatures(page->checkpoint),
             signatures(page->checkpoint) == 1 ? "" : "s");
    row = fact(area, row, "log", line);
    row = hash_fact(area, row, "log root", &block->log_root);
    tui_put(area, row + 1, 1, TUI_DIM, "transaction  kind       signer           bytes  what it does");
    if (page->n == 0)
        tui_put(area, row + 3, 2, TUI_DIM, "no transaction in this block");
    return row + 2;
}

static size_t block_count(const struct tui_app *app)
{
    const struct tui_block_page *page = open_block(app);
    return page ? page->n : 0;
}

static void block_id(const struct tui_app *app, size_t i, char id[TUI_ID_TEXT])
{
    snprintf(id, TUI_ID_TEXT, "%s", qr_hash_text(&app->data->block.items[i].id).text);
}

static void block_text(const struct tui_app *app, size_t i, struct qr_buffer *out)
{
    const struct tui_summary *summary = &app->data->block.items[i];
    qr_buffer_text(out, "%s %s %s %s", qr_hash_text(&summary->id).text, summary->kind, summary->signer, summary->text);
}

static void block_row(const struct tui_app *app, size_t i, struct tui_area area, int row)
{
    const struct tui_summary *summary = &app->data->block.items[i];
    char text[TUI_FORMAT];
    tui_put(area, row, 1, TUI_DIM, tui_short_hash(&summary->id, text));
    tui_fit(area, row, 14, 10, TUI_LEFT, TUI_STRONG, summary->kind);
    tui_fit(area, row, 25, 14, TUI_LEFT, TUI_TEXT, summary->signer);
    tui_fit(area, row, 39, 8, TUI_RIGHT, TUI_DIM, tui_number(summary->size, text));
    tui_fit(area, row, 49, area.cols - 50, TUI_LEFT, TUI_TEXT, summary->text);
}

/* ---- One transaction ---- */

static const struct tui_transaction *open_transaction(const struct tui_app *app)
{
    struct qr_hash id;
    const struct tui_transaction *transaction = &app->data->transaction;
    bool same = tui_selected_hash(app, &tui_ledger, BLOCK, &id) && qr_hash_equal(&id, &transaction->summary.id);
    return same && transaction->at_ms ? transaction : NULL;
}

static void transaction_title(const struct tui_app *app, struct qr_buffer *out)
{
    struct qr_hash id;
    char text[TUI_FORMAT];
    bool any = tui_selected_hash(app, &tui_ledger, BLOCK, &id);
    qr_buffer_text(out, "Transaction %s", any ? tui_short_hash(&id, text) : "");
}

/* The payload, a value a line. */
static int draw_details(struct tui_area area, int row, const char *json)
{
    json_t *value = json ? json_loads(json, 0, NULL) : NULL;
    char *text = value ? json_dumps(value, JSON_INDENT(2)) : NULL;
    json_decref(value);
    for (const char *line = text; line && *line;) {
        size_t size = strcspn(line, "\n");
        char copy[512];
        snprintf(copy, sizeof copy, "%.*s", (int)(size < sizeof copy ? size : sizeof copy - 1), line);
        row += tui_wrap(area, row, 3 + (int)strspn(copy, " "), area.cols - 4 - (int)strspn(copy, " "), TUI_TEXT, copy);
        line += size + (line[size] == '\n');
    }
    free(text);
    return row;
}

static int transaction_page(const struct tui_app *app, struct tui_area area)
{
    const struct tui_transaction *transaction = open_transaction(app);
    if (!transaction) {
        tui_put(area, 1, 1, TUI_DIM, "no transaction is open");
        return 2;
    }
    char a[TUI_FORMAT], line[4 * TUI_FORMAT], key[2 * QR_PUBLIC_KEY_SIZE + 1], signature[2 * QR_SIGNATURE_SIZE + 1];
    qr_hex(transaction->signer, sizeof transaction->signer, key);
    qr_hex(transaction->signature, sizeof transaction->signature, signature);
    int row = hash_fact(area, 0, "id", &transaction->summary.id);
    row = fact(area, row, "kind", transaction->summary.kind);
    row = fact(area, row, "what it does", transaction->summary.text);
    snprintf(line, sizeof line, "block %s, place %u", tui_number(transaction->height, a), transaction->index);
    row = fact(area, row, "where", line);
    row = fact(area, row, "signer", transaction->summary.signer);
    row = fact(area, row, "key", key);
    tui_fit(area, row, 1, 13, TUI_LEFT, TUI_DIM, "signature");
    row += tui_wrap(area, row, 15, 64 < area.cols - 16 ? 64 : area.cols - 16, TUI_DIM, signature) + 1;
    tui_put(area, row, 1, TUI_HEAD, "Payload");
    return draw_details(area, row + 1, transaction->details);
}

static const struct tui_pane panes[] = {
    [BLOCKS] = {.name = "blocks", .from = QR_SERVICE_LEDGER, .title = blocks_title, .page = blocks_head, .count = blocks_count,
                .id = blocks_id, .text = blocks_text, .row = blocks_row, .empty = "no block yet"},
    [BLOCK] = {.name = "block", .from = QR_SERVICE_LEDGER, .title = block_title, .page = block_page, .count = block_count,
               .id = block_id, .text = block_text, .row = block_row, .empty = ""},
    [TRANSACTION] = {.name = "transaction", .from = QR_SERVICE_LEDGER, .title = transaction_title, .page = transaction_page},
};

/* What shows: beside the list a block is open even while the list has the focus. */
static void want(struct tui_app *app)
{
    bool beside = app->layout.shape == TUI_TWO_PANES;
    size_t focus = app->states[app->view].focus;
    uint64_t height = selected_height(app);
    if (height > 0 && (beside || focus >= BLOCK) && !open_block(app))
        app->source.block(app->source.context, height);
    struct qr_hash id;
    if (focus == TRANSACTION && tui_selected_hash(app, &tui_ledger, BLOCK, &id) && !open_transaction(app))
        app->source.transaction(app->source.context, &id);
}

const struct tui_view tui_ledger = {
    .name = "Ledger",
    .key = '2',
    .sets = TUI_SET_BLOCKS,
    .n_panes = 3,
    .panes = panes,
    .want = want,
};
