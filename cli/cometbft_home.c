/* CometBFT's files, in its formats. */
#include "cli/cometbft_home.h"

#include <jansson.h>
#include <netinet/in.h>
#include <sodium.h>
#include <sys/socket.h>

#include "cli/new_home.h"
#include "common/clock.h"
#include "common/file.h"
#include "ledger/block.h"
#include "ledger/transaction.h"
#include "services/lib/rpc.h"

enum { ADDRESS_SIZE = 20, ADDRESS_TEXT = 2 * ADDRESS_SIZE + 1, PORT_MAX = 65535, CONFIG_MAX = 256 << 10, JSON_MAX = 64 << 10 };

/* ---- Keys ---- */

/* The first 20 bytes of a public key's SHA-256. */
static void address_of(const uint8_t public[crypto_sign_PUBLICKEYBYTES], char text[ADDRESS_TEXT])
{
    struct qr_hash hash = qr_sha256(public, crypto_sign_PUBLICKEYBYTES);
    qr_hex(hash.bytes, ADDRESS_SIZE, text);
}

/* {"type":TYPE,"value":BASE64} */
static json_t *typed(const char *type, const uint8_t *bytes, size_t size)
{
    char text[sodium_base64_ENCODED_LEN(crypto_sign_SECRETKEYBYTES, sodium_base64_VARIANT_ORIGINAL)];
    sodium_bin2base64(text, sizeof text, bytes, size, sodium_base64_VARIANT_ORIGINAL);
    json_t *document = json_pack("{s:s,s:s}", "type", type, "value", text);
    sodium_memzero(text, sizeof text);
    return document;
}

static json_t *public_json(const uint8_t public[crypto_sign_PUBLICKEYBYTES])
{
    return typed("tendermint/PubKeyEd25519", public, crypto_sign_PUBLICKEYBYTES);
}

static json_t *secret_json(const uint8_t secret[crypto_sign_SECRETKEYBYTES])
{
    return typed("tendermint/PrivKeyEd25519", secret, crypto_sign_SECRETKEYBYTES);
}

/* CometBFT writes addresses in capital letters. */
static void capitals(char *text)
{
    for (; *text; text++)
        if (*text >= 'a' && *text <= 'f')
            *text = (char)(*text - 'a' + 'A');
}

/* Takes the document. */
static int save(const char *home, const char *name, unsigned mode, json_t *document, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *folder = qr_path_join(home, "cometbft");
    QR_CLEANUP(qr_freep) char *path = qr_path_join(folder, name);
    char *text = document ? json_dumps(document, JSON_INDENT(2)) : NULL;
    json_decref(document);
    if (!text)
        return qr_fail(error, QR_EINTERNAL, "%s is no valid JSON", name);
    int failed = qr_file_create(path, text, strlen(text), mode, error);
    sodium_memzero(text, strlen(text));
    free(text);
    return failed;
}

static int save_validator(const char *home, const uint8_t public[crypto_sign_PUBLICKEYBYTES],
                          const uint8_t secret[crypto_sign_SECRETKEYBYTES], struct qr_error *error)
{
    char address[ADDRESS_TEXT];
    address_of(public, address);
    capitals(address);
    json_t *key =
        json_pack("{s:s,s:o,s:o}", "address", address, "pub_key", public_json(public), "priv_key", secret_json(secret));
    int failed = save(home, "config/priv_validator_key.json", 0600, key, error);
    if (failed)
        return failed;
    json_t *state = json_pack("{s:s,s:i,s:i}", "height", "0", "round", 0, "step", 0);
    return save(home, "data/priv_validator_state.json", 0600, state, error);
}

static int make_folders(const char *home, struct qr_error *error)
{
    int failed = cli_make_folder(home, "cometbft", error);
    if (!failed)
        failed = cli_make_folder(home, "cometbft/config", error);
    return failed ? failed : cli_make_folder(home, "cometbft/data", error);
}

int cli_cometbft_create(const char *home, struct cli_cometbft_identity *ret, struct qr_error *error)
{
    uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
    struct cli_cometbft_identity identity;
    int failed = make_folders(home, error);
    if (failed)
        return failed;
    crypto_sign_keypair(public, secret);
    memcpy(identity.validator.bytes, public, sizeof identity.validator.bytes);
    failed = save_validator(home, public, secret, error);
    if (!failed) {
        crypto_sign_keypair(public, secret);
        address_of(public, identity.node);
        failed = save(home, "config/node_key.json", 0600, json_pack("{s:o}", "priv_key", secret_json(secret)), error);
    }
    sodium_memzero(secret, sizeof secret);
    if (!failed)
        *ret = identity;
    return failed;
}

/* ---- Genesis ---- */

static json_t *number(int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    return json_string(text);
}

static json_t *validator_json(const struct qr_validator *validator)
{
    char address[ADDRESS_TEXT];
    address_of(validator->key.bytes, address);
    capitals(address);
    return json_pack("{s:s,s:o,s:o,s:s}", "address", address, "pub_key", public_json(validator->key.bytes), "power",
                     number(validator->power), "name", validator->name);
}

