#include "services/ledgerd/follower.h"

#include "common/clock.h"

/* Blocks from the leader. Whoever has all of them waits there for the next; what comes is not trusted, only taken apart and counted. */

enum { WAIT_MS = 5000, ANSWER_MS = 5000, BLOCK_MAX = QR_BLOCK_BYTES_MAX + (1 << 20) };

static int64_t now_ms(void)
{
    return qr_clock_monotonic() / 1000;
}

/* What a block that waits takes: the leader decides how long its note is, too. */
static size_t cost_of(const struct received *received)
{
    return sizeof *received + received->bytes.size + strlen(received->note);
}

static void received_free(struct received *received)
{
    qr_block_done(&received->block);
    qr_buffer_done(&received->bytes);
    free(received->note);
    free(received);
}

void feeder_drop_first(struct follower *follower)
{
    struct received *received = follower->first;
    follower->first = received->next;
    if (!follower->first)
        follower->end = &follower->first;
    follower->backlog -= cost_of(received);
    received_free(received);
}

void feeder_free(struct follower *follower)
{
    while (follower->first)
        feeder_drop_first(follower);
    qr_buffer_done(&follower->partial);
}

/* The block that is now whole. */
static int take_block(struct follower *follower, const char *note, struct qr_error *error)
{
    struct received *received = qr_alloc(1, sizeof *received);
    received->bytes = follower->partial;
    follower->partial = (struct qr_buffer){0};
    int code = qr_block_read(received->bytes.data, received->bytes.size, &received->block, error);
    if (code == 0 && received->block.header.height != follower->next)
        code = qr_fail(error, QR_EFORMAT, "what came as block %" PRIu64 " is another", follower->next);
    if (code) {
        received_free(received);
        return code;
    }
    received->note = qr_strdup(note);
    follower->backlog += cost_of(received);
    *follower->end = received;
    follower->end = &received->next;
    follower->next++;
    return 0;
}

static int take_piece(struct follower *follower, const Quorate__LedgerRawBlock *message, struct qr_error *error)
{
    if (message->height != follower->next || message->size > BLOCK_MAX || message->piece.len == 0 ||
        message->piece.len > message->size - follower->partial.size || follower->partial.size > message->size)
        return qr_fail(error, QR_EFORMAT, "a piece of a block came that was not asked for");
    qr_buffer_add(&follower->partial, message->piece.data, message->piece.len);
    return follower->partial.size == message->size ? take_block(follower, message->note, error) : 0;
}

/* Compares the leader's last block with the one here. */
static void compare_heads(struct follower *follower, const Quorate__LedgerRawBlocks *message)
{
    const struct qr_header *own = qr_chain_head(follower->ledgerd->chain);
    struct qr_header header;
    struct qr_error why;
    if (message->head > own->height || message->head_hash.len != QR_HASH_SIZE ||
        qr_store_header(follower->ledgerd->store, message->head, &header, NULL) != 0)
        return;
    struct qr_hash hash = qr_header_hash(&header);
    if (memcmp(hash.bytes, message->head_hash.data, QR_HASH_SIZE) != 0) {
        follower_diverge(follower, message->head);
    } else if (message->head < own->height) {
        qr_fail(&why, QR_EFORKED, "the ledger at %.100s ends at block %" PRIu64 "; this home has block %" PRIu64 ": the leader lost blocks",
                follower->address, message->head, own->height);
        follower_set(follower, FOLLOWER_BEHIND, &why);
        follower->ask_after = now_ms() + FOLLOWER_RETRY_MS;
    }
}

static void take_reply(struct follower *follower, const Quorate__LedgerRawBlocks *message)
{
    struct qr_error error;
    int code = 0;
    follower->leader_head = message->head;
    if (follower->state == FOLLOWER_AWAY || follower->state == FOLLOWER_BEHIND)
        follower_set(follower, FOLLOWER_FOLLOWS, NULL);
    compare_heads(follower, message);
    for (size_t i = 0; code == 0 && i < message->n_blocks; i++)
        code = take_piece(follower, message->blocks[i], &error);
    if (code) {
        qr_prefix(&error, "%.100s", follower->address);
        follower_set(follower, FOLLOWER_INVALID, &error);
    }
}

static void blocks_came(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct follower *follower = context;
    follower->asking = false;
    if (!error) {
        take_reply(follower, reply->ledger_raw_blocks);
        qr_reply_free(reply);
        return;
    }
    struct qr_error why;
    qr_fail(&why, error->code, "the ledger at %.100s does not answer: %.150s", follower->address, error->text);
    follower_set(follower, FOLLOWER_AWAY, &why);
    follower->ask_after = now_ms() + FOLLOWER_RETRY_MS;
}

void feeder_ask(struct follower *follower)
{
    Quorate__LedgerRawBlocksRequest ask = QUORATE__LEDGER_RAW_BLOCKS_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    if (follower->asking || follower_stopped(follower) || follower->backlog >= FOLLOWER_BACKLOG_MAX ||
        now_ms() < follower->ask_after)
        return;
    ask.from = follower->next;
    ask.offset = follower->partial.size;
    ask.wait_ms = follower->state == FOLLOWER_AWAY ? 0 : WAIT_MS; /* whether it is there shows at once */
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_RAW_BLOCKS;
    request.ledger_raw_blocks = &ask;
    follower->asking = qr_client_send(follower->client, QR_SERVICE_LEDGER, &request, WAIT_MS + ANSWER_MS, blocks_came, follower,
                                      NULL) == 0;
}
