#include "governance/track.h"

#include "common/fixed.h"
#include "common/key.h"
#include "governance/entries.h"

enum kind { WHOLE, RATIO, NAMES };

/* One row a parameter, in the order of the canonical bytes. The bounds of ratios and names are checked apart. */
static const struct rule {
    struct qr_track_parameter shown;
    enum kind kind;
    size_t offset;
    int64_t least, most;
} table[] = {
#define ROW(kind, field, name, least, most, meaning)                                                                   \
    {                                                                                                                  \
        {name, meaning}, kind, offsetof(struct qr_track, field), least, most                                           \
    }
#define NUMBER(field, least, most, meaning) ROW(WHOLE, field, #field, least, most, meaning)
#define SHARE(field, meaning) ROW(RATIO, field, #field, 1, QR_TRACK_RATIO_MAX, meaning)
    NUMBER(review_seconds, 1, QR_TRACK_SECONDS_MAX, "time for agents to report before the proposal expires"),
    NUMBER(voting_seconds, 1, QR_TRACK_SECONDS_MAX, "how long the vote is open"),
    NUMBER(timelock_seconds, 0, QR_TRACK_SECONDS_MAX, "notice between the vote and the execution"),
    NUMBER(grace_seconds, 1, QR_TRACK_SECONDS_MAX, "time to execute before the proposal expires"),
    SHARE(quorum, "share of all weight that must vote, at least"),
    SHARE(threshold, "yes must be more than this share of yes, no and veto"),
    SHARE(veto, "share of all weight that stops a proposal"),
    NUMBER(reports, 0, QR_TRACK_REPORTS_MAX, "members whose agents must agree on the impact report"),
    NUMBER(live_proposals, 1, QR_TRACK_LIVE_MAX, "undecided proposals a member may have at once"),
    NUMBER(step_limit_bp, 0, QR_TRACK_STEP_MAX, "1/10,000 by which a reference fare may change; 0: any"),
    ROW(NAMES, banned, "banned_features", 0, QR_TRACK_BANNED_MAX, "features no model may have"),
#undef SHARE
#undef NUMBER
#undef ROW
};

enum { N_RULES = sizeof table / sizeof table[0] };

static int64_t *whole_of(struct qr_track *track, const struct rule *rule)
{
    return (int64_t *)(void *)((char *)track + rule->offset);
}

static struct qr_ratio *ratio_of(struct qr_track *track, const struct rule *rule)
{
    return (struct qr_ratio *)(void *)((char *)track + rule->offset);
}

void qr_track_upgrade(struct qr_track *ret_track)
{
    *ret_track = (struct qr_track){
        .name = "upgrade",
        .version = 1,
        .review_seconds = 3600,
        .voting_seconds = 300,
        .timelock_seconds = 60,
        .grace_seconds = 86400,
        .quorum = {1, 2},
        .threshold = {1, 2},
        .veto = {1, 3},
        .reports = 1,
        .live_proposals = 8,
        .step_limit_bp = 20000,
        .n_banned = 3,
        .banned = {"flight", "flight_number", "passenger"},
    };
}

/* Who holds more than a third of the power can stop the ledger, so that changing the holders takes two thirds. */
void qr_track_validators(struct qr_track *ret_track)
{
    *ret_track = (struct qr_track){
        .name = QR_TRACK_VALIDATORS,
        .version = 1,
        .review_seconds = 3600,
        .voting_seconds = 300,
        .timelock_seconds = 60,
        .grace_seconds = 86400,
        .quorum = {2, 3},
        .threshold = {2, 3},
        .veto = {1, 3},
        .live_proposals = 8,
    };
}

enum qr_subject qr_track_subject(const char *name)
{
    return strcmp(name, QR_TRACK_VALIDATORS) == 0 ? QR_SUBJECT_VALIDATOR : QR_SUBJECT_UPGRADE;
}

