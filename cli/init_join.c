/* quorate init --join: the home of one more node of a ledger whose engine is CometBFT. */
#include "cli/init.h"
#include "common/fixed.h"
#include "common/file.h"
#include "node/snapshot.h"
#include "services/lib/rpc.h"

struct joining {
    struct cli *cli;
    const char *other; /* the home it joins */
    const char *name, *member;
    struct cli_new_home home;
    struct qr_buffer bytes; /* of genesis.qrg */
    struct qr_genesis genesis;
    struct qr_network network;
    struct cli_cometbft_identity identity;
    struct qr_key *keys[QR_KEY_KINDS];
    char peers[CLI_COMETBFT_PEERS_MAX];
    int64_t port;
    char rpc[QR_SOCKET_PATH_MAX + sizeof "unix://"];
    char hash[QR_HASH_HEX + 1];
    struct cli_cometbft_sync sync;
};

static void joining_done(struct joining *joining)
{
    cli_new_home_done(&joining->home);
    qr_buffer_done(&joining->bytes);
    qr_genesis_done(&joining->genesis);
    qr_network_done(&joining->network);
    for (int kind = 0; kind < QR_KEY_KINDS; kind++)
        qr_key_free(joining->keys[kind]);
}

/* ---- What was asked ---- */

static bool is_member(const struct qr_genesis *genesis, const char *name)
{
    for (size_t i = 0; i < genesis->n_members; i++)
        if (!strcmp(genesis->members[i].name, name))
            return true;
    return false;
}

static int read_genesis(struct joining *joining, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(joining->other, "genesis.qrg");
    int failed = qr_file_read(path, QR_GENESIS_FILE_MAX, &joining->bytes, error);
    if (failed == QR_ENO_FILE)
        return qr_fail(error, QR_ENO_HOME, "there is no home at %s to join", joining->other);
    if (!failed)
        failed = qr_genesis_read(joining->bytes.data, joining->bytes.size, &joining->genesis, error);
    if (failed)
        return failed;
    if (joining->genesis.engine != QR_ENGINE_COMETBFT) {
        qr_fail(error, QR_EREFUSED, "the ledger of %s has the engine %s, whose blocks one node orders", joining->other,
                qr_engine_kind_name(joining->genesis.engine));
        return qr_hint(error, "make a ledger of several with: quorate init --engine cometbft");
    }
    if (!is_member(&joining->genesis, joining->member))
        return qr_fail(error, QR_ENOT_A_MEMBER, "%.70s is no member of %s", joining->member, joining->genesis.chain_id);
    return 0;
}

static int read_request(struct joining *joining, struct qr_error *error)
{
    struct cli *cli = joining->cli;
    static const char *const others[] = {"members", "engine", "follow", "follow-key"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (cli_value(cli, others[i]))
            return qr_fail(error, QR_EUSAGE, "--%s is the ledger's already: it does not go with --join", others[i]);
    joining->other = cli_value(cli, "join");
    joining->name = cli_value(cli, "name");
    joining->member = cli_value(cli, "member");
    if (!joining->name || !joining->member)
        return qr_fail(error, QR_EUSAGE, "--join needs --name NAME, of the new node, and --member MEMBER, whose it is");
    if (!qr_name_valid(joining->name))
        return qr_fail(error, QR_EINPUT, "'%.40s' is no node's name: 1 to 32 letters, digits, '_', '-' and '.'",
                       joining->name);
    int failed = read_genesis(joining, error);
    if (!failed)
        failed = cli_cometbft_peers(joining->other, joining->peers, error);
    return failed;
}

/* The next free one after that of the home that is joined, which is the last peer. */
static int choose_port(struct joining *joining, struct qr_error *error)
{
    int64_t first = strtol(strrchr(joining->peers, ':') + 1, NULL, 10) + 1;
    int failed = init_port(joining->cli, first, &first, error);
    return failed ? failed : cli_cometbft_free_port(first, joining->peers, &joining->port, error);
}

/* ---- State sync ---- */

void init_relative_path(const char *from, const char *to, struct qr_buffer *out)
{
    size_t common = 0;
    for (size_t i = 0; from[i] == to[i] && from[i]; i++)
        if (from[i] == '/' )
            common = i + 1;
    if (!strncmp(from, to, strlen(from)) && to[strlen(from)] == '/')
        common = strlen(from) + 1;
    for (const char *rest = common > strlen(from) ? "" : from + common; *rest; rest++)
        if (rest == from + common || rest[-1] == '/')
            qr_buffer_text(out, "../");
    qr_buffer_text(out, "%s", to + common);
}

/* The other home's RPC as the new home's CometBFT reaches it: its client takes neither blanks nor letters beyond
 * ASCII. */
static int set_rpc(struct joining *joining, const char *socket, struct qr_error *error)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./";
    QR_CLEANUP(qr_freep) char *folder = realpath(joining->home.folder, NULL);
    QR_CLEANUP(qr_freep) char *to = realpath(socket, NULL);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer from = {0}, way = {0};
    if (!folder || !to)
        return qr_fail_errno(error, "find", folder ? socket : joining->home.folder);
    qr_buffer_text(&from, "%s/cometbft", folder);
    init_relative_path(qr_buffer_string(&from), to, &way);
    const char *path = qr_buffer_string(&way);
    if (way.size >= QR_SOCKET_PATH_MAX || strspn(path, plain) != way.size) {
        qr_fail(error, QR_EINPUT, "CometBFT cannot reach the socket %.60s from the new home", path);
        return qr_hint(error, "make the home beside the other under a short, plain name, and move it later");
    }
    snprintf(joining->rpc, sizeof joining->rpc, "unix://%s", path);
    return 0;
}

