/* quorate init: a home, or one for each organisation, made whole in a folder beside it and renamed. */
#include "cli/init.h"

#include "common/clock.h"
#include "common/file.h"
#include "common/fixed.h"

enum { MEMBERS_MAX = 64, PORT_MAX = 65535 };

static const char members_alone[] = "Vistara,Air_India,Indigo";
static const char members_together[] = "Vistara,Air_India,Indigo,SpiceJet"; /* four: any one may fail */
static const char port_setting[] = "cometbft.port";

/* A home that is made: the only one, or a member's. */
struct place {
    char member[QR_MEMBER_NAME_MAX]; /* who appoints its services */
    char *folder;
    struct cli_cometbft_identity identity;
    int64_t port;
};

struct making {
    struct cli *cli;
    struct cli_new_home home;
    struct qr_genesis genesis;
    struct qr_network network;
    struct qr_buffer bytes; /* of genesis.qrg */
    struct place places[MEMBERS_MAX];
    size_t n_places;
};

static void making_done(struct making *making)
{
    for (size_t i = 0; i < making->n_places; i++)
        free(making->places[i].folder);
    cli_new_home_done(&making->home);
    qr_genesis_done(&making->genesis);
    qr_network_done(&making->network);
    qr_buffer_done(&making->bytes);
}

static bool together(const struct making *making)
{
    return making->genesis.engine == QR_ENGINE_COMETBFT;
}

/* ---- Members, their homes and keys ---- */

/* The member's home: its own, or the only one. */
static int add_place(struct making *making, const char *member, const char **ret_folder, struct qr_error *error)
{
    int failed = 0;
    if (together(making) || !making->n_places) {
        struct place *place = &making->places[making->n_places++];
        qr_copy_text(place->member, sizeof place->member, member);
        place->folder = together(making) ? qr_path_join(making->home.folder, member) : qr_strdup(making->home.folder);
        if (together(making))
            failed = cli_make_folder(making->home.folder, member, error);
        if (!failed)
            failed = init_make_key_folders(place->folder, error);
    }
    *ret_folder = making->places[making->n_places - 1].folder;
    return failed;
}

static int add_member(struct making *making, const char *name, struct qr_error *error)
{
    if (!qr_name_valid(name)) {
        return qr_fail(error, QR_EINPUT, "'%.40s' is no member's name: 1 to 32 letters, digits, '_', '-' and '.'",
                       name);
    }
    for (size_t i = 0; i < making->genesis.n_members; i++) {
        if (!strcmp(making->genesis.members[i].name, name))
            return qr_fail(error, QR_EINPUT, "member %s is named twice", name);
    }
    const char *folder;
    int failed = add_place(making, name, &folder, error);
    return failed ? failed : init_add_member(&making->genesis, folder, name, error);
}

static int add_members(struct making *making, struct qr_error *error)
{
    const char *given = cli_value(making->cli, "members");
    QR_CLEANUP(qr_freep) char *names = qr_strdup(given ? given : together(making) ? members_together : members_alone);
    int failed = 0;
    for (char *name = names, *end; name && !failed; name = end) {
        end = strchr(name, ',');
        if (end)
            *end++ = 0;
        if (making->genesis.n_members == MEMBERS_MAX)
            return qr_fail(error, QR_ELIMIT, "more than %d members", MEMBERS_MAX);
        failed = add_member(making, name, error);
    }
    return failed;
}

/* The services' keys, appointed by the home's first member. One machine made all of them, and says so as custody: shared. */
static int add_operators(struct making *making, const struct place *place, struct qr_error *error)
{
    int failed = 0;
    for (int kind = QR_KEY_NODE; kind < QR_KEY_KINDS && !failed; kind++) {
        QR_CLEANUP(qr_key_freep) struct qr_key *key = NULL;
        failed = init_make_operator(place->folder, (enum qr_key_kind)kind, together(making) ? place->member : NULL, &key,
                                    error);
        if (!failed)
            qr_genesis_add_operator(&making->genesis, (enum qr_key_kind)kind, qr_key_name(key), qr_key_public(key),
                                    place->member);
    }
    return failed;
}

static int add_validator(struct making *making, struct place *place, struct qr_error *error)
{
    struct qr_validator validator = {.power = 1};
    int failed = cli_cometbft_create(place->folder, &place->identity, error);
    if (failed)
        return failed;
    validator.key = place->identity.validator;
    qr_copy_text(validator.name, sizeof validator.name, place->member);
    qr_copy_text(validator.member, sizeof validator.member, place->member);
    qr_genesis_add_validator(&making->genesis, &validator);
    return 0;
}

static int make_keys(struct making *making, struct qr_error *error)
{
    cli_note(making->cli, "keys of the members and of the services\n");
    int failed = add_members(making, error);
    for (size_t i = 0; i < making->n_places && !failed; i++) {
        failed = add_operators(making, &making->places[i], error);
        if (!failed && together(making))
            failed = add_validator(making, &making->places[i], error);
    }
    return failed;
}

/* ---- Genesis ---- */

