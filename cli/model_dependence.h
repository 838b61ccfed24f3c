#ifndef QR_CLI_MODEL_DEPENDENCE_H
#define QR_CLI_MODEL_DEPENDENCE_H

#include "cli/cli.h"
#include "xai/model.h"

/* How one feature's mean contribution depends on its value, added up as explained rows stream by: a column for each
 * category, or for each of up to DEPENDENCE_COLUMNS equal steps of a number between the least and the largest value
 * that rows have, and one for blanks. */
struct model_dependence;

/* NULL without --dependence; QR_EUSAGE when the model has no such feature. */
QR_MUST_USE int model_dependence_new(struct cli *cli, const struct qr_model *model,
                                     struct model_dependence **ret_dependence, struct qr_error *error);
void model_dependence_freep(struct model_dependence **dependence);
void model_dependence_add(struct model_dependence *dependence, const int32_t *rows, const int64_t *contributions,
                          size_t n);

/* {"feature":"days_left","columns":[{"from":"0","to":"4","rows":N,"mean_contribution":N},...]}: categories and
 * "missing" stand as both; columns without rows are left out. */
json_t *model_dependence_json(const struct model_dependence *dependence);
/* The plot, of 80 columns: values across, the mean contribution up and down from the line of 0. */
void model_dependence_print(struct cli *cli, const struct model_dependence *dependence);

#endif
