#ifndef QR_CLI_EXPLAIN_H
#define QR_CLI_EXPLAIN_H

#include "cli/cli.h"
#include "node/mandate.h"
#include "xai/decision.h"

/* A decision with what its numbers mean. */
struct explanation {
    struct qr_hash id;
    struct qr_decision decision;
    struct qr_activation activation;
    bool activation_known;
    struct qr_schema schema;
    const char *state; /* "pending", "recorded", "unrecorded" */
    uint64_t height;   /* 0 unless recorded */
};

/* The waterfall as text (cli/waterfall.c). */
void explanation_print(struct cli *cli, const struct explanation *explanation);

#endif
