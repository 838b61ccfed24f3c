#include "services/ledgerd/ledgerd.h"

#include "common/clock.h"

/* Blocks as they are, for those who execute them again. Whoever has all waits here for the next one. */

enum { BLOCKS_MAX = 256, BYTES_MAX = 512 << 10, NOTES_MAX = 256 << 10, WAIT_MAX_MS = 30000, WAITING_MAX = 256 };

struct ledgerd_feed_wait {
    struct qr_request *request;
    int64_t until;
    struct ledgerd_feed_wait *next;
};

/* A block's piece and the bytes behind it. */
struct piece {
    Quorate__LedgerRawBlock message;
    struct qr_buffer bytes, note;
};

struct answer {
    Quorate__LedgerRawBlocks message;
    size_t n;
    size_t left;       /* room for pieces */
    size_t notes_left; /* and for notes */
    struct piece pieces[BLOCKS_MAX];
    Quorate__LedgerRawBlock *list[BLOCKS_MAX];
};

static void answer_free(struct answer *answer)
{
    for (size_t i = 0; i < answer->n; i++) {
        qr_buffer_done(&answer->pieces[i].bytes);
        qr_buffer_done(&answer->pieces[i].note);
    }
    free(answer);
}

static int add_note(struct ledgerd *ledgerd, uint64_t height, struct piece *piece, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    int code = qr_store_note(ledgerd->store, height, qr_node_genesis(ledgerd->node), note, error);
    if (code)
        return code;
    qr_note_write(note, &piece->note);
    piece->message.note = (char *)(uintptr_t)qr_buffer_string(&piece->note);
    return 0;
}

/* Adds the block from `offset` on, as far as there is room. */
static int add_block(struct ledgerd *ledgerd, uint64_t height, uint64_t offset, struct answer *answer, struct qr_error *error)
{
    struct piece *piece = &answer->pieces[answer->n];
    answer->list[answer->n++] = &piece->message;
    quorate__ledger_raw_block__init(&piece->message);
    int code = qr_store_block(ledgerd->store, height, &piece->bytes, error);
    if (code == 0 && offset >= piece->bytes.size)
        code = qr_fail(error, QR_ERANGE, "block %" PRIu64 " has %zu bytes", height, piece->bytes.size);
    if (code)
        return code;
    size_t rest = piece->bytes.size - (size_t)offset, size = rest < answer->left ? rest : answer->left;
    answer->left -= size;
    piece->message.height = height;
    piece->message.size = piece->bytes.size;
    piece->message.piece = qr_wire_bytes(piece->bytes.data + offset, size);
    if (size == rest)
        code = add_note(ledgerd, height, piece, error);
    answer->notes_left -= piece->note.size < answer->notes_left ? piece->note.size : answer->notes_left;
    return code;
}

static int gather(struct ledgerd *ledgerd, const Quorate__LedgerRawBlocksRequest *message, struct answer *answer,
                  struct qr_error *error)
{
    uint64_t head = qr_chain_head(ledgerd->chain)->height, offset = message->offset;
    int code = 0;
    for (uint64_t height = message->from;
         code == 0 && height <= head && answer->n < BLOCKS_MAX && answer->left > 0 && answer->notes_left > QR_NOTE_MAX; height++) {
        code = add_block(ledgerd, height, offset, answer, error);
        offset = 0;
    }
    return code;
}

static void respond(struct ledgerd *ledgerd, struct qr_request *request)
{
    struct answer *answer = qr_alloc(1, sizeof *answer);
    struct qr_hash hash = qr_header_hash(qr_chain_head(ledgerd->chain));
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    struct qr_error error;
    quorate__ledger_raw_blocks__init(&answer->message);
    answer->left = BYTES_MAX;
    answer->notes_left = NOTES_MAX;
    qr_store_read_begin(ledgerd->store);
    int code = gather(ledgerd, qr_request_message(request)->ledger_raw_blocks, answer, &error);
    qr_store_read_end(ledgerd->store);
    answer->message.head = qr_chain_head(ledgerd->chain)->height;
    answer->message.head_hash = qr_wire_hash(&hash);
    answer->message.n_blocks = answer->n;
    answer->message.blocks = answer->list;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_RAW_BLOCKS;
    reply.ledger_raw_blocks = &answer->message;
    if (code)
        qr_request_refuse(request, &error);
    else
        qr_request_answer(request, &reply);
    answer_free(answer);
}

static size_t count_waits(const struct ledgerd *ledgerd)
{
    size_t n = 0;
    for (const struct ledgerd_feed_wait *wait = ledgerd->feed; wait; wait = wait->next)
        n++;
    return n;
}

void ledgerd_raw_blocks(struct ledgerd *ledgerd, struct qr_request *request)
{
    const Quorate__LedgerRawBlocksRequest *message = qr_request_message(request)->ledger_raw_blocks;
    if (message->wait_ms <= 0 || message->from != qr_chain_head(ledgerd->chain)->height + 1 ||
        count_waits(ledgerd) == WAITING_MAX) {
        respond(ledgerd, request);
        return;
    }
    struct ledgerd_feed_wait *wait = qr_alloc(1, sizeof *wait);
    wait->request = request;
    wait->until = qr_clock_monotonic() / 1000 + (message->wait_ms < WAIT_MAX_MS ? message->wait_ms : WAIT_MAX_MS);
    wait->next = ledgerd->feed;
    ledgerd->feed = wait;
}

static bool is_over(const struct ledgerd *ledgerd, const struct ledgerd_feed_wait *wait)
{
    return qr_request_message(wait->request)->ledger_raw_blocks->from <= qr_chain_head(ledgerd->chain)->height ||
           qr_clock_monotonic() / 1000 >= wait->until;
}

void ledgerd_serve_feed(struct ledgerd *ledgerd)
{
    for (struct ledgerd_feed_wait **at = &ledgerd->feed; *at;) {
        struct ledgerd_feed_wait *wait = *at;
        if (!is_over(ledgerd, wait)) {
            at = &wait->next;
            continue;
        }
        *at = wait->next;
        respond(ledgerd, wait->request);
        free(wait);
    }
}

void ledgerd_drop_feed(struct ledgerd *ledgerd)
{
    while (ledgerd->feed) {
        struct ledgerd_feed_wait *wait = ledgerd->feed;
        ledgerd->feed = wait->next;
        qr_request_drop(wait->request);
        free(wait);
    }
}
