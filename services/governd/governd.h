#ifndef QR_SERVICES_GOVERND_GOVERND_H
#define QR_SERVICES_GOVERND_GOVERND_H

#include "governance/governance.h"
#include "services/lib/service.h"

/* quorate-governd, a member's agent. What its files do:
 *
 *     mirror.c    reads governance's entries from the ledger and keeps them fresh by block events
 *     answer.c    answers requests from the mirror
 *     review.c    computes the impact report of a proposal in review, and records its hash
 *     fetch.c     gets the objects that a report is made of
 *     agent.c     signs with the agent's key and submits, one transaction after another
 *     due.c       executes what has passed its timelock
 *     notice.c    tells people what happened and until when they can act
 *     store.c     governd.db: reports, notices and what was told already
 *
 * Nothing here is agreed state: all of it can be read or computed again, so governd.db can be deleted. */

struct agent;
struct due;
struct mirror;
struct notices;
struct reviews;
struct store;

struct governd {
    struct qr_daemon *daemon;
    struct qr_client *client;
    char chain[QR_CHAIN_ID_MAX + 1];
    struct qr_buffer reference; /* the genesis' reference rows */
    struct store *store;
    struct mirror *mirror;
    struct agent *agent;
    struct reviews *reviews;
    struct due *due;
    struct notices *notices;
};

#endif
