#ifndef QR_DATA_EMBEDDED_H
#define QR_DATA_EMBEDDED_H

#include "common/prelude.h"

/* The demonstration's files, linked into whoever names them, so that `quorate init` works wherever the program lies.
 * They are the committed files of data/ byte for byte; data/README.md says where they come from. */
struct qr_embedded {
    const char *name; /* as in data/: "first.json" */
    const void *bytes;
    size_t size;
};

extern const struct qr_embedded qr_embedded_features;  /* features.json: the schema of both sample models */
extern const struct qr_embedded qr_embedded_first;     /* first.json: the model of the genesis, XGBoost JSON */
extern const struct qr_embedded qr_embedded_second;    /* second.json: the model to try an upgrade with */
extern const struct qr_embedded qr_embedded_baseline;  /* baseline.csv */
extern const struct qr_embedded qr_embedded_reference; /* reference.csv: rows with a true `price` in rupees */
extern const struct qr_embedded qr_embedded_network;   /* network.csv: the text form of reservations/network.h */

#endif
