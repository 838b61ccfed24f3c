#include "common/codec.h"
#include "data/fares.h"
#include "tests/fuzz/target.h"

#include <sys/mman.h>

/* Any file gives a network whose flights are all in range, or a sentence, and then nothing is half built. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[32];
    static int file = -1;
    if (file < 0) {
        file = memfd_create("fares", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    FUZZ_CHECK(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
    struct qr_network network = {0};
    struct qr_error error = {0};
    int code = qr_fares_network(path, NULL, NULL, &network, &error);
    FUZZ_CHECK((code == 0) == (network.n_flights > 0));
    FUZZ_CHECK(code == 0 || qr_utf8_valid(error.text, strlen(error.text)));
    for (size_t i = 0; i < network.n_flights; i++)
        FUZZ_CHECK(network.flights[i].origin != network.flights[i].destination && network.flights[i].minutes > 0);
    qr_network_done(&network);
    return 0;
}
