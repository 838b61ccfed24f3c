#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/key.h"
#include "tests/fuzz/target.h"

/* The runner behind every fuzz target where libFuzzer is not linked.
 *
 *     model.fuzz                  the corpus, then QR_FUZZ_RUNS (20,000) mutated inputs or QR_FUZZ_SECONDS (5),
 *                                 whichever ends first
 *     model.fuzz FILE...          just these files: what a crash left behind
 *
 * Input n depends on QR_FUZZ_SEED, n and the corpus alone, so a run is repeated by its printed seed. An input that
 * crashes or takes longer than HANG_SECONDS is written to crash-NAME in the working folder. */

enum { INPUT_MAX = 1 << 16, SEED_FILE_MAX = 1 << 20, HANG_SECONDS = 20, CLOCK_EVERY = 64 };

struct seed {
    uint8_t *data;
    size_t size;
};

struct corpus {
    struct seed *seeds;
    size_t n;
};

/* What runs now, for the report of a crash. */
static struct {
    const uint8_t *data;
    size_t size;
    char file[256];
} current;

static uint64_t next_random(uint64_t *state) /* SplitMix64 */
{
    uint64_t z = *state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

static size_t below(uint64_t *random, size_t n) { return n ? (size_t)(next_random(random) % n) : 0; }

/* Only calls that a signal handler may make. */
static void keep_input(void)
{
    int file = open(current.file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0)
        return;
    ssize_t written = write(file, current.data, current.size);
    close(file);
    static const char message[] = "the input is kept in ";
    if (written >= 0 && write(STDERR_FILENO, message, sizeof message - 1) > 0 &&
        write(STDERR_FILENO, current.file, strlen(current.file)) > 0)
        (void)!write(STDERR_FILENO, "\n", 1);
}

static void on_signal(int number)
{
    static const char hang[] = "an input takes too long\n";
    if (number == SIGALRM)
        (void)!write(STDERR_FILENO, hang, sizeof hang - 1);
    keep_input();
    signal(number == SIGALRM ? SIGABRT : number, SIG_DFL);
    raise(number == SIGALRM ? SIGABRT : number);
}

/* Sanitizers end the process by themselves; their runtime calls this first, where it is linked. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void watch(const char *name)
{
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGALRM};
    snprintf(current.file, sizeof current.file, "crash-%s", name);
    if (__sanitizer_set_death_callback) {
        __sanitizer_set_death_callback(keep_input);
        signal(SIGALRM, on_signal);
        signal(SIGABRT, on_signal);
        return;
    }
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        signal(deadly[i], on_signal);
}

static void run_input(const uint8_t *data, size_t size)
{
    /* A copy of the exact size, so that a read past the end is one past an allocation. */
    uint8_t *exact = qr_memdup(data, size);
    current.data = exact;
    current.size = size;
    LLVMFuzzerTestOneInput(exact, size);
    current.size = 0;
    free(exact);
}

static void overwrite(uint8_t *input, size_t size, uint64_t *random)
{
    static const uint8_t telling[] = {0, 1, 0x7f, 0x80, 0xff, '"', '{', '[', ',', '-', '9', '.', 'e', ' ', '\n', '\\'};
    if (size > 0)
        input[below(random, size)] = telling[below(random, sizeof telling)];
}

static void flip(uint8_t *input, size_t size, uint64_t *random)
{
    if (size > 0)
        input[below(random, size)] ^= (uint8_t)(1U << below(random, 8));
}

static size_t erase(uint8_t *input, size_t size, uint64_t *random)
{
    size_t at = below(random, size), n = below(random, size - at + 1);
    if (n > 16 && below(random, 4))
        n = 1 + n % 16;
    memmove(input + at, input + at + n, size - at - n);
    return size - n;
}

static size_t insert(uint8_t *input, size_t size, const uint8_t *bytes, size_t n, uint64_t *random)
{
    if (n > INPUT_MAX - size)
        n = INPUT_MAX - size;
    size_t at = below(random, size + 1);
    memmove(input + at + n, input + at, size - at);
    memcpy(input + at, bytes, n);
    return size + n;
}

/* A run of any seed, put in somewhere. */
static size_t splice_seed(uint8_t *input, size_t size, const struct corpus *corpus, uint64_t *random)
{
    const struct seed *other = &corpus->seeds[below(random, corpus->n)];
    size_t at = below(random, other->size), n = below(random, other->size - at + 1);
    return insert(input, size, other->data + at, n, random);
}

