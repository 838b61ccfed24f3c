#include "cli/order.h"

/* quorate book: an offer becomes an order. */

enum { KEY_BYTES = 16 };

static int read_offer(struct cli *cli, uint8_t offer[16], size_t *ret_size, struct qr_error *error)
{
    const char *text = cli_argument(cli, 0);
    size_t digits = strlen(text);
    if (digits < 6 || digits > 32 || digits % 2 != 0 || qr_hex_decode(text, digits / 2, offer) < 0) {
        qr_fail(error, QR_EINPUT, "\"%.40s\" is no offer: an even number of at least 6 hexadecimal digits", text);
        return qr_hint(error, "copy it from `quorate search`");
    }
    *ret_size = digits / 2;
    return 0;
}

/* SURNAME/GIVEN; what the names may hold, reservation decides. */
static int read_name(struct cli *cli, char **surname, char **given, struct qr_error *error)
{
    const char *name = cli_value(cli, "name");
    const char *slash = name ? strchr(name, '/') : NULL;
    if (!name)
        return qr_fail(error, QR_EUSAGE, "who travels? give --name SURNAME/GIVEN");
    if (!slash)
        return qr_fail(error, QR_EINPUT, "a passenger's name is SURNAME/GIVEN, such as RAO/ASHA");
    *surname = qr_strdup(name);
    (*surname)[slash - name] = 0;
    *given = *surname + (slash - name) + 1;
    return 0;
}

static void fresh_key(char key[2 * KEY_BYTES + 1])
{
    uint8_t bytes[KEY_BYTES];
    qr_random(bytes, sizeof bytes);
    qr_hex(bytes, sizeof bytes, key);
}

static int run(struct cli *cli, struct qr_error *error)
{
    Quorate__BookRequest book = QUORATE__BOOK_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    QR_CLEANUP(qr_freep) char *surname = NULL;
    uint8_t offer[16];
    size_t size = 0;
    char key[2 * KEY_BYTES + 1];
    int code = read_offer(cli, offer, &size, error);
    if (code == 0)
        code = read_name(cli, &surname, &book.given_name, error);
    if (code)
        return code;
    fresh_key(key);
    book.offer = qr_wire_bytes(offer, size);
    book.surname = surname;
    book.key = cli_value(cli, "key") ? (char *)(uintptr_t)cli_value(cli, "key") : key;
    request.body_case = QUORATE__REQUEST__BODY_BOOK;
    request.book = &book;
    code = cli_call(cli, QR_SERVICE_RESERVATION, &request, &reply, error);
    return code ? code : order_print(cli, reply->order, error);
}

static const struct cli_option options[] = {
    {.name = "name", .value = "SURNAME/GIVEN", .help = "who travels"},
    {.name = "key", .value = "KEY", .help = "idempotency key: the same key and body answer the same order again"},
    {0},
};

const struct cli_command cli_book = {
    .name = "book",
    .summary = "book an offer",
    .usage = "OFFER",
    .least = 1,
    .most = 1,
    .options = options,
    .example = "quorate book 3f9c0a41d2b7 --name RAO/ASHA  # an offer of `quorate search`",
    .about = "OFFER is an offer's id or the beginning of one. One offer makes one order. The name stays with the\n"
             "reservation service; the ledger sees only a salted hash. A script gives --key, 1 to 64 ASCII\n"
             "characters, and may then repeat the command safely; without it, a fresh key is used.",
    .run = run,
};
