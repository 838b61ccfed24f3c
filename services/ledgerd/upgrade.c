#include "node/explainers.h"
#include "services/ledgerd/ledgerd.h"

/* While an upgrade that passed waits for its timelock, a worker makes the explainer that its decisions will be recomputed with, beside the
 * one in use: the block that activates it finds it ready. */

struct making {
    struct ledgerd *ledgerd;
    struct qr_explainer_draft *draft;
};

static void build(void *task)
{
    struct making *making = task;
    qr_explainers_build(making->draft);
}

static void built(void *task)
{
    struct making *making = task;
    making->ledgerd->making_explainer = false;
    if (making->ledgerd->node)
        qr_node_upgrade_keep(making->ledgerd->node, making->draft);
    else
        qr_explainer_draft_free(making->draft);
    free(making);
}

void ledgerd_prepare_upgrade(struct ledgerd *ledgerd)
{
    struct qr_explainer_draft *draft =
        ledgerd->making_explainer ? NULL : qr_node_upgrade_begin(ledgerd->node);
    if (!draft)
        return;
    struct making *making = qr_alloc(1, sizeof *making);
    *making = (struct making){.ledgerd = ledgerd, .draft = draft};
    ledgerd->making_explainer = true;
    qr_daemon_work(ledgerd->daemon, build, built, making);
}
