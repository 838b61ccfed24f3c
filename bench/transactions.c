/* Signed transactions for homes, ahead of the time that they are sent in, and their genesis. bench/cometbft.sh and bench/follow.sh call it.
 *
 *     bench/transactions genesis MODEL.qrm HOME...             the homes start from this model
 *     bench/transactions keyvalues N SIZE NAME                 what CometBFT's own kvstore takes
 *     bench/transactions ballots N SIZE PROPOSAL REPORT HOME   signed by the home's member; each recasts the one before
 *     bench/transactions batches N DECISIONS HOME              signed by the home's pricing key, from its first on
 *
 * All but the first print transactions: the length of each in 4 bytes, least significant first, and its bytes. HOME is .../NAME, NAME its
 * member's. */
#include "bench/rig.h"

#include "common/file.h"
#include "node/actions.h"

enum { EXPIRY = 9900 };

struct home {
    const char *path, *name;
    struct qr_buffer genesis_bytes;
    struct qr_genesis genesis;
};

static void usage(void)
{
    fprintf(stderr, "bench/transactions: see the head of bench/transactions.c, or run bench/cometbft.sh\n");
    exit(EXIT_FAILURE);
}

static unsigned number(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*end || value == 0 || value > 10000000)
        usage();
    return (unsigned)value;
}

static void open_home(const char *path, struct home *home)
{
    QR_CLEANUP(qr_freep) char *file = qr_path_join(path, "genesis.qrg");
    struct qr_error error = {0};
    const char *slash = strrchr(path, '/');
    *home = (struct home){.path = path, .name = slash ? slash + 1 : path};
    rig_need(qr_file_read(file, QR_GENESIS_FILE_MAX, &home->genesis_bytes, &error), &error);
    rig_need(qr_genesis_read(home->genesis_bytes.data, home->genesis_bytes.size, &home->genesis, &error), &error);
}

static void home_done(struct home *home)
{
    qr_genesis_done(&home->genesis);
    qr_buffer_done(&home->genesis_bytes);
}

static struct qr_key *load_key(const struct home *home, const char *name)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home->path, name);
    struct qr_key *key = NULL;
    struct qr_error error = {0};
    rig_need(qr_key_load(path, &key, &error), &error);
    return key;
}

static void print(const struct qr_buffer *transaction)
{
    uint8_t size[4];
    for (unsigned i = 0; i < sizeof size; i++)
        size[i] = (uint8_t)(transaction->size >> (8 * i));
    if (fwrite(size, sizeof size, 1, stdout) != 1 || fwrite(transaction->data, transaction->size, 1, stdout) != 1)
        exit(EXIT_FAILURE);
}

/* ---- genesis ---- */

/* The name of the genesis that CometBFT's holds, too, in a home that has one. */
static void rename_genesis(const char *home, const struct qr_hash *from, const struct qr_hash *to)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "cometbft/config/genesis.json");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    struct qr_error error = {0};
    if (access(path, F_OK) != 0)
        return;
    rig_need(qr_file_read(path, 1 << 20, &text, &error), &error);
    char *found = strstr((char *)text.data, qr_hash_text(from).text);
    if (!found)
        rig_need(qr_fail(&error, QR_EMISMATCH, "%s does not name the home's genesis", path), &error);
    memcpy(found, qr_hash_text(to).text, QR_HASH_HEX);
    rig_need(qr_file_write(path, text.data, text.size, 0644, &error), &error);
}

static void replace_model(const char *path, const struct qr_buffer *model)
{
    QR_CLEANUP(home_done) struct home home = {.path = NULL};
    QR_CLEANUP(qr_freep) char *file = qr_path_join(path, "genesis.qrg");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer written = {0};
    struct qr_error error = {0};
    open_home(path, &home);
    struct qr_hash from = qr_genesis_hash(home.genesis_bytes.data, home.genesis_bytes.size);
    qr_buffer_clear(&home.genesis.model);
    qr_buffer_add(&home.genesis.model, model->data, model->size);
    rig_need(qr_genesis_write(&home.genesis, &written, &error), &error);
    struct qr_hash to = qr_genesis_hash(written.data, written.size);
    rig_need(qr_file_write(file, written.data, written.size, 0644, &error), &error);
    rename_genesis(path, &from, &to);
}

static void genesis(char **words, int n)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer model = {0};
    struct qr_error error = {0};
    if (n < 2)
        usage();
    rig_need(qr_file_read(words[0], QR_GENESIS_FILE_MAX, &model, &error), &error);
    for (int i = 1; i < n; i++)
        replace_model(words[i], &model);
}

/* ---- keyvalues ---- */

static void keyvalues(char **words, int n)
{
    if (n != 3)
        usage();
    unsigned count = number(words[0]), size = number(words[1]);
    for (unsigned i = 0; i < count; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer pair = {0};
        qr_buffer_text(&pair, "%s%u=", words[2], i);
        while (pair.size < size)
            qr_buffer_byte(&pair, 'v');
        print(&pair);
    }
}

