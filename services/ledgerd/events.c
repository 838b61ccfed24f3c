#include "services/ledgerd/ledgerd.h"

#include "node/actions.h"

static size_t kind_names(uint64_t kinds, char **names)
{
    size_t n = 0;
    for (uint64_t kind = 0; kind < 64; kind++)
        if (kinds >> kind & 1 && qr_action_name(kind))
            names[n++] = (char *)(uintptr_t)qr_action_name(kind);
    return n;
}

static void publish_activation(struct ledgerd *ledgerd)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    struct qr_mandate mandate;
    Quorate__ActivationEvent activation = QUORATE__ACTIVATION_EVENT__INIT;
    Quorate__Event event = QUORATE__EVENT__INIT;
    if (qr_mandate_active(qr_node_state(ledgerd->node), &mandate, NULL) != 0)
        return;
    qr_activation_encode(&mandate.activation, &leaf);
    activation.mandate = qr_wire_hash(&mandate.id);
    activation.activation = qr_wire_bytes(leaf.data, leaf.size);
    activation.height = mandate.activation.height;
    event.body_case = QUORATE__EVENT__BODY_ACTIVATION;
    event.activation = &activation;
    qr_daemon_publish(ledgerd->daemon, &event);
}

void ledgerd_announce(struct ledgerd *ledgerd, const struct qr_header *head, const struct qr_block_facts *facts)
{
    char *kinds[64];
    struct qr_hash hash = qr_header_hash(head);
    Quorate__BlockEvent block = QUORATE__BLOCK_EVENT__INIT;
    Quorate__Event event = QUORATE__EVENT__INIT;
    block.height = head->height;
    block.time_ms = head->time;
    block.hash = qr_wire_hash(&hash);
    block.app_hash = qr_wire_hash(&head->app_hash);
    block.log_size = head->log_size;
    block.log_root = qr_wire_hash(&head->log_root);
    block.n_transactions = facts->transactions;
    block.n_decisions = facts->decisions;
    block.governance_changed = facts->governance;
    block.n_kinds = kind_names(facts->kinds, kinds);
    block.kinds = kinds;
    event.body_case = QUORATE__EVENT__BODY_BLOCK;
    event.block = &block;
    qr_daemon_publish(ledgerd->daemon, &event);
    if (facts->activation)
        publish_activation(ledgerd);
    ++*ledgerd->blocks;
    *ledgerd->transactions += facts->transactions;
    *ledgerd->decisions += facts->decisions;
}

void ledgerd_block_made(struct ledgerd *ledgerd)
{
    ledgerd_announce(ledgerd, qr_chain_head(ledgerd->chain), qr_node_facts(ledgerd->node));
    if (qr_node_facts(ledgerd->node)->governance)
        ledgerd_prepare_upgrade(ledgerd);
}

void ledgerd_give_up(struct ledgerd *ledgerd, const char *doing, const struct qr_error *error)
{
    if (ledgerd->gave_up)
        return;
    ledgerd->gave_up = true;
    qr_log_error(doing, error);
    qr_daemon_set_state(ledgerd->daemon, "stopped", "%s", error->text);
    qr_daemon_end(ledgerd->daemon, qr_code_exit_status(error->code));
}
