#ifndef QR_LEDGER_BLOCK_H
#define QR_LEDGER_BLOCK_H

#include "common/codec.h"
#include "common/key.h"

/* A block: a header and the transactions that it put in order. Height 0 is the genesis itself: a header without
 * transactions whose `previous` is the genesis hash; each later header names the hash of the one before.
 *
 * Header, canonical codec in this order: "QRH1", chain id, height, time, previous, transactions root, log size, log root,
 * application hash. Its hash is tagged (QR_DOMAIN_BLOCK). The transactions root is the RFC 9162 root over the
 * encoded transactions, signatures included. Log root and size and the application hash are those after the block.
 * A block is the header as bytes, a count, and each encoded transaction as bytes. */

enum {
    QR_BLOCK_TRANSACTIONS_MAX = 1 << 14,
    QR_BLOCK_BYTES_MAX = 8 << 20, /* of its transactions */
};

struct qr_header {
    char chain_id[QR_CHAIN_ID_MAX + 1];
    uint64_t height;
    int64_t time; /* ms; always later than the block before */
    struct qr_hash previous;
    struct qr_hash transactions_root;
    uint64_t log_size;
    struct qr_hash log_root;
    struct qr_hash app_hash;
};

void qr_header_write(const struct qr_header *header, struct qr_buffer *out);
QR_MUST_USE int qr_header_read(const void *bytes, size_t size, struct qr_header *ret, struct qr_error *error);
struct qr_hash qr_header_hash(const struct qr_header *header);

/* The encoded transactions of a block; the spans point into the bytes that they were read from. */
struct qr_block {
    struct qr_header header;
    size_t n;
    struct qr_span *transactions;
};

void qr_block_done(struct qr_block *block);
/* QR_EFORMAT, QR_ELIMIT. Does not check the transactions root: qr_transactions_root does. */
QR_MUST_USE int qr_block_read(const void *bytes, size_t size, struct qr_block *ret, struct qr_error *error);
void qr_block_write(const struct qr_block *block, struct qr_buffer *out);
struct qr_hash qr_transactions_root(const struct qr_span *transactions, size_t n);

#endif
