#ifndef QR_CLI_INIT_H
#define QR_CLI_INIT_H

#include "cli/cometbft_home.h"
#include "cli/commands.h"
#include "cli/new_home.h"
#include "reservations/network.h"
#include "node/genesis.h"

/* The parts of `quorate init`: init.c has the command, init_home.c fills a home, init_objects.c has what a new ledger
 * governs first, init_join.c makes a home for a ledger that exists. `folder` is where a home is made. */

/* The first model, baseline, rules and reference rows. */
QR_MUST_USE int init_add_objects(struct qr_genesis *genesis, struct qr_error *error);

/* The folders for keys, and the key of the home's sockets between machines. */
QR_MUST_USE int init_make_key_folders(const char *folder, struct qr_error *error);
/* A member of the genesis with a new key in keys/NAME.key. */
QR_MUST_USE int init_add_member(struct qr_genesis *genesis, const char *folder, const char *name, struct qr_error *error);
/* A service's new key in keys/operators/KIND.key, named KIND; where ledgers have several of them OWNER-KIND, and a
 * node as OWNER. */
QR_MUST_USE int init_make_operator(const char *folder, enum qr_key_kind kind, const char *owner, struct qr_key **ret_key,
                                   struct qr_error *error);
/* The network of the demonstration, or of --fares. */
QR_MUST_USE int init_read_network(struct cli *cli, struct qr_network *ret_network, struct qr_error *error);
/* Everything but keys: genesis.qrg, reserved.db, quorate.ini, run and log. */
QR_MUST_USE int init_fill_home(const char *folder, const struct qr_buffer *genesis, const struct qr_network *network,
                               struct qr_error *error);

/* --join: the home of a further node (join.c): one that follows, or a validator's (init_join.c). */
QR_MUST_USE int init_join(struct cli *cli, struct qr_error *error);
QR_MUST_USE int init_join_validator(struct cli *cli, struct qr_error *error);
/* The way from a folder to a file, both absolute and without links. */
void init_relative_path(const char *from, const char *to, struct qr_buffer *out);
/* --set cometbft.port=N, or the fallback. */
QR_MUST_USE int init_port(struct cli *cli, int64_t fallback, int64_t *ret_port, struct qr_error *error);

#endif
