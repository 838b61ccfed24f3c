#include "ledger/block.h"

#include "ledger/merkle.h"
#include "ledger/transaction.h"

static const char header_magic[4] = {'Q', 'R', 'H', '1'};

enum { HEADER_BYTES_MAX = 512 };

void qr_header_write(const struct qr_header *header, struct qr_buffer *out)
{
    qr_put_raw(out, header_magic, sizeof header_magic);
    qr_put_text(out, header->chain_id);
    qr_put_uint(out, header->height);
    qr_put_int(out, header->time);
    qr_put_hash(out, &header->previous);
    qr_put_hash(out, &header->transactions_root);
    qr_put_uint(out, header->log_size);
    qr_put_hash(out, &header->log_root);
    qr_put_hash(out, &header->app_hash);
}

int qr_header_read(const void *bytes, size_t size, struct qr_header *ret, struct qr_error *error)
{
    struct qr_header header = {0};
    struct qr_reader in = qr_reader_of(bytes, size);
    const uint8_t *magic = qr_get_raw(&in, sizeof header_magic);
    if (magic && memcmp(magic, header_magic, sizeof header_magic) != 0)
        qr_reader_fail(&in, "it does not start with QRH1");
    qr_get_text(&in, header.chain_id, sizeof header.chain_id);
    header.height = qr_get_uint(&in);
    header.time = qr_get_int(&in);
    qr_get_hash(&in, &header.previous);
    qr_get_hash(&in, &header.transactions_root);
    header.log_size = qr_get_uint(&in);
    qr_get_hash(&in, &header.log_root);
    qr_get_hash(&in, &header.app_hash);
    int code = qr_reader_end(&in, "block header", error);
    if (code == 0)
        *ret = header;
    return code;
}

struct qr_hash qr_header_hash(const struct qr_header *header)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_header_write(header, &bytes);
    return qr_tagged_hash(QR_DOMAIN_BLOCK, bytes.data, bytes.size);
}

void qr_block_done(struct qr_block *block)
{
    free(block->transactions);
    *block = (struct qr_block){0};
}

int qr_block_read(const void *bytes, size_t size, struct qr_block *ret, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    size_t header_size = 0;
    const uint8_t *header_bytes = qr_get_bytes(&in, HEADER_BYTES_MAX, &header_size);
    size_t n = qr_get_count(&in, QR_BLOCK_TRANSACTIONS_MAX, 1);
    QR_CLEANUP(qr_block_done) struct qr_block block = {.n = n};
    block.transactions = qr_alloc(n, sizeof *block.transactions);
    for (size_t i = 0; i < n; i++)
        block.transactions[i].bytes = qr_get_bytes(&in, QR_TRANSACTION_MAX, &block.transactions[i].size);
    int code = qr_reader_end(&in, "block", error);
    if (code == 0)
        code = qr_header_read(header_bytes, header_size, &block.header, error);
    if (code)
        return code;
    *ret = block;
    block = (struct qr_block){0};
    return 0;
}

void qr_block_write(const struct qr_block *block, struct qr_buffer *out)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer header = {0};
    qr_header_write(&block->header, &header);
    qr_put_bytes(out, header.data, header.size);
    qr_put_uint(out, block->n);
    for (size_t i = 0; i < block->n; i++)
        qr_put_bytes(out, block->transactions[i].bytes, block->transactions[i].size);
}

struct qr_hash qr_transactions_root(const struct qr_span *transactions, size_t n)
{
    struct qr_hash *leaves = qr_alloc(n, sizeof *leaves);
    for (size_t i = 0; i < n; i++)
        leaves[i] = qr_merkle_leaf(transactions[i].bytes, transactions[i].size);
    struct qr_hash root = qr_merkle_root(leaves, n);
    free(leaves);
    return root;
}
