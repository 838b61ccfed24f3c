#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "wire/quorate.pb-c.h"

/* Abuses a stream socket below the messages: what a peer can do with bytes and with connections.
 *
 *     stream requests|events SOCKET SEED COUNT          a service's sockets (ZMTP 3.0)
 *     stream varint SOCKET SEED COUNT FILE              any protocol of length-prefixed frames (unsigned varint); FILE holds a good one
 *     stream hold SOCKET SEED COUNT                     COUNT connections at once, silent, then all closed
 *     stream deaf SOCKET SEED COUNT                     COUNT subscribers that read nothing, until it is killed
 *
 * COUNT connections, each with one abuse: bytes one at a time, frames split and run together, cut short, bits flipped, huge and negative
 * lengths, unknown commands, silence, half-close, rubbish from the first byte. Nothing here says what must be answered; whoever runs this
 * checks that the peer still serves others and that its memory is flat. Fails when nobody accepts a connection. */

enum { SPEECH_MAX = 1 << 20, WAIT_MS = 20000 };

/* What a well-mannered peer says: an opening, then frames. */
struct speech {
    uint8_t opening[256];
    size_t opening_size;
    uint8_t *frame;
    size_t frame_size;
    bool varint; /* how lengths are written */
};

static uint64_t state;

static uint64_t next_random(void) /* SplitMix64 */
{
    uint64_t z = state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

static size_t below(size_t n)
{
    return (size_t)(next_random() % n);
}

static void fail(const char *what)
{
    fprintf(stderr, "stream: %s\n", what);
    exit(1);
}

/* ---- one connection ---- */

/* A full queue of connections that wait to be accepted is the peer's to empty. */
static int dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (peer < 0 || strlen(path) >= sizeof address.sun_path)
        fail("cannot make a socket, or its path is too long");
    memcpy(address.sun_path, path, strlen(path));
    if (connect(peer, (struct sockaddr *)&address, sizeof address) != 0)
        fail("nobody accepts connections");
    return peer;
}

/* Reads and drops what has come; false at the end. */
static bool drain(int peer, int wait_ms)
{
    uint8_t bytes[4096];
    struct pollfd item = {.fd = peer, .events = POLLIN};
    while (poll(&item, 1, wait_ms) > 0) {
        ssize_t n = recv(peer, bytes, sizeof bytes, MSG_DONTWAIT);
        if (n <= 0)
            return false;
        wait_ms = 0;
    }
    return true;
}

