#include "services/lib/config.h"

#include <ini.h>

#include "common/file.h"
#include "common/fixed.h"

enum kind { INTEGER, TEXT };

struct setting {
    const char *section, *name;
    enum kind kind;
    int64_t least, most, fallback; /* of integers */
    const char *words;             /* of texts: those allowed, between blanks; NULL: anything */
    const char *help;
};

#define DAEMON(section)                                                                                                \
    {section, "metrics_port",                                                                                          \
     INTEGER, 0,                                                                                                       \
     65535,   0,                                                                                                       \
     NULL,    "Serve /metrics and /health on this port of 127.0.0.1. 0: do not."},                                     \
    {                                                                                                                  \
        section, "listen", TEXT, 0, 0, 0, NULL,                                                                        \
            "Answer other machines too: tcp://ADDRESS:PORT, events on the next port. CURVE keys from keys/transport; " \
            "peers let in "                                                                                            \
            "are the public certificates in keys/peers. Without encryption only on loopback."                          \
    }

#define CONNECT(service)                                                                                               \
    {"connect", service, TEXT, 0, 0, 0, NULL, "Where " service " answers when not in this home: tcp://ADDRESS:PORT."}, \
    {                                                                                                                  \
        "connect", service "_key", TEXT, 0, 0, 0, NULL, "Its public transport key, 40 characters (Z85)."               \
    }

static const struct setting settings[] = {
    {"services", "log_level", TEXT, 0, 0, 0, " debug info warning error ",
     "The least level logged: debug, info, warning or error."},
    {"services", "threads", INTEGER, 0, 64, 0, NULL,
     "Threads of each service for slow work. 0: one a processor, at most 8."},
    {"services", "table_memory", INTEGER, 0, QR_TABLE_MEMORY_MAX, 384, NULL,
     "MiB that the attribution tables of one model may take in pricing and in the ledger. Trees that do not fit are "
     "explained directly: the same bits, more slowly. 0: no tables."},
    DAEMON("ledgerd"),
    {"ledgerd", "snapshot_blocks", INTEGER, 0, 1000000000, 1000, NULL,
     "Make a snapshot for fresh nodes every so many blocks, where the engine is cometbft. 0: never."},
    {"ledgerd", "abci", TEXT, 0, 0, 0, NULL,
     "Listen for CometBFT at tcp://127.0.0.1:PORT, where the engine is cometbft. Not set: at run/abci.sock."},
    {"ledgerd", "follow", TEXT, 0, 0, 0, NULL,
     "Repeat and co-sign the blocks of another home's ledger instead of ordering transactions: that home's folder, seen from this "
     "one, or tcp://ADDRESS:PORT."},
    {"ledgerd", "follow_key", TEXT, 0, 0, 0, NULL,
     "Its public transport key, 40 characters (Z85). Without one, tcp only on loopback."},
    DAEMON("governd"),
    DAEMON("priced"),
    DAEMON("reserved"),
    CONNECT("ledgerd"),
    CONNECT("governd"),
    CONNECT("priced"),
    CONNECT("reserved"),
};
enum { SETTINGS = sizeof settings / sizeof settings[0] };

/* libinih cuts longer lines without saying so. */
enum { LINE_MAX_BYTES = 198 };

struct qr_config {
    bool given[SETTINGS];
    int64_t integers[SETTINGS];
    char *texts[SETTINGS];
};

static size_t find(const char *section, const char *name)
{
    size_t i = 0;
    while (i < SETTINGS && (strcmp(settings[i].section, section) != 0 || strcmp(settings[i].name, name) != 0))
        i++;
    return i;
}

static bool section_known(const char *section)
{
    for (size_t i = 0; i < SETTINGS; i++) {
        if (!strcmp(settings[i].section, section))
            return true;
    }
    return false;
}

struct parse {
    struct qr_config *config;
    struct qr_error *error;
    int failed; /* the first error */
};

static int set_text(struct qr_config *config, size_t i, const char *value, struct qr_error *error)
{
    const struct setting *setting = &settings[i];
    if (strlen(value) > QR_CONFIG_VALUE_MAX)
        return qr_fail(error, QR_ELIMIT, "%s is longer than %d bytes", setting->name, QR_CONFIG_VALUE_MAX);
    if (setting->words) {
        char word[QR_CONFIG_VALUE_MAX + 3];
        snprintf(word, sizeof word, " %s ", value);
        if (!*value || strchr(value, ' ') || !strstr(setting->words, word)) {
            return qr_fail(error, QR_EINPUT, "%s cannot be %s; it is one of:%.*s", setting->name,
                           *value ? value : "empty", (int)strlen(setting->words) - 1, setting->words);
        }
    }
    config->texts[i] = qr_strdup(value);
    return 0;
}

static int set(struct qr_config *config, const char *section, const char *name, const char *value,
               struct qr_error *error)
{
    size_t i = find(section, name);
    if (i == SETTINGS && !*section)
        return qr_fail(error, QR_EINPUT, "%s stands before the first [section]", name);
    if (i == SETTINGS && !section_known(section))
        return qr_fail(error, QR_EINPUT, "there is no section [%s]", section);
    if (i == SETTINGS)
        return qr_fail(error, QR_EINPUT, "section [%s] has no setting %s", section, name);
    if (config->given[i])
        return qr_fail(error, QR_EINPUT, "%s is given twice", name);
    config->given[i] = true;
    if (settings[i].kind == TEXT)
        return set_text(config, i, value, error);
    return qr_integer_parse(value, name, settings[i].least, settings[i].most, &config->integers[i], error);
}

