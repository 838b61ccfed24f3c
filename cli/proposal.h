#ifndef QR_CLI_PROPOSAL_H
#define QR_CLI_PROPOSAL_H

#include "cli/cli.h"

/* Between the files of `quorate proposal` and `quorate vote`. */

/* The proposal that an id, or its beginning, names. The reply holds it. */
QR_MUST_USE int proposal_get(struct cli *cli, const char *id, Quorate__Reply **ret_reply, struct qr_error *error);
/* Likewise by all bytes of its id. */
QR_MUST_USE int proposal_by_hash(struct cli *cli, const struct qr_hash *id, Quorate__Reply **ret_reply,
                                 struct qr_error *error);

json_t *proposal_json(const Quorate__Proposal *proposal);
void proposal_print(struct cli *cli, const Quorate__Proposal *proposal);

/* Rows of a table of impact: a report's JSON (xai/report.h) as voters read it. */
void proposal_print_impact(struct cli *cli, json_t *report);

extern const struct cli_command cli_proposal_create, cli_proposal_report;

#endif
