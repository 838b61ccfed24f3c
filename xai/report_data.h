#ifndef QR_XAI_REPORT_DATA_H
#define QR_XAI_REPORT_DATA_H

#include "xai/report.h"

/* Inside of an impact report and of a change, for report*.c and change.c. Sums are kept, and means are made when shown.
 */

#define REPORT_RATIO_MAX INT64_C(1000000000) /* ratios are cut here, so that sums of them stay small */

struct report_totals {
    int64_t rows, before, after; /* minor units, summed */
    int64_t known;               /* rows with a true amount above 0, over which the rest is summed */
    int64_t off_before, off_after;
    int64_t off_before_ppm, off_after_ppm;
};

struct report_grouping {
    const char *name;
    size_t (*of)(const struct report_grouping *grouping, const int32_t *row);
    size_t first, second; /* features */
    size_t width;         /* route: number of places to go to */
    int32_t scale;        /* days_left */
    size_t n;
    struct report_totals *totals; /* n */
};

struct report_side {
    struct qr_hash model, baseline;
    unsigned score_bits;
};

enum { REPORT_GROUPINGS_MAX = 5 };

/* What holds for every row of one model, from qr_certify_monotone. */
enum { CLAIM_INCREASING, CLAIM_DECREASING, CLAIMS };

struct report_proofs {
    uint8_t before[QR_FEATURES_MAX][CLAIMS],
        after[QR_FEATURES_MAX][CLAIMS]; /* enum qr_certificate_result; of numbers */
};

/* The row whose fare rises most, the first of them, and the least change of it after which the new model's fare is not
 * above the old one's, both before rules. */
struct report_riser {
    bool exists, limited, found;
    int64_t row;
    int64_t before, after, undone; /* minor units: fares of the row, and of the changed one under the new model */
    int32_t values[QR_FEATURES_MAX], changed[QR_FEATURES_MAX];
};

struct qr_report {
    struct qr_schema schema; /* of B, whose output both are shown in */
    struct report_side before, after;
    struct qr_hash reference; /* zero, and false, where the rows streamed by */
    bool of_reference;
    bool overflow; /* of a sum */
    struct qr_rules rules;
    size_t n_groupings;
    struct report_grouping groupings[REPORT_GROUPINGS_MAX]; /* the first is all rows */
    int64_t changed, largest_rise, largest_fall, rise_bp, fall_bp;
    int64_t sum_before[QR_FEATURES_MAX], sum_after[QR_FEATURES_MAX]; /* contributions */
    int64_t sum_abs_before[QR_FEATURES_MAX], sum_abs_after[QR_FEATURES_MAX];
    int64_t breaches_before[QR_RULES_MAX], breaches_after[QR_RULES_MAX];
    struct report_proofs proofs; /* of_reference alone, like the riser's change */
    struct report_riser riser;
};

/* Searches, in at most a constant number of steps, for what holds for all rows and for what would undo the largest
 * rise. */
void report_prove(struct qr_report *report, const struct qr_model *before, const struct qr_model *after);
void report_put_proofs(const struct qr_report *report, struct qr_buffer *out);
json_t *report_proofs_json(const struct qr_report *report); /* of each claim that one of the models keeps or may keep */
json_t *report_riser_json(const struct qr_report *report);  /* null when no fare rises */

/* |part| * units / |whole|, rounded down, at most REPORT_RATIO_MAX, which also stands for a whole of 0. */
int64_t report_ratio(int64_t part, int64_t whole, int64_t units);

/* The groupings that the schema has features for, without totals; how many. The first is all rows. */
size_t report_groupings(const struct qr_schema *schema, struct report_grouping groupings[REPORT_GROUPINGS_MAX]);

/* What a group is called: "economy", "DEL-BOM", "4-7". */
void report_label(const struct qr_schema *schema, const struct report_grouping *grouping, size_t group,
                  struct qr_buffer *out);

#endif
