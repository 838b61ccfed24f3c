#ifndef QR_NODE_KEYSPACE_H
#define QR_NODE_KEYSPACE_H

/* Who keeps what under which prefix of the replicated state. A prefix ends with a slash; numbers in keys are 8 bytes,
 * most significant first, so that they sort; hashes and public keys are 32 raw bytes. No entry is written from anywhere
 * but the place named.
 *
 *     g/                              governance/ : members, tracks, proposals, ballots, reports
 *     n/k/ KEY                        node/operator.c : an operator's key: kind, name, member, heights
 *     n/s/ KEY                        node/operator.c : the last sequence number that the operator used
 *     n/t/ EXPIRY ID                  node/operator.c : a member's transaction, until its expiry: the height that took it
 *     n/v/ KEY                        node/validator.c : a validator's consensus key: name, power, member, height it came at
 *     n/c                             node/node.c : counts of transactions, decisions and orders
 *     n/h                             node/node.c : the header of the last block that changed anything, but for its application hash
 *     o/h/ HASH                       node/object.c : a complete object
 *     o/d/ HASH INDEX                 node/object.c : one chunk of it
 *     o/u/ HASH MEMBER                node/object.c : an unfinished upload
 *     o/v/ HASH MEMBER 00 INDEX       node/object.c : one chunk of that
 *     o/x/ HEIGHT HASH MEMBER         node/object.c : when to drop it
 *     m/i/ MANDATE                    node/mandate.c : an activation and when it ended
 *     m/a                             node/mandate.c : the active mandate
 *     p/                              node/node.c : what the genesis fixed for good:
 *                                         p/genesis its hash, p/chain and p/custody texts, p/offer_seconds a signed number,
 *                                         p/rows the hash of the reference rows */

#define QR_KEY_GOVERNANCE "g/"
#define QR_KEY_OPERATOR "n/k/"
#define QR_KEY_SEQUENCE "n/s/"
#define QR_KEY_REPLAY "n/t/"
#define QR_KEY_VALIDATOR "n/v/"
#define QR_KEY_COUNTS "n/c"
#define QR_KEY_HEADER "n/h"
#define QR_KEY_OBJECT "o/h/"
#define QR_KEY_CHUNK "o/d/"
#define QR_KEY_UPLOAD "o/u/"
#define QR_KEY_UPLOAD_CHUNK "o/v/"
#define QR_KEY_UPLOAD_EXPIRY "o/x/"
#define QR_KEY_MANDATE "m/i/"
#define QR_KEY_ACTIVE "m/a"
#define QR_KEY_GENESIS "p/genesis"
#define QR_KEY_CHAIN "p/chain"
#define QR_KEY_CUSTODY "p/custody"
#define QR_KEY_OFFER_SECONDS "p/offer_seconds"
#define QR_KEY_ROWS "p/rows"

#endif
