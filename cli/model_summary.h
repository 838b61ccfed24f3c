#ifndef QR_CLI_MODEL_SUMMARY_H
#define QR_CLI_MODEL_SUMMARY_H

#include "cli/cli.h"
#include "xai/model.h"

/* The global picture of many explained rows, added up in integers as they stream by: the mean size of each feature's
 * contributions, how they spread (a histogram whose bins double as larger ones turn up), and, by the groups of one
 * feature (--by), the mean fare and the mean contribution of that feature. */
struct model_summary;

QR_MUST_USE int model_summary_new(struct cli *cli, const struct qr_model *model, struct model_summary **ret_summary,
                                  struct qr_error *error);
void model_summary_freep(struct model_summary **summary);
void model_summary_add(struct model_summary *summary, const int32_t *rows, const int64_t *scores,
                       const int64_t *contributions, size_t n);
QR_MUST_USE int model_summary_answer(struct cli *cli, const struct model_summary *summary, struct qr_error *error);

#endif
