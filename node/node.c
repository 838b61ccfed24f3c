#include "node/node.h"

#include "ledger/merkle.h"
#include "node/entry.h"
#include "node/keyspace.h"
#include "node/machine.h"
#include "node/object.h"
#include "node/operator.h"
#include "node/upload.h"
#include "node/validator.h"
#include "node/witness.h"
#include "xai/reference.h"

static int begin(void *context, uint64_t height, int64_t time, struct qr_error *error)
{
    struct qr_node *node = context;
    node->height = height;
    node->time = time;
    node->started = qr_state_mark(node->state);
    node->facts = (struct qr_block_facts){.transactions = 0};
    node->n_changes = 0;
    qr_replay_expire(node->state, height);
    qr_upload_expire(node->state, height);
    struct qr_governance governance = qr_node_governance(node);
    size_t before = qr_state_mark(node->state);
    int code = qr_governance_due(&governance, error);
    node->facts.governance = qr_state_mark(node->state) != before;
    return code;
}

static void put_counts(struct qr_node *node)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer value = {0};
    qr_put_uint(&value, node->counts.transactions);
    qr_put_uint(&value, node->counts.decisions);
    qr_put_uint(&value, node->counts.orders);
    qr_state_put(node->state, QR_KEY_COUNTS, strlen(QR_KEY_COUNTS), value.data, value.size);
}

static void get_counts(struct qr_node *node)
{
    struct qr_span value;
    node->counts = (struct qr_counts){0};
    if (!qr_state_get(node->state, QR_KEY_COUNTS, strlen(QR_KEY_COUNTS), &value))
        return;
    struct qr_reader in = qr_reader_of(value.bytes, value.size);
    node->counts.transactions = qr_get_uint(&in);
    node->counts.decisions = qr_get_uint(&in);
    node->counts.orders = qr_get_uint(&in);
}

static const struct qr_leaves *end(void *context)
{
    struct qr_node *node = context;
    node->counts.transactions += node->facts.transactions;
    node->counts.decisions += node->facts.decisions;
    node->counts.orders += node->facts.orders;
    if (node->facts.transactions > 0)
        put_counts(node);
    if (node->facts.validators)
        qr_node_collect_changes(node);
    return &node->leaves;
}

/* What the header of a block that changed anything says, but for the application hash: with the hash of the header before,
 * it names the whole history. */
static void put_header(struct qr_node *node, const struct qr_header *header)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer value = {0};
    qr_put_uint(&value, header->height);
    qr_put_int(&value, header->time);
    qr_put_hash(&value, &header->previous);
    qr_put_hash(&value, &header->transactions_root);
    qr_put_uint(&value, header->log_size);
    qr_put_hash(&value, &header->log_root);
    qr_state_put(node->state, QR_KEY_HEADER, strlen(QR_KEY_HEADER), value.data, value.size);
}

int qr_node_sealed(const struct qr_state *state, struct qr_header *ret, struct qr_error *error)
{
    struct qr_header header = {.height = 0};
    struct qr_span value;
    if (!qr_state_get(state, QR_KEY_HEADER, strlen(QR_KEY_HEADER), &value))
        return qr_fail(error, QR_ENOT_FOUND, "no block has changed anything yet");
    struct qr_reader in = qr_reader_of(value.bytes, value.size);
    header.height = qr_get_uint(&in);
    header.time = qr_get_int(&in);
    qr_get_hash(&in, &header.previous);
    qr_get_hash(&in, &header.transactions_root);
    header.log_size = qr_get_uint(&in);
    qr_get_hash(&in, &header.log_root);
    if (qr_reader_end(&in, "header", NULL) != 0)
        return qr_node_corrupt(error, "the header of the last block that changed anything");
    *ret = header;
    return 0;
}

static struct qr_hash seal(void *context, const struct qr_header *header)
{
    struct qr_node *node = context;
    if (qr_state_mark(node->state) != node->started || node->leaves.n > 0)
        put_header(node, header);
    return qr_state_digest(node->state);
}

static void commit(void *context)
{
    struct qr_node *node = context;
    qr_state_flush(node->state);
    qr_leaves_cut(&node->leaves, 0);
    if (node->facts.activation)
        (void)!qr_node_warm(node, NULL); /* a failure shows again, and is answered, with the first batch */
}

