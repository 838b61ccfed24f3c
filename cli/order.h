#ifndef QR_CLI_ORDER_H
#define QR_CLI_ORDER_H

#include "cli/cli.h"

/* An order as `book` and `order` answer it. */
QR_MUST_USE int order_print(struct cli *cli, const Quorate__Order *order, struct qr_error *error);

#endif