const struct qr_track_parameter *qr_track_parameter(size_t i)
{
    return i < N_RULES ? &table[i].shown : NULL;
}

void qr_track_value(const struct qr_track *track, size_t i, struct qr_buffer *out)
{
    const char *at = (const char *)track + table[i].offset;
    const struct qr_ratio *ratio;
    switch (table[i].kind) {
    case WHOLE:
        qr_buffer_text(out, "%" PRId64, *(const int64_t *)(const void *)at);
        return;
    case RATIO:
        ratio = (const struct qr_ratio *)(const void *)at;
        qr_buffer_text(out, "%" PRId64 "/%" PRId64, ratio->num, ratio->den);
        return;
    case NAMES:
        for (size_t k = 0; k < track->n_banned; k++)
            qr_buffer_text(out, "%s%s", k > 0 ? "," : "", track->banned[k]);
        return;
    }
}

static int parse_ratio(const char *text, const char *name, struct qr_ratio *ret, struct qr_error *error)
{
    char numerator[24];
    const char *slash = strchr(text, '/');
    if (!slash || (size_t)(slash - text) >= sizeof numerator)
        return qr_fail(error, QR_EFORMAT, "%s is \"%.40s\", but must be a ratio such as 1/2", name, text);
    memcpy(numerator, text, (size_t)(slash - text));
    numerator[slash - text] = 0;
    struct qr_ratio ratio;
    int rc = qr_integer_parse(numerator, name, 1, QR_TRACK_RATIO_MAX, &ratio.num, error);
    if (rc == 0)
        rc = qr_integer_parse(slash + 1, name, 1, QR_TRACK_RATIO_MAX, &ratio.den, error);
    if (rc == 0)
        *ret = ratio;
    return rc;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int add_banned(struct qr_track *track, const char *name, size_t size, struct qr_error *error)
{
    if (size == 0 || size >= QR_TRACK_FEATURE_NAME_MAX)
        return qr_fail(error, QR_EFORMAT, "banned_features must be names of 1 to %d bytes between commas",
                       QR_TRACK_FEATURE_NAME_MAX - 1);
    if (track->n_banned == QR_TRACK_BANNED_MAX)
        return qr_fail(error, QR_ERANGE, "banned_features has more than %d names", QR_TRACK_BANNED_MAX);
    char *slot = track->banned[track->n_banned];
    memset(slot, 0, QR_TRACK_FEATURE_NAME_MAX);
    memcpy(slot, name, size);
    for (size_t i = 0; i < track->n_banned; i++) {
        if (strcmp(track->banned[i], slot) == 0) {
            memset(slot, 0, QR_TRACK_FEATURE_NAME_MAX);
            return 0;
        }
    }
    track->n_banned++;
    return 0;
}

static int parse_names(const char *text, struct qr_track *track, struct qr_error *error)
{
    memset(track->banned, 0, sizeof track->banned);
    track->n_banned = 0;
    while (*text) {
        size_t size = strcspn(text, ",");
        int rc = add_banned(track, text, size, error);
        if (rc < 0)
            return rc;
        text += size;
        if (*text == ',' && *++text == 0)
            return add_banned(track, text, 0, error);
    }
    qsort(track->banned, track->n_banned, sizeof track->banned[0], compare_names);
    return 0;
}

static const struct rule *find_rule(const char *name)
{
    for (size_t i = 0; i < N_RULES; i++) {
        if (strcmp(table[i].shown.name, name) == 0)
            return &table[i];
    }
    return NULL;
}

static int parse_value(struct qr_track *track, const struct rule *rule, const char *value, struct qr_error *error)
{
    switch (rule->kind) {
    case WHOLE:
        return qr_integer_parse(value, rule->shown.name, rule->least, rule->most, whole_of(track, rule), error);
    case RATIO:
        return parse_ratio(value, rule->shown.name, ratio_of(track, rule), error);
    case NAMES:
        return parse_names(value, track, error);
    }
    return qr_fail(error, QR_EINTERNAL, "a parameter of no kind");
}

int qr_track_set(struct qr_track *track, const char *name, const char *value, struct qr_error *error)
{
    const struct rule *rule = find_rule(name);
    struct qr_track changed = *track;
    if (!rule) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer names = {0};
        for (size_t i = 0; i < N_RULES; i++)
            qr_buffer_text(&names, "%s%s", i > 0 ? ", " : "", table[i].shown.name);
        qr_fail(error, QR_EINPUT, "track %s has no parameter \"%.40s\"", track->name, name);
        (void)qr_hint(error, "there are %s", qr_buffer_string(&names));
        return QR_EINPUT;
    }
    int rc = parse_value(&changed, rule, value, error);
    if (rc == 0)
        rc = qr_track_check(&changed, error);
    if (rc == 0)
        *track = changed;
    return rc;
}