static int take(void *context, const char *section, const char *name, const char *value)
{
    struct parse *parse = context;
    if (parse->failed)
        return 1;
    parse->failed = set(parse->config, section, name, value ? value : "", parse->error);
    return parse->failed ? 0 : 1;
}

/* The first line that libinih would cut, or 0. */
static int long_line(const char *text)
{
    for (int line = 1; *text; line++) {
        size_t size = strcspn(text, "\n");
        if (size > LINE_MAX_BYTES)
            return line;
        text += size + (text[size] == '\n');
    }
    return 0;
}

static int parse_into(struct qr_config *config, const char *text, const char *path, struct qr_error *error)
{
    int line = long_line(text);
    if (line) {
        qr_fail(error, QR_ELIMIT, "a line has more than %d bytes", LINE_MAX_BYTES);
        return qr_prefix(error, "%s:%d", path, line);
    }
    struct parse parse = {.config = config, .error = error};
    line = ini_parse_string(text, take, &parse);
    if (!parse.failed && line)
        parse.failed = qr_fail(error, QR_EFORMAT, "is neither [section] nor name = value");
    return parse.failed ? qr_prefix(error, "%s:%d", path, line) : 0;
}

int qr_config_parse(const char *text, const char *path, struct qr_config **ret_config, struct qr_error *error)
{
    QR_CLEANUP(qr_config_freep) struct qr_config *config = qr_alloc(1, sizeof *config);
    int failed = parse_into(config, text, path, error);
    if (failed)
        return failed;
    for (size_t i = 0; i < SETTINGS; i++) {
        if (!config->given[i])
            config->integers[i] = settings[i].fallback;
    }
    *ret_config = config;
    config = NULL;
    return 0;
}

int qr_config_load(const char *home, struct qr_config **ret_config, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "quorate.ini");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    int failed = qr_file_read(path, QR_CONFIG_SIZE_MAX, &text, error);
    if (failed && failed != QR_ENO_FILE)
        return failed;
    if (text.size && strlen(qr_buffer_string(&text)) != text.size)
        return qr_fail(error, QR_EFORMAT, "%s holds a zero byte", path);
    return qr_config_parse(failed ? "" : qr_buffer_string(&text), path, ret_config, error);
}

void qr_config_free(struct qr_config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < SETTINGS; i++)
        free(config->texts[i]);
    free(config);
}

void qr_config_freep(struct qr_config **config)
{
    qr_config_free(*config);
}

static size_t find_of(const char *section, const char *name, enum kind kind)
{
    size_t i = find(section, name);
    if (i == SETTINGS || settings[i].kind != kind)
        abort();
    return i;
}

int64_t qr_config_integer(const struct qr_config *config, const char *section, const char *name)
{
    return config->integers[find_of(section, name, INTEGER)];
}

const char *qr_config_text(const struct qr_config *config, const char *section, const char *name)
{
    const char *text = config->texts[find_of(section, name, TEXT)];
    return text ? text : "";
}

/* A setting's help as comment lines. */
static void add_help(struct qr_buffer *out, const char *help)
{
    enum { WIDTH = 100 };
    while (*help) {
        size_t size = strlen(help);
        if (size > WIDTH) {
            size = WIDTH;
            while (size && help[size] != ' ')
                size--;
        }
        qr_buffer_text(out, "# %.*s\n", (int)size, help);
        help += size;
        help += strspn(help, " ");
    }
}

static void write_setting(const struct setting *setting, const struct qr_config_given *given, size_t n, struct qr_buffer *out)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(given[i].section, setting->section) != 0 || strcmp(given[i].name, setting->name) != 0)
            continue;
        qr_buffer_text(out, "%s = %s\n", setting->name, given[i].value);
        return;
    }
    if (setting->kind == INTEGER)
        qr_buffer_text(out, "# %s = %" PRId64 "\n", setting->name, setting->fallback);
    else
        qr_buffer_text(out, "# %s =\n", setting->name);
}

static void write_all(const struct qr_config_given *given, size_t n, struct qr_buffer *out)
{
    qr_buffer_text(out, "# Settings of the services in this home. What is commented out stands at its default.\n");
    for (size_t i = 0; i < SETTINGS; i++) {
        if (!i || strcmp(settings[i].section, settings[i - 1].section) != 0)
            qr_buffer_text(out, "\n[%s]\n", settings[i].section);
        add_help(out, settings[i].help);
        write_setting(&settings[i], given, n, out);
    }
}

void qr_config_write_default(struct qr_buffer *out)
{
    write_all(NULL, 0, out);
}

int qr_config_write(const struct qr_config_given *given, size_t n, struct qr_buffer *out, struct qr_error *error)
{
    QR_CLEANUP(qr_config_freep) struct qr_config *config = NULL;
    write_all(given, n, out);
    int failed = qr_config_parse(qr_buffer_string(out), "quorate.ini", &config, error);
    for (size_t i = 0; i < n && !failed; i++)
        if (strcmp(qr_config_text(config, given[i].section, given[i].name), given[i].value) != 0)
            failed = qr_fail(error, QR_EINPUT, "'%.80s' cannot stand in quorate.ini as a value of %s", given[i].value, given[i].name);
    return failed;
}