/* The block of the oldest snapshot that the other home hands out is trusted: what follows is verified from there. */
static int find_snapshot(struct joining *joining, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *folder = qr_path_join(joining->other, "snapshots");
    struct qr_snapshot snapshots[QR_SNAPSHOTS_KEPT];
    size_t n = 0;
    int failed = qr_snapshot_list(folder, snapshots, QR_SNAPSHOTS_KEPT, &n, error);
    if (failed)
        return failed;
    if (n)
        joining->sync = (struct cli_cometbft_sync){
            .rpc = joining->rpc, .height = (int64_t)snapshots[n - 1].height, .hash = joining->hash};
    for (size_t i = 0; i < n; i++)
        qr_snapshot_done(&snapshots[i]);
    if (n)
        return 0;
    qr_fail(error, QR_EREFUSED, "%s has made no snapshot yet that a node could take over", joining->other);
    return qr_hint(error, "join without --state-sync, or see snapshot_blocks in its quorate.ini");
}

static int trust(struct joining *joining, const json_t *commit, struct qr_error *error)
{
    const json_t *header = json_object_get(commit, "signed_header");
    const json_t *block = json_object_get(json_object_get(header, "commit"), "block_id");
    const char *hash = json_string_value(json_object_get(block, "hash"));
    if (!hash || strlen(hash) != QR_HASH_HEX)
        return qr_fail(error, QR_EFORMAT, "CometBFT names no block at %" PRId64, joining->sync.height);
    qr_copy_text(joining->hash, sizeof joining->hash, hash);
    return 0;
}

static int ask_other(struct joining *joining, struct qr_error *error)
{
    struct qr_run_folder *folder = NULL;
    char socket[QR_SOCKET_PATH_MAX], what[64];
    json_t *commit = NULL;
    int failed = find_snapshot(joining, error);
    if (!failed)
        failed = qr_run_folder_open(joining->other, false, &folder, error);
    if (failed)
        return failed;
    struct qr_rpc *rpc = qr_rpc_new(qr_run_folder_rpc(folder, socket));
    snprintf(what, sizeof what, "commit?height=%" PRId64, joining->sync.height);
    failed = qr_rpc_get(rpc, what, &commit, error);
    if (failed)
        (void)qr_hint(error, "--state-sync asks CometBFT of %.60s: start it with quorate up", joining->other);
    if (!failed)
        failed = trust(joining, commit, error);
    json_decref(commit);
    qr_rpc_free(rpc);
    qr_run_folder_free(folder);
    QR_CLEANUP(qr_freep) char *path = qr_path_join(joining->other, "run/rpc.sock");
    return failed ? failed : set_rpc(joining, path, error);
}

/* ---- The home ---- */