static void abort_block(void *context)
{
    struct qr_node *node = context;
    qr_state_rollback(node->state, node->started);
    qr_leaves_cut(&node->leaves, 0);
    node->n_changes = 0;
    get_counts(node);
}

static int64_t deadline(void *context)
{
    struct qr_node *node = context;
    int64_t time;
    return qr_governance_next_deadline(node->state, &time) ? time : INT64_MAX;
}

static struct qr_state *state_of(void *context)
{
    struct qr_node *node = context;
    return node->state;
}

static bool sequenced(void *context, const struct qr_transaction *transaction)
{
    struct qr_node *node = context;
    struct qr_signer signer;
    return qr_signer_find(node->state, &transaction->signer, &signer, NULL) == 0 && signer.kind != QR_KEY_MEMBER;
}

const struct qr_app *qr_node_app(struct qr_node *node)
{
    return &node->app;
}

const struct qr_state *qr_node_state(const struct qr_node *node)
{
    return node->state;
}

const char *qr_node_chain(const struct qr_node *node)
{
    return node->genesis.chain_id;
}

const char *qr_node_custody(const struct qr_node *node)
{
    return node->genesis.custody;
}

enum qr_engine_kind qr_node_engine(const struct qr_node *node)
{
    return node->genesis.engine;
}

const struct qr_hash *qr_node_genesis(const struct qr_node *node)
{
    return &node->genesis_hash;
}

struct qr_counts qr_node_counts(const struct qr_node *node)
{
    return node->counts;
}

const struct qr_block_facts *qr_node_facts(const struct qr_node *node)
{
    return &node->facts;
}

int qr_node_warm(struct qr_node *node, struct qr_error *error)
{
    struct qr_mandate mandate;
    const struct qr_pricing *pricing;
    int code = qr_mandate_active(node->state, &mandate, error);
    if (code == 0)
        code = qr_explainers_load(node->explainers, node->state, &mandate, &pricing, error);
    if (code == 0)
        qr_explainers_drop(node->explainers, pricing);
    return code;
}

struct qr_explainer_draft *qr_node_upgrade_begin(struct qr_node *node)
{
    struct qr_proposal proposal;
    for (uint64_t number = 1; qr_proposal_next(node->state, number, &proposal); number = proposal.number + 1)
        if (proposal.state == QR_PROPOSAL_QUEUED && qr_track_subject(proposal.track) == QR_SUBJECT_UPGRADE)
            return qr_explainers_begin(node->explainers, node->state, &proposal.model, &proposal.baseline);
    return NULL;
}

void qr_node_upgrade_keep(struct qr_node *node, struct qr_explainer_draft *draft)
{
    qr_explainers_keep(node->explainers, draft);
}

/* An object of the genesis; gives its name. */
static struct qr_hash put_object(struct qr_state *state, enum qr_object_kind kind, const struct qr_buffer *bytes)
{
    struct qr_object object = {.kind = kind, .size = bytes->size};
    object.hash = kind == QR_OBJECT_RULES ? qr_tagged_hash(QR_DOMAIN_RULES, bytes->data, bytes->size)
                                          : qr_sha256(bytes->data, bytes->size);
    qr_object_put(state, &object, bytes->data);
    return object.hash;
}

static void put_parameters(struct qr_node *node, const struct qr_hash *rows)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer seconds = {0};
    const struct qr_genesis *genesis = &node->genesis;
    qr_put_int(&seconds, genesis->offer_seconds);
    const struct {
        const char *key;
        const void *bytes;
        size_t size;
    } parameters[] = {
        {QR_KEY_GENESIS, node->genesis_hash.bytes, QR_HASH_SIZE},
        {QR_KEY_CHAIN, genesis->chain_id, strlen(genesis->chain_id)},
        {QR_KEY_CUSTODY, genesis->custody, strlen(genesis->custody)},
        {QR_KEY_OFFER_SECONDS, seconds.data, seconds.size},
        {QR_KEY_ROWS, rows->bytes, QR_HASH_SIZE},
    };
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
        qr_state_put(node->state, parameters[i].key, strlen(parameters[i].key), parameters[i].bytes,
                     parameters[i].size);
}

