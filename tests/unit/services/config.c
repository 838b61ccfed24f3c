#include "tests/unit/unit.h"

#include "services/lib/config.h"
#include "services/lib/transport.h"
#include "xai/attribution.h"

static int parse(const char *text, struct qr_error *error)
{
    QR_CLEANUP(qr_config_freep) struct qr_config *config = NULL;
    return qr_config_parse(text, "quorate.ini", &config, error);
}

START_TEST(mistakes_name_their_line)
{
    static const struct {
        const char *text, *where;
    } cases[] = {
        {"[priced]\nmetrics_prot = 1\n", "quorate.ini:2: section [priced] has no setting metrics_prot"},
        {"\n\n[prices]\nmetrics_port = 1\n", "quorate.ini:4: there is no section [prices]"},
        {"[priced]\nmetrics_port = 70000\n", "quorate.ini:2"},
        {"[priced]\nmetrics_port = 1x\n", "quorate.ini:2"},
        {"[priced]\nmetrics_port = 1\nmetrics_port = 1\n", "quorate.ini:3: metrics_port is given twice"},
        {"metrics_port = 1\n", "quorate.ini:1: metrics_port stands before the first [section]"},
        {"[services]\nlog_level = loud\n", "quorate.ini:2: log_level cannot be loud"},
        {"[priced]\nrubbish\n", "quorate.ini:2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct qr_error error = {0};
        ck_assert_int_ne(parse(cases[i].text, &error), 0);
        ck_assert_msg(strstr(error.text, cases[i].where) == error.text, "%s", error.text);
    }
}
END_TEST

START_TEST(a_long_line_is_refused_not_cut)
{
    struct qr_error error;
    char text[600] = "[priced]\nlisten = tcp://";
    memset(text + strlen(text), 'a', 400);
    ck_assert_int_eq(parse(text, &error), QR_ELIMIT);
    ck_assert_ptr_nonnull(strstr(error.text, "quorate.ini:2"));
}
END_TEST

START_TEST(what_init_writes_is_read_back_as_the_defaults)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    QR_CLEANUP(qr_config_freep) struct qr_config *config = NULL;
    qr_config_write_default(&text);
    ck_assert_int_eq(qr_config_parse(qr_buffer_string(&text), "x", &config, NULL), 0);
    ck_assert_int_eq(qr_config_integer(config, "priced", "metrics_port"), 0);
    ck_assert_str_eq(qr_config_text(config, "connect", "priced"), "");
    ck_assert_int_eq(qr_config_integer(config, "services", "table_memory"),
                     (int64_t)(QR_EXPLAINER_DEFAULTS.table_bytes >> 20));
    QR_CLEANUP(qr_config_freep) struct qr_config *set = NULL;
    ck_assert_int_eq(qr_config_parse("[priced]\nmetrics_port = 9100 ; a comment\n", "x", &set, NULL), 0);
    ck_assert_int_eq(qr_config_integer(set, "priced", "metrics_port"), 9100);
}
END_TEST

START_TEST(plain_tcp_is_refused_except_on_loopback)
{
    char endpoint[QR_ENDPOINT_MAX];
    struct qr_error error;
    ck_assert_int_eq(qr_tcp_endpoint("tcp://127.0.0.1:7000", QR_CHANNEL_EVENTS, false, endpoint, &error), 0);
    ck_assert_str_eq(endpoint, "tcp://127.0.0.1:7001");
    ck_assert_int_eq(qr_tcp_endpoint("tcp://10.0.0.1:7000", QR_CHANNEL_REQUESTS, false, endpoint, &error), QR_EREFUSED);
    ck_assert_int_eq(qr_tcp_endpoint("tcp://127.evil.example:7000", QR_CHANNEL_REQUESTS, false, endpoint, &error),
                     QR_EREFUSED);
    ck_assert_int_eq(qr_tcp_endpoint("tcp://10.0.0.1:7000", QR_CHANNEL_REQUESTS, true, endpoint, &error), 0);
    ck_assert_int_eq(qr_tcp_endpoint("tcp://:7000", QR_CHANNEL_REQUESTS, true, endpoint, &error), QR_EINPUT);
    ck_assert_int_eq(qr_tcp_endpoint("ipc:///x", QR_CHANNEL_REQUESTS, true, endpoint, &error), QR_EINPUT);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {mistakes_name_their_line, a_long_line_is_refused_not_cut,
                                  what_init_writes_is_read_back_as_the_defaults,
                                  plain_tcp_is_refused_except_on_loopback};
    return unit_run("config", tests, sizeof tests / sizeof tests[0]);
}
