/* One home, filled. */
#include "cli/init.h"
#include "common/clock.h"
#include "common/file.h"
#include "data/embedded.h"
#include "data/fares.h"
#include "reservations/store.h"
#include "services/lib/config.h"
#include "services/lib/transport.h"

/* ---- Keys ---- */

static int save_key(const char *folder, const struct qr_key *key, const char *place, const char *name, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer path = {0};
    qr_buffer_text(&path, "%s/%s/%s.key", folder, place, name);
    return qr_key_save(key, qr_buffer_string(&path), error);
}

int init_make_key_folders(const char *folder, struct qr_error *error)
{
    int failed = cli_make_folder(folder, "keys", error);
    if (!failed)
        failed = cli_make_folder(folder, "keys/operators", error);
    if (!failed)
        failed = cli_make_folder(folder, "keys/peers", error);
    return failed ? failed : qr_transport_create(folder, error);
}

int init_add_member(struct qr_genesis *genesis, const char *folder, const char *name, struct qr_error *error)
{
    QR_CLEANUP(qr_key_freep) struct qr_key *key = qr_key_generate(QR_KEY_MEMBER, name);
    qr_genesis_add_member(genesis, name, qr_key_public(key), 1);
    return save_key(folder, key, "keys", name, error);
}

int init_make_operator(const char *folder, enum qr_key_kind kind, const char *owner, struct qr_key **ret_key,
                       struct qr_error *error)
{
    enum { NAME_MAX_SIZE = 32 }; /* of qr_name_valid */
    const char *word = qr_key_kind_name(kind);
    char name[QR_KEY_NAME_MAX];
    if (owner && kind == QR_KEY_NODE)
        qr_copy_text(name, sizeof name, owner); /* the validator's: the vote on it appoints and dismisses its node */
    else if (owner)
        snprintf(name, sizeof name, "%.*s-%s", NAME_MAX_SIZE - 1 - (int)strlen(word), owner, word);
    else
        qr_copy_text(name, sizeof name, word);
    QR_CLEANUP(qr_key_freep) struct qr_key *key = qr_key_generate(kind, name);
    int failed = save_key(folder, key, "keys/operators", word, error);
    if (failed)
        return failed;
    *ret_key = key;
    key = NULL;
    return 0;
}

/* ---- Network ---- */

static void fares_progress(void *context, size_t records)
{
    struct cli *cli = context;
    if (cli_notes_on_terminal(cli))
        cli_note(cli, "\r%zu fares read", records);
}

int init_read_network(struct cli *cli, struct qr_network *ret_network, struct qr_error *error)
{
    cli_note(cli, "the network and %d days of flights\n", QR_HORIZON_DAYS);
    const char *fares = cli_value(cli, "fares");
    if (!fares)
        return qr_network_parse(qr_embedded_network.bytes, qr_embedded_network.size, ret_network, error);
    int failed = qr_fares_network(fares, fares_progress, cli, ret_network, error);
    if (!failed && cli_notes_on_terminal(cli))
        cli_note(cli, "\n");
    return failed;
}

static int make_reservations(const char *folder, const struct qr_network *network, struct qr_error *error)
{
    uint8_t secret[QR_SECRET_SIZE];
    qr_random(secret, sizeof secret);
    QR_CLEANUP(qr_freep) char *path = qr_path_join(folder, "reserved.db");
    return qr_reservations_create(path, network, qr_clock_now(), QR_HORIZON_DAYS, secret, error);
}

/* ---- The whole ---- */

static int write_file(const char *folder, const char *name, const struct qr_buffer *bytes, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(folder, name);
    return qr_file_write(path, bytes->data, bytes->size, 0644, error);
}

int init_fill_home(const char *folder, const struct qr_buffer *genesis, const struct qr_network *network,
                   struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer settings = {0};
    qr_config_write_default(&settings);
    int failed = write_file(folder, "genesis.qrg", genesis, error);
    if (!failed)
        failed = make_reservations(folder, network, error);
    if (!failed)
        failed = cli_make_folder(folder, "run", error);
    if (!failed)
        failed = cli_make_folder(folder, "log", error);
    return failed ? failed : write_file(folder, "quorate.ini", &settings, error);
}