/* Numbers at the edges of their encodings. */
static size_t extreme(uint8_t *input, size_t size, uint64_t *random)
{
    static const char *const extremes[] = {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                                           "\xff\xff\xff\xff\x0f",
                                           "\xfe\xff\xff\xff\x0f",
                                           "\x80\x80\x01",
                                           "\x80\x01",
                                           "18446744073709551616",
                                           "-9223372036854775808",
                                           "1e308",
                                           "null",
                                           "[[[[[[[["};
    const char *chosen = extremes[below(random, sizeof extremes / sizeof extremes[0])];
    return insert(input, size, (const uint8_t *)chosen, strlen(chosen), random);
}

static size_t mutate(uint8_t input[INPUT_MAX], const struct corpus *corpus, uint64_t *random)
{
    const struct seed *seed = &corpus->seeds[below(random, corpus->n)];
    size_t size = seed->size < INPUT_MAX ? seed->size : INPUT_MAX;
    memcpy(input, seed->data, size);
    for (size_t steps = 1 + below(random, 6); steps > 0; steps--) {
        uint8_t byte = (uint8_t)next_random(random);
        switch (below(random, 7)) {
        case 0: flip(input, size, random); break;
        case 1: overwrite(input, size, random); break;
        case 2: size = erase(input, size, random); break;
        case 3: size = insert(input, size, &byte, 1, random); break;
        case 4: size = splice_seed(input, size, corpus, random); break;
        case 5: size = extreme(input, size, random); break;
        case 6: size = below(random, 8) ? size : below(random, size + 1); break;
        }
    }
    return size;
}

static void add_seed(struct corpus *corpus, const void *data, size_t size)
{
    corpus->seeds = qr_realloc(corpus->seeds, corpus->n + 1, sizeof *corpus->seeds);
    corpus->seeds[corpus->n++] = (struct seed){qr_memdup(data, size), size};
}

static void add_file(struct corpus *corpus, const char *path)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_error error;
    if (qr_file_read(path, SEED_FILE_MAX, &bytes, &error) != QR_OK) {
        fprintf(stderr, "%s\n", error.text);
        exit(2);
    }
    add_seed(corpus, bytes.data, bytes.size);
}

static int seeds_only(const struct dirent *entry) { return entry->d_name[0] != '.'; }

static int by_bytes(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

/* The seeds in the order of their names, after an empty one. */
static void add_folder(struct corpus *corpus, const char *folder)
{
    struct dirent **entries;
    add_seed(corpus, "", 0);
    int n = scandir(folder, &entries, seeds_only, by_bytes);
    for (int i = 0; i < n; i++) {
        QR_CLEANUP(qr_freep) char *path = qr_path_join(folder, entries[i]->d_name);
        add_file(corpus, path);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
}

static void corpus_done(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->n; i++)
        free(corpus->seeds[i].data);
    free(corpus->seeds);
}

static int64_t setting(const char *name, int64_t otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtoll(text, NULL, 10) : otherwise;
}

static void run_mutations(const struct corpus *corpus, const char *name)
{
    int64_t runs = setting("QR_FUZZ_RUNS", 20000), seconds = setting("QR_FUZZ_SECONDS", 5);
    uint64_t seed = (uint64_t)setting("QR_FUZZ_SEED", qr_clock_now());
    int64_t stop = qr_clock_monotonic() + seconds * 1000000, n = 0;
    printf("# %s: seed %" PRIu64 ", %zu seeds\n", name, seed, corpus->n - 1);
    fflush(stdout);
    uint8_t *input = qr_alloc(1, INPUT_MAX);
    for (; n < runs; n++) {
        if (n % CLOCK_EVERY == 0) {
            if (qr_clock_monotonic() > stop)
                break;
            alarm(HANG_SECONDS);
        }
        uint64_t random = seed + (uint64_t)n * 0x632be59bd9b4e019U;
        run_input(input, mutate(input, corpus, &random));
    }
    alarm(0);
    free(input);
    printf("ok 1 - %s: %" PRId64 " inputs, no promise broken\n1..1\n", name, n);
}

int main(int n_arguments, char **arguments)
{
    QR_CLEANUP(corpus_done) struct corpus corpus = {0};
    char name[128];
    const char *slash = strrchr(arguments[0], '/');
    qr_copy_text(name, sizeof name, slash ? slash + 1 : arguments[0]);
    name[strcspn(name, ".")] = '\0';
    const char *top = getenv("QR_TOP_SRCDIR");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer folder = {0};
    qr_buffer_text(&folder, "%s/tests/fuzz/corpus/%s", top ? top : ".", name);
    qr_crypto_init();
    for (int i = 1; i < n_arguments; i++)
        add_file(&corpus, arguments[i]);
    if (n_arguments == 1)
        add_folder(&corpus, qr_buffer_string(&folder));
    watch(name);
    for (size_t i = 0; i < corpus.n; i++)
        run_input(corpus.seeds[i].data, corpus.seeds[i].size);
    if (n_arguments == 1)
        run_mutations(&corpus, name);
    return 0;
}