static int check_ratio(const struct qr_ratio *ratio, const char *name, struct qr_error *error)
{
    if (ratio->num < 1 || ratio->den < 1 || ratio->num > QR_TRACK_RATIO_MAX || ratio->den > QR_TRACK_RATIO_MAX)
        return qr_fail(error, QR_ERANGE, "%s is %" PRId64 "/%" PRId64 ", but both numbers must be 1 to %d", name,
                       ratio->num, ratio->den, QR_TRACK_RATIO_MAX);
    if (ratio->num > ratio->den)
        return qr_fail(error, QR_ERANGE, "%s is %" PRId64 "/%" PRId64 ", more than all there is", name, ratio->num,
                       ratio->den);
    return 0;
}

static int check_rule(const struct qr_track *track, const struct rule *rule, struct qr_error *error)
{
    const char *at = (const char *)track + rule->offset;
    if (rule->kind == RATIO)
        return check_ratio((const struct qr_ratio *)(const void *)at, rule->shown.name, error);
    if (rule->kind != WHOLE)
        return 0;
    int64_t value = *(const int64_t *)(const void *)at;
    if (value < rule->least || value > rule->most)
        return qr_fail(error, QR_ERANGE, "%s is %" PRId64 ", but must be %" PRId64 " to %" PRId64, rule->shown.name,
                       value, rule->least, rule->most);
    return 0;
}

static int check_banned(const struct qr_track *track, struct qr_error *error)
{
    if (track->n_banned > QR_TRACK_BANNED_MAX)
        return qr_fail(error, QR_ERANGE, "banned_features has more than %d names", QR_TRACK_BANNED_MAX);
    for (size_t i = 0; i < track->n_banned; i++) {
        const char *name = track->banned[i];
        if (!name[0] || !qr_utf8_valid(name, strlen(name)))
            return qr_fail(error, QR_EFORMAT, "banned_features has a name that is empty or no UTF-8");
        if (i > 0 && strcmp(track->banned[i - 1], name) >= 0)
            return qr_fail(error, QR_EFORMAT, "banned_features are not sorted, or one stands there twice");
    }
    return 0;
}

static int check_reports(const struct qr_track *track, struct qr_error *error)
{
    if (qr_track_subject(track->name) == QR_SUBJECT_UPGRADE && track->reports < 1)
        return qr_fail(error, QR_ERANGE, "reports is %" PRId64 ", but must be 1 to %d", track->reports,
                       QR_TRACK_REPORTS_MAX);
    if (qr_track_subject(track->name) == QR_SUBJECT_VALIDATOR && track->reports != 0)
        return qr_fail(error, QR_ERANGE, "reports is %" PRId64 ", but must be 0: a validator has no impact report",
                       track->reports);
    return 0;
}