static int make_keys(struct joining *joining, struct qr_error *error)
{
    cli_note(joining->cli, "keys of the services and of the validator\n");
    int failed = init_make_key_folders(joining->home.folder, error);
    for (int kind = QR_KEY_NODE; kind < QR_KEY_KINDS && !failed; kind++)
        failed = init_make_operator(joining->home.folder, (enum qr_key_kind)kind, joining->name, &joining->keys[kind], error);
    return failed ? failed : cli_cometbft_create(joining->home.folder, &joining->identity, error);
}

static int fill(struct joining *joining, struct qr_error *error)
{
    struct qr_hash hash = qr_genesis_hash(joining->bytes.data, joining->bytes.size);
    bool sync = cli_flag(joining->cli, "state-sync");
    struct cli_cometbft_settings settings = {
        .name = joining->name, .port = joining->port, .peers = joining->peers, .sync = sync ? &joining->sync : NULL};
    int failed = sync ? ask_other(joining, error) : 0;
    if (!failed)
        failed = make_keys(joining, error);
    if (!failed)
        failed = cli_cometbft_write_genesis(joining->home.folder, &joining->genesis, &hash, error);
    if (!failed)
        failed = cli_cometbft_write_config(joining->home.folder, &settings, error);
    if (!failed)
        failed = init_read_network(joining->cli, &joining->network, error);
    return failed ? failed : init_fill_home(joining->home.folder, &joining->bytes, &joining->network, error);
}

static void key_text(const struct qr_public_key *key, char text[CLI_HEX_TEXT])
{
    qr_hex(key->bytes, sizeof key->bytes, text);
}

static int answer_json(struct joining *joining, struct qr_error *error)
{
    char key[CLI_HEX_TEXT], node[CLI_HEX_TEXT];
    json_t *operators = json_array();
    for (int kind = QR_KEY_NODE; kind < QR_KEY_KINDS; kind++) {
        key_text(qr_key_public(joining->keys[kind]), key);
        json_array_append_new(operators, json_pack("{s:s,s:s,s:s}", "kind", qr_key_kind_name((enum qr_key_kind)kind),
                                                   "name", qr_key_name(joining->keys[kind]), "key", key));
    }
    key_text(&joining->identity.validator, key);
    key_text(qr_key_public(joining->keys[QR_KEY_NODE]), node);
    return cli_json(joining->cli,
                    json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:o}", "home", joining->home.home, "chain",
                              joining->genesis.chain_id, "name", joining->name, "member", joining->member, "key", key,
                              "node_key", node, "node", joining->identity.node, "port", (json_int_t)joining->port,
                              "operators", operators),
                    error);
}

static int answer(struct joining *joining, struct qr_error *error)
{
    char key[CLI_HEX_TEXT], node[CLI_HEX_TEXT];
    if (cli_wants_json(joining->cli))
        return answer_json(joining, error);
    key_text(&joining->identity.validator, key);
    key_text(qr_key_public(joining->keys[QR_KEY_NODE]), node);
    cli_print(joining->cli, "Home %s\nchain %s, CometBFT at 127.0.0.1:%" PRId64 "\n", joining->home.home,
              joining->genesis.chain_id, joining->port);
    cli_print(joining->cli, "to make it a validator, a member proposes:\n"
                            "  quorate proposal create validator --add %s --key %s --node-key %s --member %s\n",
              joining->name, key, node, joining->member);
    cli_print(joining->cli, "that appoints its node as well; so that its other services may sign, %s appoints:\n",
              joining->member);
    for (int kind = QR_KEY_NODE + 1; kind < QR_KEY_KINDS; kind++) {
        key_text(qr_key_public(joining->keys[kind]), key);
        cli_print(joining->cli, "  quorate operator appoint %s %s --key %s --as %s\n",
                  qr_key_kind_name((enum qr_key_kind)kind), qr_key_name(joining->keys[kind]), key, joining->member);
    }
    cli_note(joining->cli, "start its services with: quorate --home %s up\n", joining->home.home);
    return 0;
}

int init_join_validator(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(joining_done) struct joining joining = {.cli = cli};
    int failed = read_request(&joining, error);
    if (!failed)
        failed = choose_port(&joining, error);
    if (!failed)
        failed = cli_new_home_begin(cli_home(cli), &joining.home, error);
    if (!failed)
        failed = fill(&joining, error);
    if (!failed)
        failed = cli_new_home_finish(&joining.home, error);
    return failed ? failed : answer(&joining, error);
}
