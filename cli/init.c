/* quorate init: a home, made whole in a folder beside it and renamed, so that there is never half of one. */
#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "common/clock.h"
#include "common/file.h"
#include "data/embedded.h"
#include "data/fares.h"
#include "node/genesis.h"
#include "reservations/store.h"
#include "services/lib/config.h"
#include "services/lib/transport.h"
#include "xai/baseline.h"
#include "xai/import.h"
#include "xai/reference.h"
#include "xai/rules.h"

enum { MEMBERS_MAX = 64, FLOOR_MINOR = 100000, CAP_MINOR = 15000000 };

static const char default_members[] = "Vistara,Air_India,Indigo";

/* ---- The folder ---- */

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts, (void)kind, (void)place;
    return remove(path);
}

static void remove_folder(const char *path)
{
    enum { DESCRIPTORS = 16 };
    (void)nftw(path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

static int make_folder(const char *parent, const char *name, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(parent, name);
    return mkdir(path, 0700) ? qr_fail_errno(error, "cannot make", path) : 0;
}

/* The folders above a home, as mkdir -p makes them. */
static int make_parents(const char *path, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *parent = qr_strdup(path);
    for (char *slash = strchr(parent + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(parent, 0755) && errno != EEXIST)
            return qr_fail_errno(error, "cannot make", parent);
        *slash = '/';
    }
    return 0;
}

static bool folder_is_empty(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return false;
    size_t n = 0;
    while (readdir(folder))
        n++;
    closedir(folder);
    return n == 2; /* itself and its parent */
}

static int check_absent(const char *home, struct qr_error *error)
{
    struct stat facts;
    if (lstat(home, &facts))
        return 0;
    if (S_ISDIR(facts.st_mode) && folder_is_empty(home))
        return 0;
    QR_CLEANUP(qr_freep) char *genesis = qr_path_join(home, "genesis.qrg");
    bool is_home = access(genesis, F_OK) == 0;
    qr_fail(error, QR_EHOME_EXISTS, is_home ? "there is a home at %s already" : "%s exists and is no empty folder",
            home);
    return qr_hint(error, "name another with --home, or use this one with: quorate up");
}

/* ---- Keys ---- */

struct making {
    struct cli *cli;
    char *folder;
    struct qr_genesis genesis;
    struct qr_network network;
};

static void making_done(struct making *making)
{
    if (making->folder)
        remove_folder(making->folder);
    free(making->folder);
    qr_genesis_done(&making->genesis);
    qr_network_done(&making->network);
}

static int save_key(const struct making *making, const struct qr_key *key, const char *place, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer path = {0};
    qr_buffer_text(&path, "%s/%s/%s.key", making->folder, place, qr_key_name(key));
    return qr_key_save(key, qr_buffer_string(&path), error);
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
    QR_CLEANUP(qr_key_freep) struct qr_key *key = qr_key_generate(QR_KEY_MEMBER, name);
    qr_genesis_add_member(&making->genesis, name, qr_key_public(key), 1);
    return save_key(making, key, "keys", error);
}

static int add_members(struct making *making, struct qr_error *error)
{
    const char *given = cli_value(making->cli, "members");
    QR_CLEANUP(qr_freep) char *names = qr_strdup(given ? given : default_members);
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

/* The services' keys, appointed by the first member: one machine runs them for all, and says so as custody: shared. */
static int add_operators(struct making *making, struct qr_error *error)
{
    char appointed_by[QR_KEY_NAME_MAX];
    qr_copy_text(appointed_by, sizeof appointed_by, making->genesis.members[0].name);
    for (int kind = QR_KEY_NODE; kind < QR_KEY_KINDS; kind++) {
        const char *name = qr_key_kind_name((enum qr_key_kind)kind);
        QR_CLEANUP(qr_key_freep) struct qr_key *key = qr_key_generate((enum qr_key_kind)kind, name);
        qr_genesis_add_operator(&making->genesis, (enum qr_key_kind)kind, name, qr_key_public(key), appointed_by);
        int failed = save_key(making, key, "keys/operators", error);
        if (failed)
            return failed;
    }
    return 0;
}

static int make_keys(struct making *making, struct qr_error *error)
{
    cli_note(making->cli, "keys of the members and of the services\n");
    int failed = make_folder(making->folder, "keys", error);
    if (!failed)
        failed = make_folder(making->folder, "keys/operators", error);
    if (!failed)
        failed = make_folder(making->folder, "keys/peers", error);
    if (!failed)
        failed = add_members(making, error);
    if (!failed)
        failed = add_operators(making, error);
    return failed ? failed : qr_transport_create(making->folder, error);
}

/* ---- Genesis ---- */

static void add_span(struct qr_buffer *out, struct qr_span span)
{
    qr_buffer_add(out, span.bytes, span.size);
}

static int rows_of(const struct qr_schema *schema, const struct qr_embedded *file, struct qr_rows **ret_rows,
                   struct qr_error *error)
{
    return qr_rows_of_memory(schema, file->name, file->bytes, file->size, ret_rows, error);
}

static int add_baseline(struct making *making, const struct qr_schema *schema, struct qr_error *error)
{
    QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = NULL;
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    int failed = rows_of(schema, &qr_embedded_baseline, &rows, error);
    if (!failed)
        failed = qr_baseline_from_rows(schema, rows, &baseline, error);
    if (!failed)
        add_span(&making->genesis.baseline, qr_baseline_bytes(baseline));
    return failed;
}

static int add_reference(struct making *making, const struct qr_schema *schema, struct qr_error *error)
{
    QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = NULL;
    QR_CLEANUP(qr_reference_freep) struct qr_reference *reference = NULL;
    int failed = rows_of(schema, &qr_embedded_reference, &rows, error);
    if (!failed)
        failed = qr_rows_amount_column(rows, "price", error);
    if (!failed)
        failed = qr_reference_from_rows(schema, rows, &reference, error);
    if (!failed)
        add_span(&making->genesis.rows, qr_reference_bytes(reference));
    return failed;
}

static int add_model(struct making *making, const struct qr_schema *schema, struct qr_error *error)
{
    struct qr_import imported = {0};
    int failed = qr_import_source(qr_embedded_first.bytes, qr_embedded_first.size, schema, &imported, error);
    if (failed)
        return failed;
    add_span(&making->genesis.model, qr_model_bytes(imported.model));
    qr_model_free(imported.model);
    return 0;
}

static int add_objects(struct making *making, struct qr_error *error)
{
    cli_note(making->cli, "the first model, its baseline and the reference rows\n");
    const struct qr_rules rules = {
        .version = 1, .n = 2, .rule = {{QR_RULE_FLOOR, {FLOOR_MINOR}}, {QR_RULE_CAP, {CAP_MINOR}}}};
    QR_CLEANUP(qr_schema_done) struct qr_schema schema = {0};
    int failed = qr_schema_parse(qr_embedded_features.bytes, qr_embedded_features.size, &schema, error);
    if (!failed)
        failed = add_model(making, &schema, error);
    if (!failed)
        failed = add_baseline(making, &schema, error);
    if (!failed)
        failed = add_reference(making, &schema, error);
    if (!failed)
        qr_rules_encode(&rules, &making->genesis.rules);
    return failed;
}

static int set_parameter(struct making *making, const char *setting, struct qr_error *error)
{
    const char *equals = strchr(setting, '=');
    if (!equals)
        return qr_fail(error, QR_EINPUT, "--set %.80s is not NAME=VALUE", setting);
    char name[128];
    snprintf(name, sizeof name, "%.*s", (int)(equals - setting), setting);
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

static int write_file(const struct making *making, const char *name, const struct qr_buffer *bytes,
                      struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(making->folder, name);
    return qr_file_write(path, bytes->data, bytes->size, 0644, error);
}

static int make_genesis(struct making *making, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    name_chain(&making->genesis);
    making->genesis.time = qr_clock_now();
    int failed = add_objects(making, error);
    if (!failed)
        failed = qr_genesis_write(&making->genesis, &bytes, error);
    return failed ? failed : write_file(making, "genesis.qrg", &bytes, error);
}

/* ---- Network ---- */

static void fares_progress(void *context, size_t records)
{
    struct cli *cli = context;
    if (cli_notes_on_terminal(cli))
        cli_note(cli, "\r%zu fares read", records);
}

static int read_network(struct making *making, struct qr_error *error)
{
    const char *fares = cli_value(making->cli, "fares");
    if (!fares)
        return qr_network_parse(qr_embedded_network.bytes, qr_embedded_network.size, &making->network, error);
    int failed = qr_fares_network(fares, fares_progress, making->cli, &making->network, error);
    if (!failed && cli_notes_on_terminal(making->cli))
        cli_note(making->cli, "\n");
    return failed;
}

static int make_network(struct making *making, struct qr_error *error)
{
    cli_note(making->cli, "the network and %d days of flights\n", QR_HORIZON_DAYS);
    int failed = read_network(making, error);
    if (failed)
        return failed;
    uint8_t secret[QR_SECRET_SIZE];
    qr_random(secret, sizeof secret);
    QR_CLEANUP(qr_freep) char *path = qr_path_join(making->folder, "reserved.db");
    return qr_reservations_create(path, &making->network, qr_clock_now(), QR_HORIZON_DAYS, secret, error);
}

/* ---- The whole ---- */

static int fill(struct making *making, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer settings = {0};
    qr_genesis_defaults(&making->genesis);
    qr_config_write_default(&settings);
    int failed = set_parameters(making, error);
    if (!failed)
        failed = make_keys(making, error);
    if (!failed)
        failed = make_genesis(making, error);
    if (!failed)
        failed = make_network(making, error);
    if (!failed)
        failed = make_folder(making->folder, "run", error);
    if (!failed)
        failed = make_folder(making->folder, "log", error);
    return failed ? failed : write_file(making, "quorate.ini", &settings, error);
}

static char *folder_beside(const char *home)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer path = {0};
    qr_buffer_text(&path, "%s.new-%d", home, (int)getpid());
    return qr_strdup(qr_buffer_string(&path));
}

/* The home's path without slashes at its end, so that something can stand beside it. */
static char *plain_path(const char *home)
{
    char *path = qr_strdup(home);
    for (size_t size = strlen(path); size > 1 && path[size - 1] == '/'; size--)
        path[size - 1] = 0;
    return path;
}

static int answer(struct making *making, const char *home, struct qr_error *error)
{
    const struct qr_genesis *genesis = &making->genesis;
    struct qr_hash model = qr_sha256(genesis->model.data, genesis->model.size);
    if (cli_wants_json(making->cli)) {
        json_t *members = json_array();
        for (size_t i = 0; i < genesis->n_members; i++)
            json_array_append_new(members, json_string(genesis->members[i].name));
        return cli_json(making->cli,
                        json_pack("{s:s,s:s,s:s,s:o,s:I,s:I}", "home", home, "chain", genesis->chain_id, "model",
                                  qr_hash_text(&model).text, "members", members, "airports",
                                  (json_int_t)making->network.n_airports, "flights",
                                  (json_int_t)making->network.n_flights),
                        error);
    }
    cli_print(making->cli, "Home %s\nchain %s, model %.12s, %zu members, %zu flights between %zu airports\n", home,
              genesis->chain_id, qr_hash_text(&model).text, genesis->n_members, making->network.n_flights,
              making->network.n_airports);
    cli_note(making->cli, "start the services with: quorate up\n");
    return 0;
}

static int run(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(making_done) struct making making = {.cli = cli};
    QR_CLEANUP(qr_freep) char *home = plain_path(cli_home(cli));
    int failed = check_absent(home, error);
    if (!failed)
        failed = make_parents(home, error);
    if (failed)
        return failed;
    making.folder = folder_beside(home);
    if (mkdir(making.folder, 0700))
        return qr_fail_errno(error, "cannot make", making.folder);
    failed = fill(&making, error);
    if (failed)
        return failed;
    if (rename(making.folder, home)) {
        if (errno == ENOTEMPTY || errno == EEXIST)
            return check_absent(home, error);
        return qr_fail_errno(error, "cannot make", home);
    }
    free(making.folder);
    making.folder = NULL;
    return answer(&making, home, error);
}

static const struct cli_option options[] = {
    {.name = "members", .value = "NAME,NAME,...", .help = "who governs; Vistara, Air_India and Indigo unless given"},
    {.name = "set",
     .value = "NAME=VALUE",
     .help = "a parameter of the genesis, such as upgrade.voting_seconds",
     .many = true},
    {.name = "fares", .value = "FILE.csv", .help = "build the network from real fares"},
    {0},
};

const struct cli_command cli_init = {
    .name = "init",
    .summary = "make a home: keys, genesis, the demonstration network and its first model",
    .usage = "",
    .options = options,
    .example = "quorate init --set upgrade.voting_seconds=60 # votes that close after a minute",
    .about = "The home is made whole or not at all; one that exists is refused and left untouched. It holds no\n"
             "absolute path and can be moved.",
    .run = run,
};
