#ifndef QR_CLI_MODEL_CHANGE_H
#define QR_CLI_MODEL_CHANGE_H

#include "cli/cli.h"
#include "xai/schema.h"

/* The feature of an entry's "contributions" that did most in one direction, and how much; "" and 0 without any. */
const char *model_change_cause(const json_t *entry, bool rises, json_int_t *ret_size);

/* Shows the rows that rise and fall most, of what qr_change_json says. */
void model_change_print(struct cli *cli, const json_t *change, const struct qr_output *output);

#endif
