/* One load generator for a network of CometBFT nodes, whatever their application: sends transactions that were made before
 * (bench/transactions) over RPC, as fast as the chain takes them, and tells what the chain's own blocks say came in.
 *
 *     bench/broadcast WARM SECONDS WINDOW SOCKET=FILE...
 *
 * SOCKET is a node's RPC at a unix socket; FILE its transactions, sent in order, over one connection that stays open, as batches of
 * broadcast_tx_async. At most WINDOW transactions are on the way at a time, so that no mempool overflows. After WARM seconds the height is
 * noted, after SECONDS more again: transactions in the blocks between, by the time between their headers. Prints one line:
 * transactions a second, transactions, seconds, blocks, and the transactions of the whole run. */
#include "common/buffer.h"
#include "common/clock.h"
#include "common/file.h"

#include <curl/curl.h>
#include <jansson.h>
#include <sodium.h>

enum { NODES_MAX = 16, BATCH = 64, BATCH_BYTES = 1 << 20, POLL_US = 50000, METAS = 20, STALL_SECONDS = 30 };

struct node {
    char *socket;
    struct qr_buffer file;
    size_t at; /* in file */
    uint64_t left;
    CURL *curl;
    struct qr_buffer request, answer;
    size_t sending; /* transactions of the request under way; 0: none */
};

struct chain {
    CURL *curl;
    struct qr_buffer answer;
    uint64_t height, transactions; /* up to that height */
    int64_t time;                  /* of its header, ms */
    int64_t polled, moved;
};

struct load {
    size_t n;
    struct node nodes[NODES_MAX];
    struct curl_slist *headers;
    CURLM *multi;
    struct chain chain;
    uint64_t sent, window;
};

static void stop(const char *what, const char *detail)
{
    fprintf(stderr, "bench/broadcast: %s%s%.200s\n", what, detail ? ": " : "", detail ? detail : "");
    exit(EXIT_FAILURE);
}

/* ---- Requests ---- */

static size_t take_answer(char *bytes, size_t size, size_t n, void *context)
{
    qr_buffer_add(context, bytes, size * n);
    return size * n;
}

static CURL *new_handle(const char *socket, struct qr_buffer *answer)
{
    CURL *curl = curl_easy_init();
    if (!curl)
        abort();
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    return curl;
}

static size_t next_size(const struct node *node)
{
    const uint8_t *bytes = node->file.data + node->at;
    return (size_t)bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24;
}

static void add_call(struct node *node, size_t id)
{
    enum { BASE64 = sodium_base64_VARIANT_ORIGINAL };
    size_t size = next_size(node), room = sodium_base64_encoded_len(size, BASE64);
    struct qr_buffer *out = &node->request;
    qr_buffer_text(out, "%c{\"jsonrpc\":\"2.0\",\"id\":%zu,\"method\":\"broadcast_tx_async\",\"params\":{\"tx\":\"", id ? ',' : '[', id);
    qr_buffer_reserve(out, room);
    sodium_bin2base64((char *)out->data + out->size, room, node->file.data + node->at + 4, size, BASE64);
    out->size += room - 1;
    qr_buffer_text(out, "\"}}");
    node->at += 4 + size;
}

/* Sends the node's next transactions, as many as may go. */
static void send_some(struct load *load, struct node *node)
{
    uint64_t on_the_way = load->sent - load->chain.transactions;
    if (node->sending || node->left == 0 || load->sent >= load->chain.transactions + load->window)
        return;
    uint64_t room = load->window - on_the_way;
    qr_buffer_clear(&node->request);
    qr_buffer_clear(&node->answer);
    while (node->left && node->sending < room && node->sending < BATCH && node->request.size < BATCH_BYTES) {
        add_call(node, node->sending++);
        node->left--;
    }
    qr_buffer_byte(&node->request, ']');
    load->sent += node->sending;
    curl_easy_setopt(node->curl, CURLOPT_POSTFIELDS, node->request.data);
    curl_easy_setopt(node->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)node->request.size);
    curl_multi_add_handle(load->multi, node->curl);
}

static void finish(struct load *load, const CURLMsg *message)
{
    for (size_t i = 0; i < load->n; i++) {
        struct node *node = &load->nodes[i];
        if (node->curl != message->easy_handle)
            continue;
        if (message->data.result != CURLE_OK)
            stop(node->socket, curl_easy_strerror(message->data.result));
        const char *refused = strstr(qr_buffer_string(&node->answer), "\"error\"");
        if (refused)
            stop("a transaction is refused", refused);
        node->sending = 0;
        curl_multi_remove_handle(load->multi, node->curl);
    }
}

/* ---- The chain ---- */

static json_t *ask(struct chain *chain, const char *url)
{
    qr_buffer_clear(&chain->answer);
    curl_easy_setopt(chain->curl, CURLOPT_URL, url);
    CURLcode result = curl_easy_perform(chain->curl);
    if (result != CURLE_OK)
        stop("the first node does not answer", curl_easy_strerror(result));
    json_t *answer = json_loadb(qr_buffer_string(&chain->answer), chain->answer.size, 0, NULL);
    if (!json_object_get(answer, "result"))
        stop("not an answer", qr_buffer_string(&chain->answer));
    return answer;
}

static uint64_t whole(const json_t *text)
{
    return json_is_string(text) ? strtoull(json_string_value(text), NULL, 10) : 0;
}

/* CometBFT's times have up to nine digits behind the second. */
static int64_t time_of(const char *text)
{
    char seconds[32], fraction[4] = "000";
    int64_t time = 0;
    size_t whole_part = strcspn(text, ".Z");
    struct qr_error error = {0};
    snprintf(seconds, sizeof seconds, "%.*sZ", (int)whole_part, text);
    for (size_t i = 0; text[whole_part] == '.' && i < 3 && isdigit((unsigned char)text[whole_part + 1 + i]); i++)
        fraction[i] = text[whole_part + 1 + i];
    if (qr_time_parse(seconds, &time, &error) != 0)
        stop("not a time", text);
    return time + strtol(fraction, NULL, 10);
}

