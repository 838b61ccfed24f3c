#ifndef QR_SERVICES_GOVERND_DUE_H
#define QR_SERVICES_GOVERND_DUE_H

#include "services/governd/governd.h"

/* Due executions: what has passed its timelock is executed by the first agent to come. Another one's refusal does no
 * harm. */
struct due *due_new(struct governd *governd);
void due_free(struct due *due);
void due_changed(struct due *due); /* the mirror was read */

#endif
