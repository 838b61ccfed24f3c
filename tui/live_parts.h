#ifndef QR_TUI_LIVE_PARTS_H
#define QR_TUI_LIVE_PARTS_H

#include "tui/live.h"

/* The parts of live.h among themselves: live.c keeps sets of data fresh, live_one.c fetches single things, live_act.c carries out
 * actions, live_take.c converts messages into tui_data. */

/* Sets of data that are asked for whole. */
enum tui_ask {
    TUI_ASK_HEAD,
    TUI_ASK_BLOCKS,
    TUI_ASK_DECISIONS,
    TUI_ASK_RECORDED, /* decisions from the ledger, while priced is away */
    TUI_ASK_PROPOSALS,
    TUI_ASK_MEMBERS,
    TUI_ASK_NETWORK,
    TUI_ASK_ORDERS,
    TUI_ASK_NOTICES,
    TUI_ASKS
};

struct tui_asked {
    bool dirty, in_flight;
    int64_t at_ms; /* when it was last sent */
};

/* Single things: the last one of each kind that was asked for. */
enum tui_one { TUI_ONE_BLOCK, TUI_ONE_TRANSACTION, TUI_ONE_DECISION, TUI_ONE_MANDATE, TUI_ONE_OBJECT, TUI_ONE_PROPOSAL, TUI_ONE_REPORT, TUI_ONES };

struct tui_live {
    struct qr_client *client;
    struct tui_data *data;
    char *home;
    unsigned sets;
    int64_t now_ms;
    struct tui_asked status[QR_SERVICES];
    struct tui_asked asks[TUI_ASKS];
    struct {
        bool in_flight;
        struct qr_hash key;
        int64_t at_ms;
    } ones[TUI_ONES];
    bool proposal_changed; /* the open one must be fetched again */
    uint64_t last_notice;
    struct qr_buffer receipt; /* of the decision that is being verified */
};

/* One request in flight. Freed by the function that takes its reply. */
struct tui_call {
    struct tui_live *live;
    int kind; /* what it means to whoever sent it */
    struct qr_hash key;
};
/* Sends and owns the call. Returns whether it was sent; then the callback comes. */
bool tui_live_send(struct tui_live *live, enum qr_service service, Quorate__Request *request, qr_client_done *done, int kind,
                   const struct qr_hash *key);

/* live_one.c, live_act.c: fill the source's functions. */
void tui_live_one_fill(struct tui_source *source);
void tui_live_act_fill(struct tui_source *source);
/* A key as a hash that only its number is in. */
struct qr_hash tui_live_number(uint64_t number);

/* live_take.c */
void tui_take_status(struct tui_data *data, enum qr_service service, const Quorate__Status *message);
void tui_take_head(struct tui_data *data, const Quorate__LedgerHead *message, int64_t now_ms);
void tui_take_blocks(struct tui_data *data, const Quorate__LedgerBlocks *message, int64_t now_ms);
void tui_take_block(struct tui_data *data, const Quorate__LedgerBlock *message, int64_t now_ms);
void tui_take_transaction(struct tui_data *data, const Quorate__LedgerTransaction *message, int64_t now_ms);
void tui_take_recent(struct tui_data *data, const Quorate__RecentDecisions *message, int64_t now_ms);
void tui_take_recorded(struct tui_data *data, const Quorate__LedgerDecisions *message, int64_t now_ms);
/* One decision: false when it is of another id or cannot be read. */
bool tui_take_decision(struct tui_data *data, const struct qr_hash *id, ProtobufCBinaryData leaf, uint64_t height, bool late,
                       const char *state);
void tui_take_mandate(struct tui_mandate *mandate, const Quorate__LedgerMandate *message);
void tui_take_proposals(struct tui_data *data, const Quorate__Proposals *message, int64_t now_ms);
void tui_take_proposal(struct tui_data *data, const Quorate__Proposal *message, int64_t now_ms);
void tui_take_members(struct tui_data *data, const Quorate__Members *message, const char *home, int64_t now_ms);
void tui_take_network(struct tui_data *data, const Quorate__Network *message, int64_t now_ms);
void tui_take_offers(struct tui_data *data, const Quorate__Offers *message, int64_t now_ms);
void tui_take_orders(struct tui_data *data, const Quorate__Orders *message, int64_t now_ms);

#endif