/* Vote extensions carry the nodes' signatures over checkpoints from the first block on. */
static json_t *params_json(void)
{
    enum { EVIDENCE_BLOCKS = 100000, EVIDENCE_BYTES = 1 << 20 };
    static const int64_t evidence_ns = INT64_C(48) * 3600 * 1000000000;
    return json_pack("{s:{s:o,s:s},s:{s:o,s:o,s:o},s:{s:[s]},s:{s:s},s:{s:s}}",                       /* */
                     "block", "max_bytes", number(QR_BLOCK_BYTES_MAX), "max_gas", "-1",               /* */
                     "evidence", "max_age_num_blocks", number(EVIDENCE_BLOCKS), "max_age_duration", /* */
                     number(evidence_ns), "max_bytes", number(EVIDENCE_BYTES),                        /* */
                     "validator", "pub_key_types", "ed25519",                                         /* */
                     "version", "app", "0",                                                           /* */
                     "abci", "vote_extensions_enable_height", "1");
}

int cli_cometbft_write_genesis(const char *home, const struct qr_genesis *genesis, const struct qr_hash *hash,
                               struct qr_error *error)
{
    char time[QR_TIME_TEXT];
    if (strlen(genesis->chain_id) > CLI_COMETBFT_CHAIN_MAX)
        return qr_fail(error, QR_ELIMIT, "CometBFT takes chain ids of at most %d characters", CLI_COMETBFT_CHAIN_MAX);
    json_t *validators = json_array();
    for (size_t i = 0; i < genesis->n_validators; i++)
        json_array_append_new(validators, validator_json(&genesis->validators[i]));
    json_t *document = json_pack("{s:s,s:s,s:s,s:o,s:o,s:s,s:{s:s}}", "genesis_time", qr_time_format(genesis->time, time),
                                 "chain_id", genesis->chain_id, "initial_height", "1", "consensus_params", params_json(),
                                 "validators", validators, "app_hash", "", "app_state", "quorate_genesis",
                                 qr_hash_text(hash).text);
    return save(home, "config/genesis.json", 0644, document, error);
}

/* ---- Configuration ---- */

static void add_sync(struct qr_buffer *out, const struct cli_cometbft_sync *sync)
{
    qr_buffer_text(out,
                   "\n"
                   "# A new node takes over a snapshot that its peers offer, from the state at a block that is trusted.\n"
                   "[statesync]\n"
                   "enable = true\n"
                   "rpc_servers = \"%s,%s\"\n"
                   "trust_height = %" PRId64 "\n"
                   "trust_hash = \"%s\"\n"
                   "trust_period = \"8760h0m0s\"\n"
                   "discovery_time = \"5s\"\n"
                   "chunk_request_timeout = \"10s\"\n"
                   "chunk_fetchers = \"4\"\n",
                   sync->rpc, sync->rpc, sync->height, sync->hash);
}

int cli_cometbft_write_config(const char *home, const struct cli_cometbft_settings *settings, struct qr_error *error)
{
    /* Transactions travel to the RPC in base64, a call at most QR_RPC_BYTES_MAX and one transaction. */
    enum { BODY_MAX = (QR_RPC_BYTES_MAX + QR_TRANSACTION_MAX) / 3 * 4 + (1 << 20) };
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "cometbft/config/config.toml");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    qr_buffer_text(&text,
                   "# CometBFT v0.38 in a home of Quorate: what differs from its defaults. `quorate up` starts it in\n"
                   "# HOME/cometbft, so that paths are relative to that.\n"
                   "\n"
                   "moniker = \"%s\"\n"
                   "proxy_app = \"unix://../run/abci.sock\"\n"
                   "log_level = \"main:info,statesync:info,*:error\"\n",
                   settings->name);
    qr_buffer_text(&text,
                   "\n"
                   "# ledgerd hands in transactions here.\n"
                   "[rpc]\n"
                   "laddr = \"unix://../run/rpc.sock\"\n"
                   "max_request_batch_size = %d\n"
                   "max_body_bytes = %d\n",
                   QR_RPC_BATCH_MAX + 1, BODY_MAX);
    qr_buffer_text(&text,
                   "\n"
                   "# Between machines: an address that the others reach, theirs in persistent_peers, addr_book_strict = true.\n"
                   "[p2p]\n"
                   "laddr = \"tcp://127.0.0.1:%" PRId64 "\"\n"
                   "persistent_peers = \"%s\"\n"
                   "persistent_peers_max_dial_period = \"2s\"\n"
                   "pex = false\n"
                   "addr_book_strict = false\n"
                   "allow_duplicate_ip = true\n"
                   "flush_throttle_timeout = \"10ms\"\n"
                   "send_rate = 67108864\n"
                   "recv_rate = 67108864\n",
                   settings->port, settings->peers);
    qr_buffer_text(&text,
                   "\n"
                   "[mempool]\n"
                   "size = 20000\n"
                   "max_txs_bytes = 134217728\n"
                   "max_tx_bytes = %d\n"
                   "cache_size = 40000\n",
                   QR_TRANSACTION_MAX);
    qr_buffer_text(&text, "\n"
                          "[consensus]\n"
                          "create_empty_blocks = false\n"
                          "timeout_propose = \"1s\"\n"
                          "timeout_propose_delta = \"500ms\"\n"
                          "timeout_prevote = \"300ms\"\n"
                          "timeout_prevote_delta = \"200ms\"\n"
                          "timeout_precommit = \"300ms\"\n"
                          "timeout_precommit_delta = \"200ms\"\n"
                          "timeout_commit = \"50ms\"\n"
                          "skip_timeout_commit = true\n"
                          "peer_gossip_sleep_duration = \"10ms\"\n"
                          "\n"
                          "# The ledger keeps results and finds transactions itself.\n"
                          "[storage]\n"
                          "discard_abci_responses = true\n"
                          "\n"
                          "[tx_index]\n"
                          "indexer = \"null\"\n");
    if (settings->sync)
        add_sync(&text, settings->sync);
    return qr_file_create(path, text.data, text.size, 0644, error);
}

