#include "node/keyspace.h"
#include "tests/unit/node/forge.h"
#include "tests/unit/node/history.h"

/* Snapshots that an attacker made: whatever hashes are computed anew, the application hash stands against them. */

/* An attacker's content under its own hash, and the true application hash. */
static void is_refused(const struct qr_buffer *content, uint64_t height, const char *what)
{
    struct qr_snapshot offer;
    struct qr_error error = {0};
    forge_offer(content, height, &offer);
    int code = restore_all(&offer, content, trusted(), &error);
    if (code != QR_EINVALID)
        ck_abort_msg("%s: %s: %s", what, qr_code_word((enum qr_code)code), error.text);
    ck_assert(error.text[0]);
    printf("# %s: %s\n", what, error.text);
    target_is_empty();
    qr_snapshot_done(&offer);
}

START_TEST(content_that_is_cut_swapped_or_longer_is_refused_whatever_its_hash)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0}, changed = {0};
    struct unit_random random = unit_random_start();
    struct qr_snapshot offer;
    make(&offer, &content);
    for (int i = 0; i < 12; i++) {
        qr_buffer_clear(&changed);
        qr_buffer_add(&changed, content.data,
                      i == 0 ? content.size - 1 : 1 + unit_random_below(&random, content.size - 1));
        is_refused(&changed, offer.height, "cut");
    }
    qr_buffer_clear(&changed);
    qr_buffer_add(&changed, content.data, content.size);
    qr_buffer_byte(&changed, 0);
    is_refused(&changed, offer.height, "longer");
    changed.size--;
    memcpy(changed.data, content.data + QR_SNAPSHOT_CHUNK_SIZE, QR_SNAPSHOT_CHUNK_SIZE);
    memcpy(changed.data + QR_SNAPSHOT_CHUNK_SIZE, content.data, QR_SNAPSHOT_CHUNK_SIZE);
    is_refused(&changed, offer.height, "swapped");
    memmove(changed.data, content.data + QR_SNAPSHOT_CHUNK_SIZE, content.size - QR_SNAPSHOT_CHUNK_SIZE);
    changed.size = content.size - QR_SNAPSHOT_CHUNK_SIZE;
    is_refused(&changed, offer.height, "without its first chunk");
    for (int i = 0; i < 60; i++) {
        qr_buffer_clear(&changed);
        qr_buffer_add(&changed, content.data, content.size);
        changed.data[unit_random_below(&random, content.size)] ^= (uint8_t)(1 << unit_random_below(&random, 8));
        is_refused(&changed, offer.height, "a bit");
    }
    qr_snapshot_done(&offer);
}
END_TEST

/* ---- Forgeries ---- */

static struct forge_block *block_with_leaves(struct forge *forge)
{
    return &forge->blocks[0]; /* a batch of 40 decisions */
}

static void alter_state(struct forge *forge)
{
    forge->values.items[forge_find(forge, QR_KEY_CUSTODY)].data[0] ^= 1;
}

static void drop_entry(struct forge *forge)
{
    size_t at = forge_find(forge, QR_KEY_CUSTODY);
    forge_remove(&forge->keys, at);
    forge_remove(&forge->values, at);
}

static void alter_leaf(struct forge *forge)
{
    struct qr_buffer *leaf = &block_with_leaves(forge)->leaves.items[7];
    leaf->data[leaf->size - 1] ^= 1;
}

static void swap(struct forge_bytes *list)
{
    struct qr_buffer one = list->items[1];
    list->items[1] = list->items[2];
    list->items[2] = one;
}

static void swap_leaves(struct forge *forge)
{
    swap(&block_with_leaves(forge)->leaves);
}

static void add_leaf(struct forge *forge)
{
    struct forge_bytes *leaves = &block_with_leaves(forge)->leaves;
    forge_insert(leaves, leaves->n, "QRD1 not decided", 16);
}

static void drop_leaf(struct forge *forge)
{
    forge_remove(&block_with_leaves(forge)->leaves, 3);
}

static void move_leaf(struct forge *forge)
{
    struct forge_bytes *from = &block_with_leaves(forge)->leaves, *to = &forge->blocks[1].leaves;
    const struct qr_buffer *last = &from->items[from->n - 1];
    forge_insert(to, 0, last->data, last->size);
    forge_remove(from, from->n - 1);
}

static void alter_transaction(struct forge *forge)
{
    struct qr_buffer *transaction = &forge->blocks[1].transactions.items[0];
    transaction->data[transaction->size - 1] ^= 1; /* of its signature */
}

static void alter_body(struct forge *forge)
{
    struct qr_buffer *transaction = &forge->blocks[1].transactions.items[0];
    transaction->data[transaction->size - 32 - 64 - 1] ^= 1; /* the end of its payload */
}

