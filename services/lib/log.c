#include "services/lib/log.h"

#include "common/buffer.h"
#include "common/clock.h"

static const char *log_service = "quorate";
static enum qr_log_level log_least = QR_LOG_INFO;

static const char *const level_words[] = {"debug", "info", "warning", "error"};

void qr_log_open(const char *service, enum qr_log_level least)
{
    log_service = service;
    log_least = least;
}

static void add_quoted(struct qr_buffer *line, const char *text)
{
    qr_buffer_byte(line, '"');
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            qr_buffer_byte(line, '\\');
        qr_buffer_byte(line, c < ' ' || c == 0x7f ? ' ' : c);
    }
    qr_buffer_byte(line, '"');
}

void qr_log(enum qr_log_level level, const char *format, ...)
{
    if (level < log_least)
        return;
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    char now[QR_TIME_TEXT];
    QR_CLEANUP(qr_buffer_done) struct qr_buffer line = {0};
    qr_buffer_text(&line, "time=%s level=%s service=%s msg=", qr_time_format(qr_clock_now(), now), level_words[level],
                   log_service);
    add_quoted(&line, text);
    qr_buffer_byte(&line, '\n');
    ssize_t written = write(STDERR_FILENO, line.data, line.size);
    (void)written; /* a log that cannot be written has nowhere to say so */
}

void qr_log_error(const char *doing, const struct qr_error *error)
{
    if (error->hint[0]) {
        qr_log(QR_LOG_ERROR, "%s: %s (%s)", doing, error->text, error->hint);
    } else {
        qr_log(QR_LOG_ERROR, "%s: %s", doing, error->text);
    }
}