/* ---- Another home's ---- */

/* Appends the text of `key = "TEXT"` in a section of config.toml. */
static bool toml_text(const char *text, const char *section, const char *key, struct qr_buffer *out)
{
    char heading[64], entry[64];
    snprintf(heading, sizeof heading, "\n[%s]", section);
    snprintf(entry, sizeof entry, "\n%s = \"", key);
    const char *begin = strstr(text, heading);
    const char *end = begin ? strstr(begin + 1, "\n[") : NULL, *found = begin ? strstr(begin, entry) : NULL;
    if (!found || (end && found > end))
        return false;
    found += strlen(entry);
    size_t size = strcspn(found, "\"\n");
    qr_buffer_add(out, found, size);
    return found[size] == '"';
}

static int node_of(const char *home, char node[CLI_COMETBFT_NODE_MAX], struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "cometbft/config/node_key.json");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    size_t size = 0;
    int failed = qr_file_read(path, JSON_MAX, &text, error);
    if (failed)
        return failed;
    json_t *document = json_loadb((const char *)text.data, text.size, 0, NULL);
    const char *value = json_string_value(json_object_get(json_object_get(document, "priv_key"), "value"));
    bool good = value && !sodium_base642bin(secret, sizeof secret, value, strlen(value), NULL, &size, NULL,
                                            sodium_base64_VARIANT_ORIGINAL) && size == sizeof secret;
    if (good)
        address_of(secret + crypto_sign_SEEDBYTES, node);
    json_decref(document);
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(text.data, text.size);
    return good ? 0 : qr_fail(error, QR_EFORMAT, "%s holds no key", path);
}

int cli_cometbft_peers(const char *home, char ret_peers[CLI_COMETBFT_PEERS_MAX], struct qr_error *error)
{
    static const char tcp[] = "tcp://";
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "cometbft/config/config.toml");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0}, address = {0}, peers = {0};
    char node[CLI_COMETBFT_NODE_MAX];
    int failed = qr_file_read(path, CONFIG_MAX, &text, error);
    if (!failed)
        failed = node_of(home, node, error);
    if (failed)
        return failed;
    const char *config = qr_buffer_string(&text);
    if (!toml_text(config, "p2p", "laddr", &address) || strncmp(qr_buffer_string(&address), tcp, sizeof tcp - 1) != 0 ||
        !toml_text(config, "p2p", "persistent_peers", &peers))
        return qr_fail(error, QR_EFORMAT, "%s does not say laddr and persistent_peers in [p2p]", path);
    if (peers.size + address.size + CLI_COMETBFT_NODE_MAX + 2 > CLI_COMETBFT_PEERS_MAX)
        return qr_fail(error, QR_ELIMIT, "%s names too many peers", path);
    snprintf(ret_peers, CLI_COMETBFT_PEERS_MAX, "%s%s%s@%s", qr_buffer_string(&peers), peers.size ? "," : "", node,
             qr_buffer_string(&address) + sizeof tcp - 1);
    return 0;
}

/* Whether a node of 127.0.0.1 could listen there. */
static bool port_free(int64_t port, const char *peers)
{
    char end[24];
    snprintf(end, sizeof end, ":%" PRId64, port);
    for (const char *found = strstr(peers, end); found; found = strstr(found + 1, end))
        if (found[strlen(end)] == ',' || !found[strlen(end)])
            return false;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    bool free_port = bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return free_port;
}

int cli_cometbft_free_port(int64_t first, const char *peers, int64_t *ret_port, struct qr_error *error)
{
    int64_t port = first;
    while (port <= PORT_MAX && !port_free(port, peers))
        port++;
    if (port > PORT_MAX)
        return qr_fail(error, QR_ERANGE, "no port from %" PRId64 " on is free", first);
    *ret_port = port;
    return 0;
}