static void drop_member_transaction(struct forge *forge)
{
    forge_bytes_done(&forge->blocks[2].transactions); /* a publication, which appends no leaf */
}

static void leave_out_block(struct forge *forge)
{
    struct forge_block *out = &forge->blocks[2];
    forge_bytes_done(&out->transactions);
    forge_bytes_done(&out->leaves);
    /* The height stays: there is another empty block before the last. */
    memmove(out, out + 1, (forge->height - 3) * sizeof *out);
    struct forge_block *last = &forge->blocks[forge->height - 1];
    forge->blocks[forge->height - 2].header.time--;
    *last = forge->blocks[forge->height - 2];
    last->header.time += 1;
    forge->blocks[forge->height - 2] = (struct forge_block){.header = forge->blocks[forge->height - 3].header};
    forge->blocks[forge->height - 2].header.time++;
}

/* Of an empty block. */
static void alter_time(struct forge *forge)
{
    forge->blocks[8].header.time++;
}

static void alter_last_time(struct forge *forge)
{
    forge->blocks[forge->height - 1].header.time++;
}

static void alter_app_hash(struct forge *forge)
{
    forge->blocks[4].header.app_hash.bytes[0] ^= 1;
}

static const struct {
    const char *what;
    void (*alter)(struct forge *forge);
} forgeries[] = {
    {"an entry of the state altered", alter_state},
    {"an entry of the state left out", drop_entry},
    {"a leaf altered", alter_leaf},
    {"two leaves swapped", swap_leaves},
    {"a leaf more", add_leaf},
    {"a leaf left out", drop_leaf},
    {"a leaf moved into the next block", move_leaf},
    {"a signature altered", alter_transaction},
    {"a transaction altered", alter_body},
    {"a transaction left out", drop_member_transaction},
    {"a block left out", leave_out_block},
    {"an empty block's time altered", alter_time},
    {"the last block's time altered", alter_last_time},
    {"an earlier application hash altered", alter_app_hash},
};

static void forge_from(struct forge *forge, const struct qr_buffer *content, size_t which)
{
    forge_open(forge, content, &stage_genesis);
    forgeries[which].alter(forge);
    forge_rehash(forge);
}

/* With hashes that an attacker computes anew, the trusted application hash is all that stands against it. */
START_TEST(a_forged_history_is_refused_by_the_application_hash_alone)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    struct qr_snapshot offer;
    make(&offer, &content);
    for (size_t i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer kept = {0}, sealed = {0};
        QR_CLEANUP(forge_done) struct forge forge;
        struct qr_snapshot own;
        struct qr_error error = {0};
        forge_from(&forge, &content, i);
        forge_content(&forge, &kept);
        is_refused(&kept, offer.height, forgeries[i].what); /* the state still names the true header */
        forge_reseal(&forge);
        struct qr_hash digest = forge_digest(&forge);
        forge.blocks[forge.height - 1].header.app_hash = digest;
        forge_content(&forge, &sealed);
        is_refused(&sealed, offer.height, forgeries[i].what); /* the state names the forged one */
        forge_offer(&sealed, offer.height, &own);
        /* The forgery is whole: only trust in it is missing. */
        unit_ok(restore_all(&own, &sealed, &digest, &error), error);
        clear_target();
        qr_snapshot_done(&own);
    }
    restores(&offer, &content);
    qr_snapshot_done(&offer);
}
END_TEST

/* The application hash of an empty block is that of the block before, and so says nothing of its time. */
START_TEST(a_history_that_ends_in_an_empty_block_is_refused)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0}, changed = {0};
    QR_CLEANUP(forge_done) struct forge forge;
    struct qr_snapshot offer;
    make(&offer, &content);
    forge_open(&forge, &content, &stage_genesis);
    forge.blocks = qr_realloc(forge.blocks, ++forge.height, sizeof *forge.blocks);
    forge.blocks[forge.height - 1] = (struct forge_block){.header = forge.blocks[forge.height - 2].header};
    forge.blocks[forge.height - 1].header.time += 5;
    forge_rehash(&forge);
    forge_content(&forge, &changed);
    is_refused(&changed, forge.height, "an empty block more");
    qr_snapshot_done(&offer);
}
END_TEST

/* Without recomputed hashes, each is noticed where it is. */
START_TEST(what_does_not_fit_its_header_is_refused)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    struct qr_snapshot offer;
    make(&offer, &content);
    for (size_t i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer changed = {0};
        QR_CLEANUP(forge_done) struct forge forge;
        forge_open(&forge, &content, &stage_genesis);
        forgeries[i].alter(&forge);
        forge_content(&forge, &changed);
        is_refused(&changed, offer.height, forgeries[i].what);
    }
    qr_snapshot_done(&offer);
}
END_TEST