static int set_parameter(struct making *making, const char *setting, struct qr_error *error)
{
    const char *equals = strchr(setting, '=');
    if (!equals)
        return qr_fail(error, QR_EINPUT, "--set %.80s is not NAME=VALUE", setting);
    char name[128];
    snprintf(name, sizeof name, "%.*s", (int)(equals - setting), setting);
    if (together(making) && !strcmp(name, port_setting))
        return 0;
    int failed = qr_genesis_set(&making->genesis, name, equals + 1, error);
    return failed ? qr_prefix(error, "--set %.80s", setting) : 0;
}

static int set_parameters(struct making *making, struct qr_error *error)
{
    int failed = 0;
    const char *setting = cli_value_at(making->cli, "set", 0);
    for (size_t i = 1; setting && !failed; setting = cli_value_at(making->cli, "set", i++)) {
        failed = set_parameter(making, setting, error);
    }
    return failed;
}

static void name_chain(struct qr_genesis *genesis)
{
    enum { RANDOM_BYTES = 4 };
    uint8_t bytes[RANDOM_BYTES];
    char digits[2 * RANDOM_BYTES + 1];
    qr_random(bytes, sizeof bytes);
    qr_hex(bytes, sizeof bytes, digits);
    snprintf(genesis->chain_id, sizeof genesis->chain_id, "quorate-%s", digits);
}

static int make_genesis(struct making *making, struct qr_error *error)
{
    cli_note(making->cli, "the first model, its baseline and the reference rows\n");
    name_chain(&making->genesis);
    making->genesis.time = qr_clock_now();
    int failed = init_add_objects(&making->genesis, error);
    return failed ? failed : qr_genesis_write(&making->genesis, &making->bytes, error);
}

/* ---- CometBFT ---- */

int init_port(struct cli *cli, int64_t fallback, int64_t *ret_port, struct qr_error *error)
{
    int64_t port = fallback;
    int failed = 0;
    const char *setting = cli_value_at(cli, "set", 0);
    for (size_t i = 1; setting && !failed; setting = cli_value_at(cli, "set", i++)) {
        if (!strncmp(setting, port_setting, sizeof port_setting - 1) && setting[sizeof port_setting - 1] == '=')
            failed = qr_integer_parse(setting + sizeof port_setting, port_setting, 1, PORT_MAX, &port, error);
    }
    if (!failed)
        *ret_port = port;
    return failed;
}

static int set_ports(struct making *making, struct qr_error *error)
{
    int64_t first;
    int failed = init_port(making->cli, CLI_COMETBFT_PORT, &first, error);
    if (!failed && first + (int64_t)making->n_places - 1 > PORT_MAX)
        failed = qr_fail(error, QR_ERANGE, "%zu homes need as many ports from %" PRId64 " on", making->n_places, first);
    for (size_t i = 0; i < making->n_places && !failed; i++)
        making->places[i].port = first + (int64_t)i;
    return failed;
}

static int write_cometbft(const struct making *making, size_t i, struct qr_error *error)
{
    const struct place *place = &making->places[i];
    struct qr_hash hash = qr_genesis_hash(making->bytes.data, making->bytes.size);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer peers = {0};
    for (size_t k = 0; k < making->n_places; k++) {
        if (k != i)
            qr_buffer_text(&peers, "%s%s@127.0.0.1:%" PRId64, peers.size ? "," : "", making->places[k].identity.node,
                           making->places[k].port);
    }
    struct cli_cometbft_settings settings = {
        .name = place->member, .port = place->port, .peers = qr_buffer_string(&peers)};
    int failed = cli_cometbft_write_genesis(place->folder, &making->genesis, &hash, error);
    return failed ? failed : cli_cometbft_write_config(place->folder, &settings, error);
}

/* ---- The whole ---- */

static int fill(struct making *making, struct qr_error *error)
{
    int failed = set_parameters(making, error);
    if (!failed)
        failed = make_keys(making, error);
    if (!failed)
        failed = set_ports(making, error);
    if (!failed)
        failed = make_genesis(making, error);
    if (!failed)
        failed = init_read_network(making->cli, &making->network, error);
    for (size_t i = 0; i < making->n_places && !failed; i++) {
        failed = init_fill_home(making->places[i].folder, &making->bytes, &making->network, error);
        if (!failed && together(making))
            failed = write_cometbft(making, i, error);
    }
    return failed;
}

static json_t *members_json(const struct qr_genesis *genesis)
{
    json_t *members = json_array();
    for (size_t i = 0; i < genesis->n_members; i++)
        json_array_append_new(members, json_string(genesis->members[i].name));
    return members;
}

static json_t *homes_json(const struct making *making)
{
    json_t *homes = json_array();
    for (size_t i = 0; i < making->n_places; i++) {
        const struct place *place = &making->places[i];
        QR_CLEANUP(qr_freep) char *home = qr_path_join(making->home.home, place->member);
        json_array_append_new(homes, json_pack("{s:s,s:s,s:I,s:s}", "home", home, "member", place->member, "port",
                                               (json_int_t)place->port, "node", place->identity.node));
    }
    return homes;
}