static bool signs(void *context, const struct qr_public_key *key)
{
    const struct qr_node *node = context;
    return qr_witness_in_office(node->state, key);
}

static int put_parties(struct qr_node *node, struct qr_error *error)
{
    int code = qr_track_put(node->state, &node->genesis.upgrade, error);
    if (code == 0 && node->genesis.engine != QR_ENGINE_SOLO)
        code = qr_track_put(node->state, &node->genesis.validation, error);
    for (size_t i = 0; code == 0 && i < node->genesis.n_members; i++)
        code = qr_member_put(node->state, &node->genesis.members[i], error);
    for (size_t i = 0; code == 0 && i < node->genesis.n_operators; i++)
        code = qr_operator_appoint(node->state, &node->genesis.operators[i], 0, error);
    for (size_t i = 0; code == 0 && i < node->genesis.n_validators; i++)
        code = qr_validator_add(node->state, &node->genesis.validators[i], 0, error);
    return code;
}

/* Everything that the genesis puts into the state, and its activation leaf. */
static int put_genesis(struct qr_node *node, struct qr_error *error)
{
    struct qr_rules rules;
    int code = put_parties(node, error);
    if (code == 0)
        code = qr_rules_decode(node->genesis.rules.data, node->genesis.rules.size, &rules, error);
    if (code)
        return code;
    struct qr_hash rows = put_object(node->state, QR_OBJECT_ROWS, &node->genesis.rows);
    put_parameters(node, &rows);
    put_counts(node);
    struct qr_activation activation = {
        .model = put_object(node->state, QR_OBJECT_MODEL, &node->genesis.model),
        .baseline = put_object(node->state, QR_OBJECT_BASELINE, &node->genesis.baseline),
        .rules = put_object(node->state, QR_OBJECT_RULES, &node->genesis.rules),
        .rules_version = rules.version,
    };
    qr_node_activate(node, &activation);
    return 0;
}

int qr_node_new(const struct qr_node_setup *setup, struct qr_node **ret_node, struct qr_error *error)
{
    QR_CLEANUP(qr_node_freep) struct qr_node *node = qr_alloc(1, sizeof *node);
    node->app = (struct qr_app){
        .context = node,
        .prepare = qr_node_prepare,
        .sequenced = sequenced,
        .forget = qr_node_forget,
        .check = qr_node_check,
        .offends = qr_node_offends,
        .begin = begin,
        .apply = qr_node_apply,
        .end = end,
        .seal = seal,
        .commit = commit,
        .abort = abort_block,
        .signs = signs,
        .deadline = deadline,
        .state = state_of,
    };
    node->state = qr_state_new();
    node->workers = setup->workers;
    node->explainers = qr_explainers_new(setup->table_bytes);
    node->genesis_hash = qr_genesis_hash(setup->genesis.bytes, setup->genesis.size);
    int code = qr_genesis_read(setup->genesis.bytes, setup->genesis.size, &node->genesis, error);
    if (code == 0)
        code = put_genesis(node, error);
    if (code)
        return code;
    *ret_node = node;
    node = NULL;
    return 0;
}

void qr_node_free(struct qr_node *node)
{
    if (!node)
        return;
    qr_explainers_free(node->explainers);
    qr_state_free(node->state);
    qr_leaves_done(&node->leaves);
    free(node->changes);
    qr_genesis_done(&node->genesis);
    free(node);
}

void qr_node_freep(struct qr_node **node)
{
    qr_node_free(*node);
}

void qr_node_genesis_block(struct qr_node *node, struct qr_merkle_log *log, struct qr_header *ret_header,
                           const struct qr_leaves **ret_leaves)
{
    for (size_t i = 0; i < node->leaves.n; i++)
        qr_merkle_log_append(log, &node->leaves.hashes[i]);
    *ret_header = (struct qr_header){
        .time = node->genesis.time,
        .previous = node->genesis_hash,
        .transactions_root = qr_merkle_root(NULL, 0),
        .log_size = qr_merkle_log_size(log),
        .log_root = qr_merkle_log_root(log),
        .app_hash = qr_state_digest(node->state),
    };
    qr_copy_text(ret_header->chain_id, sizeof ret_header->chain_id, node->genesis.chain_id);
    *ret_leaves = &node->leaves;
}

