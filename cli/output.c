/* Answers: text, JSON, styles, and the forms of values. */
#include <sys/ioctl.h>

#include "cli/run.h"
#include "common/clock.h"
#include "common/file.h"

void cli_print(struct cli *cli, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(cli->out, format, arguments);
    va_end(arguments);
}

void cli_note(struct cli *cli, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(cli->notes, format, arguments);
    va_end(arguments);
    fflush(cli->notes);
}

FILE *cli_out(struct cli *cli)
{
    return cli->out;
}

int cli_json_line(struct cli *cli, json_t *document, struct qr_error *error)
{
    if (!document)
        return qr_fail(error, QR_EINTERNAL, "the answer is no valid JSON");
    enum { REAL_DIGITS = 15 }; /* as many as every double keeps: 0.1 stays 0.1 */
    int failed = json_dumpf(document, cli->out, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS));
    json_decref(document);
    if (failed && !ferror(cli->out))
        return qr_fail(error, QR_EINTERNAL, "the answer is no valid JSON");
    fputc('\n', cli->out); /* what could not be written shows at the end */
    return 0;
}

int cli_json(struct cli *cli, json_t *document, struct qr_error *error)
{
    return cli_json_line(cli, document, error);
}

int cli_write_answer(struct cli *cli, const void *bytes, size_t size, struct qr_error *error)
{
    const char *path = cli_value(cli, "output");
    if (path && strcmp(path, "-") != 0)
        return qr_file_write(path, bytes, size, 0644, error);
    fwrite(bytes, 1, size, cli->out);
    return 0;
}

bool cli_notes_on_terminal(const struct cli *cli)
{
    return isatty(fileno(cli->notes));
}

unsigned cli_width(const struct cli *cli)
{
    struct winsize size;
    if (!ioctl(fileno(cli->out), TIOCGWINSZ, &size) && size.ws_col)
        return size.ws_col;
    return 80;
}

const char *cli_style(const struct cli *cli, enum cli_style style)
{
    static const char *const sequences[] = {
        [CLI_PLAIN] = "\033[0m", [CLI_BOLD] = "\033[1m",  [CLI_DIM] = "\033[2m",     [CLI_GOOD] = "\033[32m",
        [CLI_BAD] = "\033[31m",  [CLI_WARN] = "\033[33m", [CLI_ACCENT] = "\033[36m",
    };
    return cli->colour ? sequences[style] : "";
}

/* ---- Values ---- */

char *cli_hex(ProtobufCBinaryData bytes, char text[CLI_HEX_TEXT])
{
    qr_hex(bytes.data, bytes.len > QR_HASH_SIZE ? QR_HASH_SIZE : bytes.len, text);
    return text;
}

json_t *cli_json_hex(ProtobufCBinaryData bytes)
{
    QR_CLEANUP(qr_freep) char *text = qr_alloc(2 * bytes.len + 1, 1);
    qr_hex(bytes.data, bytes.len, text);
    return json_string(text);
}

json_t *cli_json_time(int64_t time_ms)
{
    char text[QR_TIME_TEXT];
    return time_ms ? json_string(qr_time_format(time_ms, text)) : json_null();
}

char *cli_short_id(ProtobufCBinaryData bytes, char text[CLI_SHORT_ID])
{
    size_t size = (CLI_SHORT_ID - 1) / 2;
    qr_hex(bytes.data, bytes.len < size ? bytes.len : size, text);
    return text;
}

char *cli_money(int64_t minor, unsigned minor_digits, const char *currency, char text[CLI_MONEY_TEXT])
{
    char amount[QR_MONEY_TEXT];
    qr_money_format((struct qr_money){minor}, minor_digits, amount);
    snprintf(text, CLI_MONEY_TEXT, "%.8s%s%s", currency, *currency ? " " : "", amount);
    return text;
}
