#ifndef QR_CLI_MODEL_CHANGE_H
#define QR_CLI_MODEL_CHANGE_H

#include "cli/cli.h"
#include "xai/attribution.h"
#include "xai/reference.h"

/* What the change from one model to another comes from: the exact attribution of the difference over all rows, and the
 * rows whose fares rise and fall most, each with its own.
 * {"score_scale":N,"base":N,"mean":{"days_left":N,...},"mean_abs":{...},"risers":[{"row":N,"before":N,"after":N,"contributions":{...}}],
 *  "fallers":[...]}; NULL where the two models cannot be subtracted (different score scales). */
json_t *model_change_json(const struct qr_explainer *a, const struct qr_explainer *b,
                          const struct qr_reference *reference);
void model_change_print(struct cli *cli, const json_t *change, const struct qr_output *output);

#endif
