#include "ledger/pin.h"

#include "ledger/json.h"

void qr_pin_write(const struct qr_pin *pin, struct qr_buffer *out)
{
    json_t *nodes = json_array();
    for (unsigned i = 0; i < pin->n; i++) {
        json_t *key = qr_json_of_bytes(pin->nodes[i].key.bytes, QR_PUBLIC_KEY_SIZE);
        json_array_append_new(nodes, json_pack("{s:s,s:o}", "name", pin->nodes[i].name, "key", key));
    }
    json_t *root = json_pack("{s:i,s:s,s:s,s:o,s:i}", "version", 1, "chain", pin->chain_id, "genesis",
                             qr_hash_text(&pin->genesis).text, "nodes", nodes, "need", (int)pin->need);
    if (pin->custody[0])
        json_object_set_new(root, "custody", json_string(pin->custody));
    qr_json_take(root, out);
}

static bool read_node(const json_t *value, struct qr_pin *pin)
{
    static const char *const keys[] = {"name", "key"};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer key = {0};
    char *name = pin->nodes[pin->n].name;
    if (!qr_json_keys(value, keys, 2) || !qr_json_text(json_object_get(value, "name"), name, QR_KEY_NAME_MAX + 1) ||
        !qr_name_valid(name) || !qr_json_bytes(json_object_get(value, "key"), QR_PUBLIC_KEY_SIZE, &key) ||
        key.size != QR_PUBLIC_KEY_SIZE)
        return false;
    memcpy(pin->nodes[pin->n].key.bytes, key.data, QR_PUBLIC_KEY_SIZE);
    for (unsigned i = 0; i < pin->n; i++)
        if (strcmp(pin->nodes[i].name, name) == 0 ||
            memcmp(pin->nodes[i].key.bytes, key.data, QR_PUBLIC_KEY_SIZE) == 0)
            return false;
    pin->n++;
    return true;
}

static bool read_pin(const json_t *root, struct qr_pin *pin)
{
    static const char *const keys[] = {"version", "chain", "genesis", "nodes", "need", "custody"};
    uint64_t version, need;
    const json_t *nodes = json_object_get(root, "nodes"), *custody = json_object_get(root, "custody");
    if (!qr_json_keys(root, keys, custody ? 6 : 5) ||
        (custody && !qr_json_text(custody, pin->custody, sizeof pin->custody)) || !qr_json_uint(json_object_get(root, "version"), 1, &version) || version != 1 ||
        !qr_json_text(json_object_get(root, "chain"), pin->chain_id, sizeof pin->chain_id) ||
        !qr_json_hash(json_object_get(root, "genesis"), &pin->genesis) || !json_is_array(nodes) ||
        json_array_size(nodes) > QR_PIN_NODES_MAX)
        return false;
    for (size_t i = 0; i < json_array_size(nodes); i++)
        if (!read_node(json_array_get(nodes, i), pin))
            return false;
    if (!qr_json_uint(json_object_get(root, "need"), pin->n, &need) || need == 0)
        return false;
    pin->need = (unsigned)need;
    return true;
}

int qr_pin_read(const char *text, size_t size, struct qr_pin *ret, struct qr_error *error)
{
    if (size > QR_PIN_FILE_MAX)
        return qr_fail(error, QR_EFORMAT, "a pin has at most %d bytes", QR_PIN_FILE_MAX);
    json_t *root = qr_json_parse(text, size, error);
    if (!root)
        return qr_prefix(error, "not a pin");
    struct qr_pin *pin = qr_alloc(1, sizeof *pin);
    bool good = read_pin(root, pin);
    if (good)
        *ret = *pin;
    free(pin);
    json_decref(root);
    if (good)
        return 0;
    qr_fail(error, QR_EFORMAT, "not a pin: it needs version 1, chain, genesis, nodes with name and key, and need");
    return qr_hint(error, "`quorate pin -o FILE` writes one");
}

unsigned qr_pin_signer(const struct qr_pin *pin, const struct qr_checkpoint *checkpoint, const struct qr_note_signature *line)
{
    unsigned i = 0;
    while (i < pin->n && !qr_checkpoint_verify(checkpoint, line, pin->nodes[i].name, &pin->nodes[i].key))
        i++;
    return i;
}

uint64_t qr_pin_signers(const struct qr_pin *pin, const struct qr_signed_checkpoint *note)
{
    uint64_t signers = 0;
    for (unsigned line = 0; line < note->n; line++) {
        unsigned node = qr_pin_signer(pin, &note->checkpoint, &note->signatures[line]);
        if (node < pin->n)
            signers |= UINT64_C(1) << node;
    }
    return signers;
}
