#include <sys/socket.h>
#include <sys/un.h>
#include <zmq.h>

#include "wire/quorate.pb-c.h"

/* Sends rubbish to a service's sockets and checks that it still answers.
 *
 *     rubbish RUN-FOLDER SERVICE SEED COUNT
 *
 * COUNT frames of every wrong kind go to the requests: random bytes, mutated requests, every body number with random content,
 * several frames at once, frames above the limit, deadlines long past; and random bytes that are no ZeroMQ to both sockets. Every
 * answer must be a Reply. At the end a proper status request must be answered. */

enum { FRAME_MAX = 1 << 20, WAIT_MS = 20000, RAW_CONNECTIONS = 60, BODIES_MAX = 100 };

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

static void fill(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)next_random();
}

static void fail(const char *what)
{
    fprintf(stderr, "rubbish: %s\n", what);
    exit(1);
}

static size_t pack_status(uint8_t *bytes, uint64_t id, int64_t deadline_ms)
{
    Quorate__StatusRequest status = QUORATE__STATUS_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.id = id;
    request.deadline_ms = deadline_ms;
    request.body_case = QUORATE__REQUEST__BODY_STATUS;
    request.status = &status;
    return quorate__request__pack(&request, bytes);
}

static size_t put_number(uint8_t *bytes, uint64_t value)
{
    size_t n = 0;
    do {
        bytes[n++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        value >>= 7;
    } while (value);
    return n;
}

/* A request whose body has this number and random fields of its own: whole numbers, texts and bytes of odd sizes. */
static size_t pack_body(uint8_t *bytes, uint64_t number)
{
    uint8_t inside[400];
    size_t size = 0, n = 0;
    for (size_t fields = below(6); fields > 0 && size < 300; fields--) {
        uint64_t field = 1 + below(12);
        if (below(2)) {
            size += put_number(inside + size, field << 3);
            size += put_number(inside + size, next_random() >> below(64));
        } else {
            size_t length = below(70);
            size += put_number(inside + size, field << 3 | 2);
            size += put_number(inside + size, length);
            fill(inside + size, length);
            size += length;
        }
    }
    n += put_number(bytes + n, 1 << 3);
    n += put_number(bytes + n, next_random());
    n += put_number(bytes + n, number << 3 | 2);
    n += put_number(bytes + n, size);
    memcpy(bytes + n, inside, size);
    return n + size;
}

static void send_one(void *socket)
{
    static uint8_t bytes[FRAME_MAX + 4096];
    size_t size = 0;
    int flags = 0;
    switch (below(64) ? below(5) : 5) {
    case 0:
        fill(bytes, size = below(2000));
        break;
    case 1:
        size = pack_status(bytes, next_random(), 0);
        bytes[below(size)] ^= (uint8_t)(1U << below(8));
        break;
    case 2:
        size = pack_body(bytes, 1 + below(BODIES_MAX));
        break;
    case 3:
        fill(bytes, size = below(50));
        flags = ZMQ_SNDMORE;
        break;
    case 4:
        size = pack_status(bytes, next_random(), (int64_t)below(1000));
        break;
    case 5: /* the largest frame that is allowed, and more */
        memset(bytes, 0, size = FRAME_MAX - 2048 + below(4096));
        break;
    }
    if (zmq_send(socket, bytes, size, flags) < 0 && errno != EAGAIN)
        fail("cannot send");
    if (flags && zmq_send(socket, "end", 3, 0) < 0)
        fail("cannot send");
}

/* Reads what has been answered so far. Returns the status reply with this id, when it is among it. */
static size_t drain(void *socket, uint64_t wanted, bool *ret_found, long wait_ms)
{
    size_t n = 0;
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    while (!(ret_found && *ret_found) && zmq_poll(&item, 1, wait_ms) > 0) {
        zmq_msg_t message;
        zmq_msg_init(&message);
        if (zmq_msg_recv(&message, socket, 0) < 0)
            fail("cannot receive");
        Quorate__Reply *reply = quorate__reply__unpack(NULL, zmq_msg_size(&message), zmq_msg_data(&message));
        if (!reply || zmq_msg_more(&message))
            fail("an answer is no Reply");
        if (reply->body_case == QUORATE__REPLY__BODY_ERROR && (!reply->error->code[0] || !reply->error->text[0]))
            fail("an error has no sentence");
        if (ret_found && reply->id == wanted && reply->body_case == QUORATE__REPLY__BODY_STATUS)
            *ret_found = true;
        quorate__reply__free_unpacked(reply, NULL);
        zmq_msg_close(&message);
        n++;
    }
    return n;
}

/* Bytes that are no ZeroMQ, or the beginning of it and then none. */
static void send_raw(const char *path)
{
    static const uint8_t greeting[] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    for (int i = 0; i < RAW_CONNECTIONS; i++) {
        int peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        uint8_t bytes[512] = {0};
        size_t size = 1 + below(sizeof bytes - 1);
        fill(bytes, size);
        if (below(2))
            memcpy(bytes, greeting, sizeof greeting);
        if (connect(peer, (struct sockaddr *)&address, sizeof address) != 0)
            fail("nobody accepts connections");
        (void)!send(peer, bytes, size, MSG_NOSIGNAL);
        close(peer);
    }
}

static void *connect_to(void *context, const char *path)
{
    char endpoint[256];
    int linger = 0;
    void *socket = zmq_socket(context, ZMQ_DEALER);
    snprintf(endpoint, sizeof endpoint, "ipc://%s", path);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    if (zmq_connect(socket, endpoint) != 0)
        fail("cannot connect");
    return socket;
}

int main(int n_arguments, char **arguments)
{
    if (n_arguments != 5)
        fail("usage: rubbish RUN-FOLDER SERVICE SEED COUNT");
    char requests[128], events[128];
    snprintf(requests, sizeof requests, "%s/%s.sock", arguments[1], arguments[2]);
    snprintf(events, sizeof events, "%s/%s.events", arguments[1], arguments[2]);
    state = strtoull(arguments[3], NULL, 10);
    long count = strtol(arguments[4], NULL, 10);
    void *context = zmq_ctx_new();
    size_t answers = 0;
    for (long i = 0; i < count; i += 500) {
        void *socket = connect_to(context, requests);
        for (long k = i; k < count && k < i + 500; k++) {
            send_one(socket);
            answers += drain(socket, 0, NULL, 0);
        }
        answers += drain(socket, 0, NULL, 20);
        zmq_close(socket);
    }
    send_raw(requests);
    send_raw(events);
    uint8_t bytes[64];
    bool found = false;
    void *socket = connect_to(context, requests);
    if (zmq_send(socket, bytes, pack_status(bytes, 4711, 0), 0) < 0)
        fail("cannot send");
    answers += drain(socket, 4711, &found, WAIT_MS);
    zmq_close(socket);
    zmq_ctx_term(context);
    if (!found)
        fail("a proper request is not answered any more");
    printf("%zu answers\n", answers);
    return 0;
}