/* ---- ballots ---- */

static void sign_ballot(const struct home *home, const struct qr_key *key, const struct qr_cast *cast, struct qr_buffer *out)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    qr_cast_encode(cast, &payload);
    qr_buffer_clear(out);
    qr_transaction_sign(key, home->genesis.chain_id, QR_ACTION_BALLOT, EXPIRY, payload.data, payload.size, out, NULL);
}

/* A reason that says which it is and makes the transaction as long as was asked. */
static void fill_reason(struct qr_cast *cast, unsigned i, size_t length)
{
    snprintf(cast->reason, sizeof cast->reason, "%u ", i);
    for (size_t at = strlen(cast->reason); at < length && at + 1 < sizeof cast->reason; at++)
        cast->reason[at] = '.';
    cast->reason[length < sizeof cast->reason ? length : sizeof cast->reason - 1] = 0;
}

static void ballots(char **words, int n)
{
    QR_CLEANUP(home_done) struct home home = {.path = NULL};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer out = {0};
    char name[QR_KEY_NAME_MAX + 16];
    struct qr_cast cast = {.choice = 0};
    struct qr_error error = {0};
    if (n != 5)
        usage();
    unsigned count = number(words[0]), size = number(words[1]);
    rig_need(qr_hash_from_hex(words[2], "proposal", &cast.proposal, &error), &error);
    rig_need(qr_hash_from_hex(words[3], "report", &cast.report, &error), &error);
    open_home(words[4], &home);
    snprintf(name, sizeof name, "keys/%s.key", home.name);
    struct qr_key *key = load_key(&home, name);
    sign_ballot(&home, key, &cast, &out);
    size_t bare = out.size + 1; /* a longer body has a byte more in its length */
    for (unsigned i = 0; i < count; i++) {
        cast.choice = (enum qr_choice)(i % 3);
        fill_reason(&cast, i, size > bare ? size - bare : 8);
        sign_ballot(&home, key, &cast, &out);
        print(&out);
    }
    qr_key_free(key);
}

/* ---- batches ---- */

struct batches {
    struct rig_pricing pricing;
    size_t decisions;
    struct qr_buffer *out;
};

static void sign_one(void *context, size_t i)
{
    struct batches *batches = context;
    rig_sign_batch(&batches->pricing, i + 1, batches->decisions, &batches->out[i]);
}

static void print_batches(struct batches *batches, unsigned count)
{
    struct qr_workers *workers = qr_workers_new(0);
    batches->out = qr_alloc(count, sizeof *batches->out);
    qr_workers_run(workers, count, sign_one, batches);
    qr_workers_free(workers);
    for (unsigned i = 0; i < count; i++)
        print(&batches->out[i]);
    rig_drop(batches->out, count);
    free(batches->out);
}

static void batches(char **words, int n)
{
    QR_CLEANUP(home_done) struct home home = {.path = NULL};
    QR_CLEANUP(qr_node_freep) struct qr_node *node = NULL;
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    QR_CLEANUP(qr_explainer_freep) struct qr_explainer *explainer = NULL;
    QR_CLEANUP(qr_reference_freep) struct qr_reference *reference = NULL;
    struct qr_explainer_options options = QR_EXPLAINER_DEFAULTS;
    struct qr_mandate mandate;
    struct qr_rules rules;
    struct qr_error error = {0};
    if (n != 3)
        usage();
    open_home(words[2], &home);
    const struct qr_genesis *genesis = &home.genesis;
    struct qr_node_setup setup = {.genesis = {home.genesis_bytes.data, home.genesis_bytes.size}};
    rig_need(qr_node_new(&setup, &node, &error), &error);
    rig_need(qr_mandate_active(qr_node_state(node), &mandate, &error), &error);
    rig_need(qr_model_decode(genesis->model.data, genesis->model.size, &model, &error), &error);
    rig_need(qr_baseline_decode(genesis->baseline.data, genesis->baseline.size, &baseline, &error), &error);
    rig_need(qr_reference_decode(genesis->rows.data, genesis->rows.size, &reference, &error), &error);
    rig_need(qr_rules_decode(genesis->rules.data, genesis->rules.size, &rules, &error), &error);
    rig_need(qr_explainer_new(model, baseline, &options, &explainer, &error), &error);
    struct qr_key *key = load_key(&home, "keys/operators/pricing.key");
    struct batches batches = {.pricing = {.chain_id = genesis->chain_id,
                                          .key = key,
                                          .mandate = mandate.id,
                                          .explainer = explainer,
                                          .rules = &rules,
                                          .reference = reference},
                              .decisions = number(words[1])};
    print_batches(&batches, number(words[0]));
    qr_key_free(key);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(char **words, int n);
    } commands[] = {{"genesis", genesis}, {"keyvalues", keyvalues}, {"ballots", ballots}, {"batches", batches}};
    qr_crypto_init();
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i].name) == 0) {
            commands[i].run(argv + 2, argc - 2);
            return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        }
    usage();
}
