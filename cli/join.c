/* quorate init --join: the home of one more node of a ledger that exists. Where one node orders, the new one follows it, executes
 * everything again and co-signs; where CometBFT does, it becomes a validator's (init_join.c). */
#include <sys/stat.h>

#include "cli/init.h"
#include "common/file.h"
#include "services/lib/config.h"

struct joining {
    struct cli *cli;
    const char *other;  /* the home it joins, or a genesis file */
    const char *name;   /* of the new node */
    const char *follow; /* as asked for; NULL: the home it joins */
    bool other_is_home;
    struct cli_new_home home;
    struct qr_buffer bytes; /* of genesis.qrg */
    struct qr_genesis genesis;
    struct qr_buffer address; /* as quorate.ini has it */
    struct qr_key *key;
};

static void joining_done(struct joining *joining)
{
    cli_new_home_done(&joining->home);
    qr_buffer_done(&joining->bytes);
    qr_genesis_done(&joining->genesis);
    qr_buffer_done(&joining->address);
    qr_key_free(joining->key);
}

/* ---- What was asked ---- */

static int read_genesis(struct joining *joining, struct qr_error *error)
{
    struct stat facts;
    joining->other_is_home = stat(joining->other, &facts) == 0 && S_ISDIR(facts.st_mode);
    QR_CLEANUP(qr_freep)
    char *path = joining->other_is_home ? qr_path_join(joining->other, "genesis.qrg") : qr_strdup(joining->other);
    int failed = qr_file_read(path, QR_GENESIS_FILE_MAX, &joining->bytes, error);
    if (failed == QR_ENO_FILE) {
        qr_fail(error, QR_ENO_HOME, "there is no home at %s to join", joining->other);
        return qr_hint(error, "--join takes a home's folder, or the file genesis.qrg of one");
    }
    return failed ? failed : qr_genesis_read(joining->bytes.data, joining->bytes.size, &joining->genesis, error);
}

static int check_request(struct joining *joining, struct qr_error *error)
{
    static const char *const others[] = {"members", "engine", "fares", "set", "state-sync"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (cli_value(joining->cli, others[i]) || cli_flag(joining->cli, others[i]))
            return qr_fail(error, QR_EUSAGE, "--%s does not go with a home that follows another", others[i]);
    if (!joining->name)
        return qr_fail(error, QR_EUSAGE, "--join needs --name NAME, what the new node is called");
    if (!qr_name_valid(joining->name))
        return qr_fail(error, QR_EINPUT, "'%.40s' is no node's name: 1 to 32 letters, digits, '_', '-' and '.'",
                       joining->name);
    if (joining->follow || joining->other_is_home)
        return 0;
    qr_fail(error, QR_EUSAGE, "a genesis file does not say where its ledger is: --follow ADDRESS is needed");
    return qr_hint(error, "ADDRESS is a home's folder, or tcp://HOST:PORT with --follow-key");
}

/* The leader's folder as the new home sees it, so that both can be moved together; another address as it is. */
static int set_address(struct joining *joining, struct qr_error *error)
{
    const char *where = joining->follow ? joining->follow : joining->other;
    if (strncmp(where, "tcp://", 6) == 0) {
        qr_buffer_text(&joining->address, "%s", where);
        return 0;
    }
    QR_CLEANUP(qr_freep) char *from = realpath(joining->home.folder, NULL);
    QR_CLEANUP(qr_freep) char *to = realpath(where, NULL);
    if (!from || !to)
        return qr_fail(error, QR_ENO_HOME, "there is no home at %s to follow", where);
    init_relative_path(from, to, &joining->address);
    return 0;
}

/* ---- The home ---- */

static int make_key(struct joining *joining, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(joining->home.folder, "keys/operators/node.key");
    joining->key = qr_key_generate(QR_KEY_NODE, joining->name);
    int failed = init_make_key_folders(joining->home.folder, error);
    return failed ? failed : qr_key_save(joining->key, path, error);
}

static int write_file(const struct joining *joining, const char *name, const struct qr_buffer *bytes, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(joining->home.folder, name);
    return qr_file_write(path, bytes->data, bytes->size, 0644, error);
}

static int write_settings(struct joining *joining, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer settings = {0};
    const char *key = cli_value(joining->cli, "follow-key");
    struct qr_config_given given[] = {{"ledgerd", "follow", qr_buffer_string(&joining->address)}, {"ledgerd", "follow_key", key}};
    int failed = qr_config_write(given, key ? 2 : 1, &settings, error);
    return failed ? failed : write_file(joining, "quorate.ini", &settings, error);
}

static int fill(struct joining *joining, struct qr_error *error)
{
    int failed = set_address(joining, error);
    if (!failed)
        failed = make_key(joining, error);
    if (!failed)
        failed = write_file(joining, "genesis.qrg", &joining->bytes, error);
    if (!failed)
        failed = cli_make_folder(joining->home.folder, "run", error);
    if (!failed)
        failed = cli_make_folder(joining->home.folder, "log", error);
    return failed ? failed : write_settings(joining, error);
}

static int answer(struct joining *joining, struct qr_error *error)
{
    char key[CLI_HEX_TEXT];
    const char *address = qr_buffer_string(&joining->address), *chain = joining->genesis.chain_id;
    qr_hex(qr_key_public(joining->key)->bytes, QR_PUBLIC_KEY_SIZE, key);
    if (cli_wants_json(joining->cli))
        return cli_json(joining->cli,
                        json_pack("{s:s,s:s,s:s,s:s,s:s}", "home", joining->home.home, "chain", chain, "name", joining->name,
                                  "node_key", key, "follow", address),
                        error);
    cli_print(joining->cli, "Home %s\nchain %s, follows %s\n", joining->home.home, chain, address);
    cli_print(joining->cli, "so that its signatures count, a member appoints its node:\n"
                            "  quorate operator appoint node %s --key %s --as MEMBER\n",
              joining->name, key);
    cli_note(joining->cli, "start its services with: quorate --home %s up\n", joining->home.home);
    return 0;
}

static int join(struct joining *joining, struct qr_error *error)
{
    int failed = check_request(joining, error);
    if (!failed)
        failed = cli_new_home_begin(cli_home(joining->cli), &joining->home, error);
    if (!failed)
        failed = fill(joining, error);
    if (!failed)
        failed = cli_new_home_finish(&joining->home, error);
    return failed ? failed : answer(joining, error);
}

int init_join(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(joining_done)
    struct joining joining = {
        .cli = cli, .other = cli_value(cli, "join"), .name = cli_value(cli, "name"), .follow = cli_value(cli, "follow")};
    int failed = read_genesis(&joining, error);
    if (failed)
        return failed;
    return joining.genesis.engine == QR_ENGINE_COMETBFT ? init_join_validator(cli, error) : join(&joining, error);
}
