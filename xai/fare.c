#include "xai/fare.h"

typedef unsigned __int128 uint128;
typedef __int128 int128;

struct scaled {
    uint64_t mantissa; /* 2^63 to 2^64 - 1 */
    int exponent;
};

#include "xai/exp_table.h"

static const uint64_t powers_of_ten[QR_MINOR_DIGITS_MAX + 1] = {1, 10, 100, 1000, 10000};

/* Normalised, then truncated to 64 bits. */
static struct scaled scaled_product(struct scaled a, struct scaled b)
{
    uint128 product = (uint128)a.mantissa * b.mantissa;
    int exponent = a.exponent + b.exponent + 64;
    if (!(product >> 127)) {
        product <<= 1;
        exponent--;
    }
    return (struct scaled){(uint64_t)(product >> 64), exponent};
}

uint64_t qr_exp_fixed(int64_t t, unsigned digits)
{
    uint64_t bits = (uint64_t)(t - QR_LOG_SCORE_MIN);
    struct scaled power = exp_least;
    for (unsigned j = 0; j < 30; j++)
        if (bits >> j & 1)
            power = scaled_product(power, exp_powers[j]);
    int shift = -(power.exponent + 16);
    uint128 value = (uint128)power.mantissa * powers_of_ten[digits] >> shift;
    return value > UINT64_MAX ? UINT64_MAX : (uint64_t)value;
}

static int64_t rounded(uint64_t exp_fixed)
{
    return (int64_t)((exp_fixed >> 16) + (exp_fixed >> 15 & 1));
}

/* Round half up of score * 10^digits / 2^bits. */
static int64_t identity_amount(const struct qr_model *model, int64_t score)
{
    unsigned bits = qr_model_facts(model)->score_bits;
    int64_t scaled = score * (int64_t)powers_of_ten[qr_model_schema(model)->output.minor_digits];
    return (2 * scaled + (INT64_C(1) << bits)) >> (bits + 1);
}

struct qr_money qr_fare(const struct qr_model *model, int64_t score)
{
    const struct qr_output *output = &qr_model_schema(model)->output;
    return (struct qr_money){output->link == QR_LINK_LOG ? rounded(qr_exp_fixed(score, output->minor_digits))
                                                         : identity_amount(model, score)};
}

/* The logarithmic mean of both exponentials, with 16 fraction bits: (E(hi) - E(lo)) / d, or for small d
 * E(lo) * (e^d - 1) / d by its series, so that d = 0 is no special case. */
static uint64_t logarithmic_mean(uint64_t low, uint64_t high, uint64_t d)
{
    if (d >= 1 << 20)
        return (uint64_t)(((uint128)(high - low) << 24) / d);
    uint64_t z = d << 38, g = UINT64_C(1) << 62;
    for (unsigned k = 11; k >= 2; k--)
        g = (UINT64_C(1) << 62) + (uint64_t)((uint128)z * g >> 62) / k;
    return (uint64_t)((uint128)low * g >> 62);
}

/* One line before the remainder is dealt out: its floor, and what the floor left of it. */
struct fraction {
    uint64_t left;
    size_t index;
};

/* Largest first, ties to the lower index; or smallest first, ties again to the lower index. */
static void sort_fractions(struct fraction *fractions, size_t n, bool largest)
{
    for (size_t i = 1; i < n; i++) {
        struct fraction moving = fractions[i];
        size_t at = i;
        for (; at > 0 && (largest ? fractions[at - 1].left < moving.left : fractions[at - 1].left > moving.left); at--)
            fractions[at] = fractions[at - 1];
        fractions[at] = moving;
    }
}

/* Deals the remainder out in single units, in turn, over the lines that are not nothing. */
static void deal_remainder(struct fraction *fractions, size_t n, int64_t remainder, struct qr_money *amounts)
{
    if (n == 0 || remainder == 0)
        return;
    sort_fractions(fractions, n, remainder > 0);
    uint64_t units = remainder > 0 ? (uint64_t)remainder : 0 - (uint64_t)remainder;
    for (size_t i = 0; i < n; i++) {
        int64_t share = (int64_t)(units / n + (i < units % n));
        amounts[fractions[i].index].minor += remainder > 0 ? share : -share;
    }
}

/* amount_i = floor(contribution_i * factor / 2^shift), the remainder dealt out. */
static void split_amount(const int64_t *contributions, size_t n, uint64_t factor, unsigned shift, int64_t total,
                         struct qr_money *amounts)
{
    struct fraction fractions[QR_FEATURES_MAX];
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        int128 exact = (int128)contributions[i] * (int128)factor;
        amounts[i].minor = (int64_t)(exact >> shift);
        total -= amounts[i].minor;
        if (contributions[i])
            fractions[used++] = (struct fraction){(uint64_t)exact & ((UINT64_C(1) << shift) - 1), i};
    }
    deal_remainder(fractions, used, total, amounts);
}

void qr_fare_lines(const struct qr_model *model, int64_t base, int64_t score, const int64_t *contributions,
                   struct qr_money *ret_base_amount, struct qr_money *ret_amounts, struct qr_money *ret_amount)
{
    const struct qr_schema *schema = qr_model_schema(model);
    unsigned digits = schema->output.minor_digits;
    if (schema->output.link == QR_LINK_IDENTITY) {
        ret_base_amount->minor = identity_amount(model, base);
        ret_amount->minor = identity_amount(model, score);
        split_amount(contributions, schema->n_features, powers_of_ten[digits], qr_model_facts(model)->score_bits,
                     ret_amount->minor - ret_base_amount->minor, ret_amounts);
        return;
    }
    uint64_t of_base = qr_exp_fixed(base, digits), of_score = qr_exp_fixed(score, digits);
    bool rises = score >= base;
    uint64_t mean = logarithmic_mean(rises ? of_base : of_score, rises ? of_score : of_base,
                                     (uint64_t)(rises ? score - base : base - score));
    ret_base_amount->minor = rounded(of_base);
    ret_amount->minor = rounded(of_score);
    split_amount(contributions, schema->n_features, mean, 40, ret_amount->minor - ret_base_amount->minor, ret_amounts);
}
