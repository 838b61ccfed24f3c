#include "services/lib/rpc.h"

#include <curl/curl.h>
#include <sodium.h>

#include "common/buffer.h"

struct qr_rpc {
    CURL *curl;
    struct curl_slist *headers;
    struct qr_buffer request, answer;
};

static size_t take_answer(char *bytes, size_t size, size_t n, void *context)
{
    struct qr_rpc *rpc = context;
    if (rpc->answer.size + size * n > QR_RPC_ANSWER_MAX)
        return 0;
    qr_buffer_add(&rpc->answer, bytes, size * n);
    return size * n;
}

struct qr_rpc *qr_rpc_new(const char *socket_path)
{
    struct qr_rpc *rpc = qr_alloc(1, sizeof *rpc);
    rpc->curl = curl_easy_init();
    if (!rpc->curl)
        abort();
    rpc->headers = curl_slist_append(NULL, "Content-Type: application/json");
    rpc->headers = curl_slist_append(rpc->headers, "Expect:");
    curl_easy_setopt(rpc->curl, CURLOPT_UNIX_SOCKET_PATH, socket_path);
    curl_easy_setopt(rpc->curl, CURLOPT_HTTPHEADER, rpc->headers);
    curl_easy_setopt(rpc->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(rpc->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(rpc->curl, CURLOPT_TIMEOUT_MS, (long)QR_RPC_TIMEOUT_MS);
    curl_easy_setopt(rpc->curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(rpc->curl, CURLOPT_WRITEDATA, rpc);
    return rpc;
}

void qr_rpc_free(struct qr_rpc *rpc)
{
    if (!rpc)
        return;
    curl_easy_cleanup(rpc->curl);
    curl_slist_free_all(rpc->headers);
    qr_buffer_done(&rpc->request);
    qr_buffer_done(&rpc->answer);
    free(rpc);
}

static void add_call(struct qr_buffer *out, size_t id, const struct qr_span *transaction)
{
    enum { BASE64 = sodium_base64_VARIANT_ORIGINAL };
    size_t room = sodium_base64_encoded_len(transaction->size, BASE64);
    qr_buffer_text(out, "%s{\"jsonrpc\":\"2.0\",\"id\":%zu,\"method\":\"broadcast_tx_async\",\"params\":{\"tx\":\"",
                   id ? "," : "", id);
    qr_buffer_reserve(out, room);
    sodium_bin2base64((char *)out->data + out->size, room, transaction->bytes, transaction->size, BASE64);
    out->size += room - 1;
    qr_buffer_text(out, "\"}}");
}

static int perform(struct qr_rpc *rpc, const char *url, struct qr_error *error)
{
    qr_buffer_clear(&rpc->answer);
    curl_easy_setopt(rpc->curl, CURLOPT_URL, url);
    CURLcode result = curl_easy_perform(rpc->curl);
    if (result != CURLE_OK)
        return qr_fail(error, QR_EUNREACHABLE, "CometBFT does not answer: %s", curl_easy_strerror(result));
    return 0;
}

static int post(struct qr_rpc *rpc, struct qr_error *error)
{
    curl_easy_setopt(rpc->curl, CURLOPT_POSTFIELDS, rpc->request.data);
    curl_easy_setopt(rpc->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)rpc->request.size);
    return perform(rpc, "http://cometbft/", error);
}

int qr_rpc_get(struct qr_rpc *rpc, const char *what, json_t **ret_result, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer url = {0};
    qr_buffer_text(&url, "http://cometbft/%s", what);
    curl_easy_setopt(rpc->curl, CURLOPT_HTTPGET, 1L);
    int failed = perform(rpc, qr_buffer_string(&url), error);
    if (failed)
        return failed;
    json_t *answer = json_loadb((const char *)rpc->answer.data, rpc->answer.size, 0, NULL);
    json_t *result = json_incref(json_object_get(answer, "result"));
    json_decref(answer);
    if (!result)
        return qr_fail(error, QR_EFORMAT, "CometBFT's RPC gives no answer to %s: \"%.80s\"", what,
                       qr_buffer_string(&rpc->answer));
    *ret_result = result;
    return 0;
}

int qr_rpc_broadcast(struct qr_rpc *rpc, const struct qr_span *transactions, size_t n, struct qr_error *error)
{
    qr_buffer_clear(&rpc->request);
    qr_buffer_text(&rpc->request, "[");
    for (size_t i = 0; i < n; i++)
        add_call(&rpc->request, i, &transactions[i]);
    qr_buffer_text(&rpc->request, "]");
    int failed = post(rpc, error);
    if (failed)
        return failed;
    json_t *answer = json_loadb((const char *)rpc->answer.data, rpc->answer.size, 0, NULL);
    bool good = answer && (n == 1 ? json_is_object(answer) || json_is_array(answer) : json_array_size(answer) == n);
    json_decref(answer);
    if (good)
        return 0;
    return qr_fail(error, QR_EFORMAT, "CometBFT's RPC answers what is no list of %zu answers: \"%.80s\"", n,
                   qr_buffer_string(&rpc->answer));
}