static int answer_json(struct making *making, struct qr_error *error)
{
    const struct qr_genesis *genesis = &making->genesis;
    struct qr_hash model = qr_sha256(genesis->model.data, genesis->model.size);
    json_t *document =
        json_pack("{s:s,s:s,s:s,s:o,s:I,s:I}", "home", making->home.home, "chain", genesis->chain_id, "model",
                  qr_hash_text(&model).text, "members", members_json(genesis), "airports",
                  (json_int_t)making->network.n_airports, "flights", (json_int_t)making->network.n_flights);
    if (together(making))
        json_object_set_new(document, "homes", homes_json(making));
    return cli_json(making->cli, document, error);
}

static int answer(struct making *making, struct qr_error *error)
{
    const struct qr_genesis *genesis = &making->genesis;
    struct qr_hash model = qr_sha256(genesis->model.data, genesis->model.size);
    const char *home = making->home.home;
    if (cli_wants_json(making->cli))
        return answer_json(making, error);
    for (size_t i = 0; i < making->n_places && together(making); i++)
        cli_print(making->cli, "Home %s/%s, CometBFT at 127.0.0.1:%" PRId64 "\n", home, making->places[i].member,
                  making->places[i].port);
    if (!together(making))
        cli_print(making->cli, "Home %s\n", home);
    cli_print(making->cli, "chain %s, model %.12s, %zu members, %zu flights between %zu airports\n", genesis->chain_id,
              qr_hash_text(&model).text, genesis->n_members, making->network.n_flights, making->network.n_airports);
    if (!together(making))
        cli_note(making->cli, "start the services with: quorate up\n");
    else
        cli_note(making->cli, "start each organisation's services with: quorate --home %s/%s up\n", home,
                 making->places[0].member);
    return 0;
}

static int start_genesis(struct making *making, struct qr_error *error)
{
    const char *engine = cli_value(making->cli, "engine");
    qr_genesis_defaults(&making->genesis);
    if (engine && !qr_engine_kind_from_name(engine, &making->genesis.engine))
        return qr_fail(error, QR_EUSAGE, "--engine is solo or cometbft, not %.40s", engine);
    return 0;
}

static int run(struct cli *cli, struct qr_error *error)
{
    if (cli_value(cli, "join"))
        return init_join(cli, error);
    QR_CLEANUP(making_done) struct making making = {.cli = cli};
    int failed = start_genesis(&making, error);
    if (!failed)
        failed = cli_new_home_begin(cli_home(cli), &making.home, error);
    if (!failed)
        failed = fill(&making, error);
    if (!failed)
        failed = cli_new_home_finish(&making.home, error);
    return failed ? failed : answer(&making, error);
}

static const struct cli_option options[] = {
    {.name = "members", .value = "NAME,NAME,...", .help = "who governs; Vistara, Air_India and Indigo unless given"},
    {.name = "set",
     .value = "NAME=VALUE",
     .help = "a parameter of the genesis, such as upgrade.voting_seconds",
     .many = true},
    {.name = "fares", .value = "FILE.csv", .help = "build the network from real fares"},
    {.name = "engine", .value = "ENGINE", .help = "who orders: solo, this home alone; cometbft, a home for each member"},
    {.name = "join", .value = "HOME|GENESIS", .help = "a home for one more node of the ledger that HOME or genesis.qrg is of"},
    {.name = "follow", .value = "ADDRESS", .help = "where the node that joins finds the ledger, when not in HOME: a home, or tcp://"},
    {.name = "follow-key", .value = "KEY", .help = "the transport key there, for tcp:// between machines"},
    {.name = "name", .value = "NAME", .help = "what the node that joins is called"},
    {.name = "member", .value = "MEMBER", .help = "whose node it is"},
    {.name = "state-sync", .help = "the node that joins takes over a snapshot rather than execute every block"},
    {0},
};

const struct cli_command cli_init = {
    .name = "init",
    .summary = "make a home: keys, genesis, the demonstration network and its first model",
    .usage = "",
    .options = options,
    .example = "quorate init --set upgrade.voting_seconds=60 # votes that close after a minute",
    .about = "The home is made whole or not at all; one that exists is refused and left untouched. It holds no\n"
             "absolute path and can be moved.\n"
             "\n"
             "With --engine cometbft, the folder holds a home for each member (DIR/NAME), with that member's key\n"
             "and a validator's; CometBFT listens for its peers at 127.0.0.1, from port 26656 on (--set\n"
             "cometbft.port=N). Four go on when one of them fails; without --members there are four, SpiceJet with\n"
             "the usual three. The rules of votes on validators: --set validators.NAME=VALUE.\n"
             "\n"
             "With --join, the new home is of a ledger that another home is of, with keys of its own that a member\n"
             "appoints. Where one node orders, it follows: executes every block again and signs it too; HOME has to\n"
             "be reachable, or --follow names where the ledger is. Where CometBFT orders, a vote makes it a\n"
             "validator; --state-sync asks HOME's CometBFT, which has to run.",
    .run = run,
};