/* What a hostile content could claim to make a node take memory, or to confuse it, under a hash of its own. */
START_TEST(absurd_content_is_refused)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    struct qr_snapshot offer;
    make(&offer, &content);
    for (int i = 0; i < 10; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer changed = {0};
        QR_CLEANUP(forge_done) struct forge forge;
        forge_open(&forge, &content, &stage_genesis);
        struct qr_header *header = &forge.blocks[1].header;
        switch (i) {
        case 0:
            forge.genesis.bytes[0] ^= 1;
            break;
        case 1:
            forge.blocks[forge.height - 1].header.log_size = UINT64_MAX;
            break;
        case 2:
            header->log_size = 0;
            break;
        case 3:
            header->log_size += UINT64_C(1) << 40;
            break;
        case 4:
            header->height++;
            break;
        case 5:
            header->chain_id[0] ^= 1;
            break;
        case 6:
            forge.blocks[2].header.log_size = 0;
            break;
        case 7: /* the same state in another order */
            swap(&forge.keys);
            swap(&forge.values);
            break;
        case 8:
            forge_insert(&forge.blocks[1].transactions, 0, "", 0);
            break;
        case 9: /* an operator's transaction a second time */
            forge_insert(&forge.blocks[2].transactions, 0, forge.blocks[1].transactions.items[0].data,
                         forge.blocks[1].transactions.items[0].size);
            forge_rehash(&forge);
            break;
        }
        forge_content(&forge, &changed);
        is_refused(&changed, offer.height, "absurd");
    }
    content.data[1 + 4 + QR_HASH_SIZE]++; /* the height that the head names */
    is_refused(&content, offer.height, "another height");
    qr_buffer_clear(&content);
    qr_buffer_add(&content, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10); /* a length */
    is_refused(&content, offer.height, "a length without end");
    qr_snapshot_done(&offer);
}
END_TEST

/* Each with hashes that fit; one less of each is taken. */
START_TEST(each_limit_is_one)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    QR_CLEANUP(qr_freep) uint8_t *long_bytes = qr_alloc(1, QR_STATE_VALUE_MAX + 1);
    struct qr_snapshot offer;
    make(&offer, &content);
    for (int i = 0; i < 8; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer changed = {0};
        QR_CLEANUP(forge_done) struct forge forge;
        struct qr_snapshot own;
        struct qr_error error = {0};
        forge_open(&forge, &content, &stage_genesis);
        struct forge_bytes *leaves = &forge.blocks[1].leaves;
        memset(long_bytes, 0xff, QR_STATE_KEY_MAX + 1);
        int over = i % 2;
        switch (i / 2) {
        case 0:
            forge_insert(&forge.keys, forge.keys.n, long_bytes, QR_STATE_KEY_MAX + (size_t)over),
                forge_insert(&forge.values, forge.values.n, "", 0);
            break;
        case 1:
            forge_insert(&forge.keys, forge.keys.n, "z", 1),
                forge_insert(&forge.values, forge.values.n, long_bytes, QR_STATE_VALUE_MAX + (size_t)over);
            break;
        case 2:
            forge_insert(leaves, 0, long_bytes, (32 << 10) + (size_t)over);
            break;
        case 3: /* more than 1 MiB beside 32 times a small block */
            for (int n = 0; n < 32 + over; n++)
                forge_insert(leaves, 0, long_bytes, 32 << 10);
            break;
        }
        forge_rehash(&forge);
        forge_reseal(&forge);
        struct qr_hash digest = over && i < 4 ? *trusted() : forge_digest(&forge); /* a state cannot hold those */
        forge.blocks[forge.height - 1].header.app_hash = digest;
        forge_content(&forge, &changed);
        forge_offer(&changed, offer.height, &own);
        if (over) {
            unit_fails(restore_all(&own, &changed, &digest, &error), QR_EINVALID, error);
            printf("# %s\n", error.text);
            target_is_empty();
        } else {
            unit_ok(restore_all(&own, &changed, &digest, &error), error);
        }
        clear_target();
        qr_snapshot_done(&own);
    }
    qr_snapshot_done(&offer);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        content_that_is_cut_swapped_or_longer_is_refused_whatever_its_hash,
        a_forged_history_is_refused_by_the_application_hash_alone,
        a_history_that_ends_in_an_empty_block_is_refused,
        what_does_not_fit_its_header_is_refused,
        absurd_content_is_refused,
        each_limit_is_one,
    };
    return run("node/forgery", tests, sizeof tests / sizeof tests[0]);
}