/* Whatever the peer lets through; it may have closed. */
static void say(int peer, const uint8_t *bytes, size_t size, size_t piece)
{
    while (size > 0) {
        size_t n = piece < size ? piece : size;
        struct pollfd item = {.fd = peer, .events = POLLOUT};
        if (poll(&item, 1, WAIT_MS) <= 0 || send(peer, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            return;
        bytes += n;
        size -= n;
        (void)drain(peer, 0);
    }
}

static size_t put_length(const struct speech *speech, uint8_t *out, uint64_t length)
{
    size_t n = 0;
    if (!speech->varint) {
        out[n++] = 2; /* a long frame */
        for (int shift = 56; shift >= 0; shift -= 8)
            out[n++] = (uint8_t)(length >> shift);
        return n;
    }
    do {
        out[n++] = (uint8_t)((length & 0x7f) | (length > 0x7f ? 0x80 : 0));
        length >>= 7;
    } while (length);
    return n;
}

enum abuse {
    BYTE_BY_BYTE,
    SPLIT,
    TOGETHER,
    CUT_SHORT,
    FLIPPED,
    HUGE_LENGTH,
    WRONG_LENGTH,
    ENDLESS_VARINT,
    UNKNOWN_COMMAND,
    RUBBISH,
    SILENCE,
    HALF_CLOSE,
    ABUSES
};

static void abuse(const struct speech *speech, int peer, enum abuse what)
{
    static uint8_t bytes[SPEECH_MAX];
    size_t size = 0;
    static const uint64_t lengths[] = {UINT64_MAX, INT64_MAX, UINT64_C(1) << 63, UINT32_MAX, (1 << 20) + 1, 0};
    switch (what) {
    case BYTE_BY_BYTE:
        say(peer, speech->frame, speech->frame_size < 600 ? speech->frame_size : 600, 1);
        return;
    case SPLIT:
        for (size_t at = 0, n; at < speech->frame_size; at += n) {
            n = 1 + below(1 + speech->frame_size / 3);
            n = n < speech->frame_size - at ? n : speech->frame_size - at;
            say(peer, speech->frame + at, n, n);
        }
        return;
    case TOGETHER:
    case HALF_CLOSE:
        while (size + speech->frame_size < 20000) {
            memcpy(bytes + size, speech->frame, speech->frame_size);
            size += speech->frame_size;
        }
        say(peer, bytes, size, size);
        if (what == HALF_CLOSE)
            shutdown(peer, SHUT_WR);
        return;
    case CUT_SHORT:
        say(peer, speech->frame, below(speech->frame_size), speech->frame_size);
        return;
    case FLIPPED:
        memcpy(bytes, speech->frame, speech->frame_size);
        for (size_t n = 1 + below(8); n > 0; n--)
            bytes[below(speech->frame_size)] ^= (uint8_t)(1U << below(8));
        say(peer, bytes, speech->frame_size, speech->frame_size);
        return;
    case HUGE_LENGTH:
    case WRONG_LENGTH:
        size = put_length(speech, bytes, what == HUGE_LENGTH ? lengths[below(sizeof lengths / sizeof lengths[0])] : below(300));
        memcpy(bytes + size, speech->frame, speech->frame_size);
        say(peer, bytes, size + speech->frame_size, SPEECH_MAX);
        return;
    case ENDLESS_VARINT:
        memset(bytes, 0xff, 300);
        say(peer, bytes, 300, 300);
        return;
    case UNKNOWN_COMMAND: /* a field, or a command, that nobody knows */
        size = put_length(speech, bytes, 12);
        bytes[0] |= speech->varint ? 0 : 4;
        memcpy(bytes + size, "\xfa\x3f\x08\x01\x02\x03\x04\x05\x06\x07\x08\x09", 12);
        say(peer, bytes, size + 12, 64);
        return;
    case RUBBISH:
        for (size = 0; size < 2000; size++)
            bytes[size] = (uint8_t)next_random();
        say(peer, bytes, 1 + below(size), size);
        return;
    case SILENCE:
    case ABUSES:
        return;
    }
}

/* Most abuses come after a proper opening, some in its place or in the middle of it. */
static void run_one(const struct speech *speech, const char *path)
{
    int peer = dial(path);
    enum abuse what = (enum abuse)below(ABUSES);
    size_t opening = below(8) ? speech->opening_size : below(speech->opening_size + 1);
    say(peer, speech->opening, opening, below(4) ? sizeof speech->opening : 1);
    abuse(speech, peer, what);
    (void)drain(peer, what == HALF_CLOSE ? 5 : 0);
    close(peer);
}

/* ---- what is said ---- */

static void open_zmtp(struct speech *speech, const char *kind)
{
    static const uint8_t greeting[64] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
    uint8_t *ready = speech->opening + sizeof greeting;
    size_t n = strlen(kind), body = 1 + 5 + 1 + 11 + 4 + n;
    memcpy(speech->opening, greeting, sizeof greeting);
    ready[0] = 4; /* a command */
    ready[1] = (uint8_t)body;
    memcpy(ready + 2, "\x05READY\x0bSocket-Type", 18);
    ready[20] = ready[21] = ready[22] = 0;
    ready[23] = (uint8_t)n;
    memcpy(ready + 24, kind, n);
    speech->opening_size = sizeof greeting + 2 + body;
}

static void speak_requests(struct speech *speech)
{
    Quorate__StatusRequest status = QUORATE__STATUS_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.id = 1;
    request.body_case = QUORATE__REQUEST__BODY_STATUS;
    request.status = &status;
    open_zmtp(speech, "DEALER");
    speech->frame = malloc(2 + quorate__request__get_packed_size(&request));
    speech->frame[0] = 0;
    speech->frame[1] = (uint8_t)quorate__request__pack(&request, speech->frame + 2);
    speech->frame_size = 2 + speech->frame[1];
}

static void speak_events(struct speech *speech)
{
    static uint8_t subscription[] = {0, 1, 1}; /* to everything */
    open_zmtp(speech, "SUB");
    speech->frame = subscription;
    speech->frame_size = sizeof subscription;
}

static void speak_frames(struct speech *speech, const char *path)
{
    FILE *file = fopen(path, "rb");
    speech->varint = true;
    speech->frame = malloc(SPEECH_MAX / 2);
    speech->frame_size = file ? fread(speech->frame, 1, SPEECH_MAX / 2, file) : 0;
    if (speech->frame_size == 0)
        fail("the file of a good frame cannot be read, or is empty");
    fclose(file);
}

/* ---- many at once ---- */

static void hold(const char *path, size_t count)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < count + 16)
        count = limit.rlim_cur - 16;
    int *peers = calloc(count, sizeof *peers);
    for (size_t i = 0; i < count; i++)
        peers[i] = dial(path);
    for (size_t i = 0; i < count; i++)
        close(peers[i]);
    free(peers);
    printf("%zu connections\n", count);
}

static void be_deaf(const struct speech *speech, const char *path, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int peer = dial(path);
        if (send(peer, speech->opening, speech->opening_size, MSG_NOSIGNAL) < 0 ||
            send(peer, speech->frame, speech->frame_size, MSG_NOSIGNAL) < 0)
            fail("a subscriber is not let in");
    }
    pause();
}

int main(int n_arguments, char **arguments)
{
    if (n_arguments < 5)
        fail("usage: stream requests|events|varint|hold|deaf SOCKET SEED COUNT [FILE]");
    static struct speech speech;
    const char *protocol = arguments[1], *path = arguments[2];
    state = strtoull(arguments[3], NULL, 10);
    size_t count = strtoull(arguments[4], NULL, 10);
    if (strcmp(protocol, "hold") == 0) {
        hold(path, count);
        return 0;
    }
    if (strcmp(protocol, "requests") == 0)
        speak_requests(&speech);
    else if (strcmp(protocol, "events") == 0 || strcmp(protocol, "deaf") == 0)
        speak_events(&speech);
    else
        speak_frames(&speech, n_arguments > 5 ? arguments[5] : "");
    if (strcmp(protocol, "deaf") == 0)
        be_deaf(&speech, path, count);
    for (size_t i = 0; i < count; i++)
        run_one(&speech, path);
    return 0;
}
