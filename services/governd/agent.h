#ifndef QR_SERVICES_GOVERND_AGENT_H
#define QR_SERVICES_GOVERND_AGENT_H

#include "services/governd/governd.h"

/* The agent's key (HOME/keys/operators/agent.key) and its transactions. They are submitted one after another, each with
 * the sequence number after the last one that the ledger has: whatever a crash left half done is seen there, not
 * remembered. */

/* Without a key file the agent can only watch: agent_key is NULL, and submissions fail with QR_EREFUSED. */
QR_MUST_USE int agent_new(struct governd *governd, struct agent **ret_agent, struct qr_error *error);
void agent_free(struct agent *agent);
const struct qr_public_key *agent_key(const struct agent *agent);

/* `height` is of the block that holds it; the error is NULL then. Otherwise the ledger refused it or was not reached.
 */
typedef void agent_done(void *context, uint64_t height, const struct qr_error *error);

/* Calls back once. The payload is copied. */
void agent_submit(struct agent *agent, uint64_t kind, const struct qr_buffer *payload, agent_done *done, void *context);

/* Logs why a submission did not come to a block. That it was refused is no error where several members have agents: another was
 * first, or block time is behind this clock. */
void agent_log_failure(const char *doing, const struct qr_error *error);

#endif
