#ifndef TESTS_UNIT_SERVICES_SAMPLE_HOME_H
#define TESTS_UNIT_SERVICES_SAMPLE_HOME_H

#include <sys/types.h>

#include "common/key.h"
#include "services/lib/client.h"
#include "xai/model.h"

/* A home in a temporary folder with the sample model, three members of weight 1 (Air_India, Indigo, Vistara) and
 * operators' keys, and the daemons that run in it: the real programs, as real processes. */

enum { SAMPLE_MEMBERS = 3 };

struct sample_home {
    char path[64];
    struct qr_key *members[SAMPLE_MEMBERS]; /* in the order of their names */
    struct qr_model *second;                /* the sample model to upgrade to */
    struct qr_hash baseline;
    struct qr_client *client;
    pid_t daemons[QR_SERVICES]; /* 0: not running */
};

/* `settings` are pairs of a name and a value for the genesis, ended by NULL. */
struct sample_home *sample_home_new(const char *const *settings);
void sample_home_free(struct sample_home *home); /* ends what runs, and removes the folder */

/* Starts a daemon and waits until it answers. */
void sample_home_start(struct sample_home *home, enum qr_service service);
void sample_home_kill(struct sample_home *home, enum qr_service service, int signal); /* and waits for its end */

/* A request that must be answered; the test fails with the error otherwise. */
Quorate__Reply *sample_home_ask(struct sample_home *home, enum qr_service service, Quorate__Request *request);
/* Signs and submits as a member. The code of the refusal, or 0 and the transaction's id. */
int sample_home_submit(struct sample_home *home, unsigned member, uint64_t kind, const struct qr_buffer *payload,
                       struct qr_hash *ret_id);
/* Publishes a file in chunks. */
void sample_home_publish(struct sample_home *home, unsigned member, struct qr_span bytes);

#endif