int qr_track_check(const struct qr_track *track, struct qr_error *error)
{
    if (!qr_name_valid(track->name))
        return qr_fail(error, QR_EINPUT, "\"%s\" is no name for a track", track->name);
    if (track->version < 1)
        return qr_fail(error, QR_ERANGE, "the version of track %s must be 1 or more", track->name);
    for (size_t i = 0; i < N_RULES; i++) {
        int rc = check_rule(track, &table[i], error);
        if (rc < 0)
            return rc;
    }
    if (check_reports(track, error) < 0)
        return QR_ERANGE;
    if (2 * track->threshold.num < track->threshold.den)
        return qr_fail(error, QR_ERANGE, "threshold is below 1/2, so that a proposal and its opposite could both pass");
    if (track->threshold.num == track->threshold.den)
        return qr_fail(error, QR_ERANGE,
                       "threshold is all of it, and nothing is more than that: no proposal could pass");
    return check_banned(track, error);
}

void qr_track_encode(const struct qr_track *track, struct qr_buffer *out)
{
    struct qr_track copy = *track;
    qr_put_text(out, track->name);
    qr_put_uint(out, (uint64_t)track->version);
    for (size_t i = 0; i < N_RULES; i++) {
        switch (table[i].kind) {
        case WHOLE:
            qr_put_uint(out, (uint64_t)*whole_of(&copy, &table[i]));
            break;
        case RATIO:
            qr_put_uint(out, (uint64_t)ratio_of(&copy, &table[i])->num);
            qr_put_uint(out, (uint64_t)ratio_of(&copy, &table[i])->den);
            break;
        case NAMES:
            qr_put_uint(out, track->n_banned);
            for (size_t k = 0; k < track->n_banned; k++)
                qr_put_text(out, track->banned[k]);
            break;
        }
    }
}

static void get_rule(struct qr_reader *in, struct qr_track *track, const struct rule *rule)
{
    switch (rule->kind) {
    case WHOLE:
        *whole_of(track, rule) = qr_get_amount(in);
        return;
    case RATIO:
        ratio_of(track, rule)->num = qr_get_amount(in);
        ratio_of(track, rule)->den = qr_get_amount(in);
        return;
    case NAMES:
        track->n_banned = qr_get_count(in, QR_TRACK_BANNED_MAX, 1);
        for (size_t i = 0; i < track->n_banned; i++)
            qr_get_text(in, track->banned[i], sizeof track->banned[i]);
        return;
    }
}

int qr_track_decode(const void *bytes, size_t size, struct qr_track *ret_track, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_track track = {0};
    qr_get_text(&in, track.name, sizeof track.name);
    track.version = qr_get_amount(&in);
    for (size_t i = 0; i < N_RULES; i++)
        get_rule(&in, &track, &table[i]);
    int rc = qr_reader_end(&in, "a track's rules", error);
    if (rc == 0)
        rc = qr_track_check(&track, error);
    if (rc == 0)
        *ret_track = track;
    return rc;
}

struct qr_hash qr_track_hash(const struct qr_track *track)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_track_encode(track, &bytes);
    return qr_tagged_hash(QR_DOMAIN_RULES, bytes.data, bytes.size);
}

int qr_track_put(struct qr_state *state, const struct qr_track *track, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer value = {0};
    int rc = qr_track_check(track, error);
    if (rc < 0)
        return rc;
    struct qr_entry_key entry = qr_entry_key_text(QR_ENTRY_TRACK, track->name);
    qr_track_encode(track, &value);
    qr_entry_put(state, &entry, &value);
    return 0;
}

int qr_track_get(const struct qr_state *state, const char *name, struct qr_track *ret_track, struct qr_error *error)
{
    struct qr_span value;
    if (qr_name_valid(name)) {
        struct qr_entry_key entry = qr_entry_key_text(QR_ENTRY_TRACK, name);
        if (qr_entry_get(state, &entry, &value))
            return qr_track_decode(value.bytes, value.size, ret_track, error);
    }
    qr_fail(error, QR_ENOT_FOUND, "there is no track \"%.40s\"", name);
    (void)qr_hint(error, "the tracks are: upgrade, " QR_TRACK_VALIDATORS);
    return QR_ENOT_FOUND;
}