static int write_genesis(struct qr_node *node, const struct qr_span *genesis, struct qr_store *store,
                         const struct qr_key *key, struct qr_merkle_log *log, struct qr_header *ret_head,
                         struct qr_error *error)
{
    struct qr_append append = {.header = ret_head, .log = log, .state = node->state, .genesis = genesis};
    struct qr_note_signature signature;
    qr_node_genesis_block(node, log, ret_head, &append.leaves);
    struct qr_checkpoint checkpoint = qr_checkpoint_of(ret_head, &node->genesis_hash);
    if (key && signs(node, qr_key_public(key))) {
        qr_checkpoint_sign(&checkpoint, key, &signature);
        append.signatures = &signature;
        append.n_signatures = 1;
    }
    int code = qr_store_append(store, &append, error);
    if (code)
        return code;
    commit(node);
    qr_merkle_log_flush(log);
    return 0;
}

static int load(struct qr_node *node, struct qr_store *store, const struct qr_header *head, struct qr_merkle_log **ret_log,
                struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer genesis = {0};
    struct qr_tile_source tiles = qr_store_tiles(store);
    int code = qr_store_genesis(store, &genesis, error);
    if (code == QR_ENOT_FOUND)
        return qr_fail(error, QR_ECORRUPT, "the store holds blocks, but the genesis that they start from is lost");
    if (code)
        return code;
    struct qr_hash hash = qr_genesis_hash(genesis.data, genesis.size);
    if (!qr_hash_equal(&hash, &node->genesis_hash)) {
        qr_fail(error, QR_EMISMATCH, "the store belongs to another genesis than genesis.qrg");
        qr_hint(error, "bring the genesis.qrg that it was made from; if this is the one, restore the store from a copy");
        return QR_EMISMATCH;
    }
    qr_leaves_cut(&node->leaves, 0);
    qr_state_free(node->state);
    node->state = qr_state_new();
    code = qr_store_load_state(store, node->state, error);
    if (code)
        return code;
    struct qr_hash digest = qr_state_digest(node->state);
    if (!qr_hash_equal(&digest, &head->app_hash)) {
        qr_fail(error, QR_ECORRUPT, "the state in the store is not the one that block %" PRIu64 " signs for",
                head->height);
        return qr_hint(error, "`quorate ledger audit` says what is damaged; restore ledgerd.db from a copy");
    }
    get_counts(node);
    code = qr_merkle_log_open(head->log_size, &tiles, ret_log, error);
    if (code)
        return code;
    struct qr_hash root = qr_merkle_log_root(*ret_log);
    if (qr_hash_equal(&root, &head->log_root))
        return 0;
    qr_merkle_log_freep(ret_log);
    *ret_log = NULL;
    return qr_fail(error, QR_ECORRUPT, "the log in the store is not the one that block %" PRIu64 " signs for",
                   head->height);
}

int qr_node_open(const struct qr_node_setup *setup, struct qr_store *store, const struct qr_key *key,
                 struct qr_node **ret_node, struct qr_merkle_log **ret_log, struct qr_header *ret_head,
                 struct qr_error *error)
{
    QR_CLEANUP(qr_node_freep) struct qr_node *node = NULL;
    int code = qr_node_new(setup, &node, error);
    if (code)
        return code;
    *ret_log = NULL;
    code = qr_store_head(store, ret_head, NULL);
    bool fresh = code == QR_ENOT_FOUND;
    if (code == 0) {
        code = load(node, store, ret_head, ret_log, error);
    } else if (fresh) {
        *ret_log = qr_merkle_log_new();
        code = write_genesis(node, &setup->genesis, store, key, *ret_log, ret_head, error);
    } else {
        code = qr_store_head(store, ret_head, error);
    }
    if (code == 0 && key)
        code = qr_store_own(store, qr_key_public(key), fresh ? 0 : ret_head->height + 1, error);
    if (code) {
        qr_merkle_log_freep(ret_log);
        return qr_store_blame(store, code, error);
    }
    *ret_node = node;
    node = NULL;
    return 0;
}