/* Takes in the blocks that came since, at most METAS; the answer has the newest first. */
static void take_blocks(struct chain *chain)
{
    char url[160];
    snprintf(url, sizeof url, "http://cometbft/blockchain?minHeight=%" PRIu64 "&maxHeight=%" PRIu64, chain->height + 1,
             chain->height + METAS);
    json_t *answer = ask(chain, url);
    const json_t *metas = json_object_get(json_object_get(answer, "result"), "block_metas");
    for (size_t i = json_array_size(metas); i-- > 0;) {
        const json_t *meta = json_array_get(metas, i), *header = json_object_get(meta, "header");
        uint64_t height = whole(json_object_get(header, "height"));
        if (height != chain->height + 1)
            continue;
        chain->height = height;
        chain->transactions += whole(json_object_get(meta, "num_txs"));
        chain->time = time_of(json_string_value(json_object_get(header, "time")));
        chain->moved = qr_clock_monotonic();
    }
    json_decref(answer);
}

static uint64_t last_height(struct chain *chain)
{
    json_t *answer = ask(chain, "http://cometbft/status");
    const json_t *sync = json_object_get(json_object_get(answer, "result"), "sync_info");
    uint64_t height = whole(json_object_get(sync, "latest_block_height"));
    json_decref(answer);
    return height;
}

/* Follows the chain to its end. */
static void follow(struct chain *chain)
{
    uint64_t last = last_height(chain);
    while (chain->height < last) {
        uint64_t before = chain->height;
        take_blocks(chain);
        if (chain->height == before)
            break;
    }
    chain->polled = qr_clock_monotonic();
}

/* ---- One run ---- */

static void open_node(struct load *load, const char *argument)
{
    struct qr_error error = {0};
    struct node *node = &load->nodes[load->n++];
    const char *equals = strchr(argument, '=');
    if (!equals)
        stop("not SOCKET=FILE", argument);
    node->socket = qr_strdup(argument);
    node->socket[equals - argument] = 0;
    if (qr_file_read(equals + 1, SIZE_MAX >> 2, &node->file, &error) != 0)
        stop(error.text, NULL);
    for (size_t at = 0; at + 4 <= node->file.size; node->left++) {
        node->at = at;
        at += 4 + next_size(node);
    }
    node->at = 0;
    node->curl = new_handle(node->socket, &node->answer);
    curl_easy_setopt(node->curl, CURLOPT_URL, "http://cometbft/");
    curl_easy_setopt(node->curl, CURLOPT_HTTPHEADER, load->headers);
}

static void run_until(struct load *load, int64_t end)
{
    struct chain *chain = &load->chain;
    int under_way;
    for (int64_t now = qr_clock_monotonic(); now < end; now = qr_clock_monotonic()) {
        for (size_t i = 0; i < load->n; i++)
            send_some(load, &load->nodes[i]);
        curl_multi_perform(load->multi, &under_way);
        const CURLMsg *message;
        while ((message = curl_multi_info_read(load->multi, &under_way)))
            if (message->msg == CURLMSG_DONE)
                finish(load, message);
        if (now - chain->polled >= POLL_US)
            follow(chain);
        if (now - chain->moved > STALL_SECONDS * INT64_C(1000000))
            stop("the chain stands still", NULL);
        curl_multi_poll(load->multi, NULL, 0, POLL_US / 5000, NULL);
    }
}

static bool drained(const struct load *load)
{
    uint64_t left = 0;
    for (size_t i = 0; i < load->n; i++)
        left += load->nodes[i].left;
    return left == 0;
}

static struct load *load_new(int argc, char **argv)
{
    struct load *load = qr_alloc(1, sizeof *load);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    load->headers = curl_slist_append(curl_slist_append(NULL, "Content-Type: application/json"), "Expect:");
    load->multi = curl_multi_init();
    load->window = strtoull(argv[3], NULL, 10);
    for (int i = 4; i < argc; i++)
        open_node(load, argv[i]);
    struct chain *chain = &load->chain;
    chain->curl = new_handle(load->nodes[0].socket, &chain->answer);
    chain->height = last_height(chain);
    if (chain->height > 0) { /* the last block is taken once more, for its time */
        chain->height--;
        follow(chain);
        chain->transactions = 0;
    }
    chain->moved = qr_clock_monotonic();
    return load;
}

int main(int argc, char **argv)
{
    if (argc < 5 || argc - 4 > NODES_MAX)
        stop("usage: bench/broadcast WARM SECONDS WINDOW SOCKET=FILE...", NULL);
    int64_t warm = strtol(argv[1], NULL, 10) * 1000000, seconds = strtol(argv[2], NULL, 10) * 1000000;
    struct load *load = load_new(argc, argv);
    int64_t start = qr_clock_monotonic();
    run_until(load, start + warm);
    struct chain from = load->chain;
    run_until(load, start + warm + seconds);
    struct chain to = load->chain;
    if (drained(load) && load->sent - to.transactions < load->window / 4)
        stop("the transactions were too few for this chain", NULL);
    if (to.time <= from.time || from.time == 0)
        stop("no block came in the time measured", NULL);
    double took = (double)(to.time - from.time) / 1e3;
    printf("%.0f %" PRIu64 " %.1f %" PRIu64 " %" PRIu64 "\n", (double)(to.transactions - from.transactions) / took,
           to.transactions - from.transactions, took, to.height - from.height, to.transactions);
    return EXIT_SUCCESS;
}
