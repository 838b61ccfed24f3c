#include "tui/term/crash.h"

#include <termios.h>

enum { RESTORE_MAX = 256 };

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGSYS};
enum { N_SIGNALS = sizeof signals / sizeof signals[0] };

static struct termios saved;
static bool has_mode;
static int terminal = -1;
static char restore_text[RESTORE_MAX];
static size_t restore_size;

static void crashed(int number)
{
    if (terminal >= 0) {
        ssize_t written = write(terminal, restore_text, restore_size);
        (void)written;
        if (has_mode)
            tcsetattr(terminal, TCSANOW, &saved);
    }
    raise(number); /* SA_RESETHAND: this one kills */
}

void tui_crash_guard(int fd, const char *restore)
{
    terminal = fd;
    has_mode = tcgetattr(fd, &saved) == 0;
    restore_size = strnlen(restore, sizeof restore_text);
    memcpy(restore_text, restore, restore_size);
    struct sigaction action = {.sa_handler = crashed, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
    for (size_t i = 0; i < N_SIGNALS; i++)
        sigaction(signals[i], &action, NULL);
}

void tui_crash_unguard(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (size_t i = 0; i < N_SIGNALS; i++)
        sigaction(signals[i], &action, NULL);
    terminal = -1;
}
