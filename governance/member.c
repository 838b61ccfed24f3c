#include "governance/member.h"

#include "governance/entries.h"

static int check_member(const struct qr_state *state, const struct qr_member *member, struct qr_error *error)
{
    struct qr_member other;
    if (!qr_name_valid(member->name))
        return qr_fail(error, QR_EINPUT, "\"%s\" is no name for a member: 1 to 32 of letters, digits, _ - and .",
                       member->name);
    if (member->weight < 1 || member->weight > QR_MEMBER_WEIGHT_MAX)
        return qr_fail(error, QR_ERANGE, "the weight of %s is %" PRId64 ", but must be 1 to %" PRId64, member->name,
                       member->weight, QR_MEMBER_WEIGHT_MAX);
    if (qr_member_by_key(state, &member->key, &other, NULL) == 0 && strcmp(other.name, member->name) != 0)
        return qr_fail(error, QR_EDUPLICATE, "the key of %s is the key of %s already", member->name, other.name);
    if (qr_member_by_name(state, member->name, &other, NULL) < 0 && qr_member_count(state) >= QR_MEMBERS_MAX)
        return qr_fail(error, QR_ELIMIT, "there are %d members already, the most there can be", QR_MEMBERS_MAX);
    return 0;
}

static struct qr_entry_key entry_of_key(const struct qr_public_key *key)
{
    struct qr_entry_key entry = qr_entry_key(QR_ENTRY_KEY);
    qr_entry_key_add(&entry, key->bytes, sizeof key->bytes);
    return entry;
}

static void delete_old_key(struct qr_state *state, const char *name)
{
    struct qr_member old;
    if (qr_member_by_name(state, name, &old, NULL) < 0)
        return;
    struct qr_entry_key entry = entry_of_key(&old.key);
    qr_entry_delete(state, &entry);
}

int qr_member_put(struct qr_state *state, const struct qr_member *member, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer value = {0}, name = {0};
    int rc = check_member(state, member, error);
    if (rc < 0)
        return rc;
    delete_old_key(state, member->name);

    struct qr_entry_key entry = qr_entry_key_text(QR_ENTRY_MEMBER, member->name);
    qr_put_raw(&value, member->key.bytes, sizeof member->key.bytes);
    qr_put_uint(&value, (uint64_t)member->weight);
    qr_entry_put(state, &entry, &value);

    entry = entry_of_key(&member->key);
    qr_put_text(&name, member->name);
    qr_entry_put(state, &entry, &name);
    return 0;
}

static int decode_member(const char *name, const struct qr_span *value, struct qr_member *ret_member,
                         struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(value->bytes, value->size);
    struct qr_member member = {0};
    const uint8_t *key = qr_get_raw(&in, sizeof member.key.bytes);
    if (key)
        memcpy(member.key.bytes, key, sizeof member.key.bytes);
    member.weight = (int64_t)qr_get_uint_max(&in, (uint64_t)QR_MEMBER_WEIGHT_MAX);
    int rc = qr_reader_end(&in, "a member's entry", error);
    if (rc < 0)
        return rc;
    (void)qr_copy_text(member.name, sizeof member.name, name);
    *ret_member = member;
    return 0;
}

int qr_member_by_name(const struct qr_state *state, const char *name, struct qr_member *ret_member,
                      struct qr_error *error)
{
    struct qr_span value;
    if (qr_name_valid(name)) {
        struct qr_entry_key entry = qr_entry_key_text(QR_ENTRY_MEMBER, name);
        if (qr_entry_get(state, &entry, &value))
            return decode_member(name, &value, ret_member, error);
    }
    qr_fail(error, QR_ENOT_A_MEMBER, "there is no member \"%.40s\"", name);
    (void)qr_hint(error, "`quorate member list` shows the members");
    return QR_ENOT_A_MEMBER;
}

int qr_member_by_key(const struct qr_state *state, const struct qr_public_key *key, struct qr_member *ret_member,
                     struct qr_error *error)
{
    char name[QR_MEMBER_NAME_MAX];
    struct qr_span value;
    struct qr_entry_key entry = entry_of_key(key);
    if (!qr_entry_get(state, &entry, &value))
        return qr_fail(error, QR_ENOT_A_MEMBER, "the key that signed is no member's");
    struct qr_reader in = qr_reader_of(value.bytes, value.size);
    qr_get_text(&in, name, sizeof name);
    int rc = qr_reader_end(&in, "a member's key entry", error);
    return rc < 0 ? rc : qr_member_by_name(state, name, ret_member, error);
}

bool qr_member_next(const struct qr_state *state, const char *after, struct qr_member *ret_member)
{
    char name[QR_MEMBER_NAME_MAX];
    struct qr_span value;
    struct qr_entry_key prefix = qr_entry_key(QR_ENTRY_MEMBER);
    return qr_entry_next_name(state, &prefix, after, name, sizeof name, &value) &&
           decode_member(name, &value, ret_member, NULL) == 0;
}

size_t qr_member_count(const struct qr_state *state)
{
    struct qr_member member = {0};
    size_t n = 0;
    while (qr_member_next(state, member.name, &member))
        n++;
    return n;
}

int64_t qr_member_total_weight(const struct qr_state *state)
{
    struct qr_member member = {0};
    int64_t total = 0;
    while (qr_member_next(state, member.name, &member))
        total += member.weight;
    return total;
}
