#ifndef QR_TUI_DATA_H
#define QR_TUI_DATA_H

#include "common/buffer.h"
#include "common/hash.h"
#include "common/key.h"
#include "common/money.h"
#include "services/lib/supervisor.h"
#include "xai/schema.h"

/* What the dashboard knows: the last answers of the services, each with the time at which it came. Screens read it, a source
 * (source.h) fills it. It holds no sockets and no messages, so that screens are tested on data that a test writes.
 *
 * Everything that changes it raises `revision`; a screen whose revision stands is not drawn again. */

enum {
    TUI_BLOCKS_MAX = 200,
    TUI_DECISIONS_MAX = 200,
    TUI_PROPOSALS_MAX = 200,
    TUI_TRANSACTIONS_MAX = 1000, /* of one block */
    TUI_OFFERS_MAX = 32,
    TUI_ORDERS_MAX = 200,
    TUI_EVENTS_MAX = 200,
    TUI_BALLOTS_MAX = 1000,
    TUI_MEMBERS_MAX = 1000,
    TUI_MANDATES_MAX = 16,
    TUI_HISTORY = 60, /* seconds of a rate */
    TUI_NAME = 40,
    TUI_LINE = 200,
};

struct tui_service {
    bool up;             /* it answers */
    int64_t answered_ms; /* when it last did; 0: never */
    int64_t asked_ms;
    int64_t pid, started_ms;
    char state[TUI_NAME]; /* "running", or a word for what keeps it from its work */
    char detail[TUI_LINE];
    char version[TUI_NAME];
};

struct tui_head {
    int64_t at_ms; /* when it was learned; 0: never. Likewise below */
    char chain[QR_CHAIN_ID_MAX + 1];
    char custody[TUI_NAME];
    char engine[TUI_NAME];
    uint64_t height, log_size, transactions, decisions;
    int64_t time_ms;
    struct qr_hash genesis, block, app, log_root, mandate;
};

struct tui_block {
    uint64_t height, log_size, transactions, decisions;
    int64_t time_ms;
    struct qr_hash hash, previous, transactions_root, log_root, app;
};

struct tui_blocks {
    int64_t at_ms;
    size_t n;
    struct tui_block items[TUI_BLOCKS_MAX]; /* newest first */
};

struct tui_summary {
    struct qr_hash id;
    char kind[TUI_NAME];
    char signer[TUI_NAME];
    char text[TUI_LINE];
    uint32_t size;
    uint64_t decisions;
};

/* One block with its transactions. */
struct tui_block_page {
    int64_t at_ms;
    struct tui_block block;
    char *checkpoint; /* the signed note; NULL: none */
    size_t n;
    struct tui_summary items[TUI_TRANSACTIONS_MAX];
};

struct tui_transaction {
    int64_t at_ms;
    struct tui_summary summary;
    uint64_t height;
    uint32_t index;
    char *details; /* JSON; NULL: none */
    uint8_t signer[QR_PUBLIC_KEY_SIZE];
    uint8_t signature[QR_SIGNATURE_SIZE];
};

struct tui_decision {
    struct qr_hash id;
    struct qr_hash mandate;
    int64_t time_ms;
    int64_t fare;
    uint64_t height; /* 0: not in a block yet */
    bool recorded;   /* false also for one that never will be */
    bool late;
    char state[TUI_NAME]; /* "pending", "recorded", "unrecorded" */
    char what[TUI_LINE];  /* "DEL-BOM economy Air_India 3 d", once the mandate's features are known */
    size_t leaf_size;
    uint8_t *leaf; /* QRD1 */
};

struct tui_decisions {
    int64_t at_ms;
    size_t n;
    struct tui_decision items[TUI_DECISIONS_MAX]; /* newest first */
};

/* What a mandate names, kept while the dashboard runs: mandates never change. */
struct tui_mandate {
    struct qr_hash id, model, baseline, rules, proposal;
    uint64_t rules_version, height;
    bool known;          /* the activation is here */
    bool described;      /* the schema is here */
    struct qr_schema schema;
    struct qr_buffer model_file, baseline_file; /* as far as they were fetched */
    uint64_t model_size, baseline_size;         /* 0: not known yet */
};

struct tui_mandates {
    size_t n;
    struct tui_mandate items[TUI_MANDATES_MAX];
};

struct tui_ballot {
    char member[TUI_NAME];
    char choice[TUI_NAME];
    char reason[TUI_LINE];
    int64_t weight;
    uint64_t height;
};

/* What a proposal of the track `validators` would change. */
struct tui_proposed_validator {
    bool here; /* it is such a proposal */
    char change[TUI_NAME]; /* "add", "remove" */
    char name[QR_KEY_NAME_MAX];
    char member[TUI_NAME];
    int64_t power;
    struct qr_hash key, node_key; /* 32 bytes each; no node key where it is removed */
};

struct tui_proposal {
    struct qr_hash id, model, baseline, current_model, report; /* the first four are an upgrade's */
    struct tui_proposed_validator validator;
    char track[TUI_NAME];
    char state[TUI_NAME];
    char title[TUI_LINE];
    char proposer[TUI_NAME];
    char failure[TUI_LINE];
    uint64_t created_height, executed_height;
    int64_t created_ms, opens_ms, closes_ms, executable_ms, expires_ms;
    uint32_t reports_needed, reports_agreeing;
    int64_t yes, no, abstain, veto, total, quorum, veto_weight;
    int64_t threshold_numerator, threshold_denominator;
};

struct tui_proposals {
    int64_t at_ms;
    size_t n;
    struct tui_proposal items[TUI_PROPOSALS_MAX]; /* newest first */
};

/* One proposal with its ballots and its impact report. */
struct tui_proposal_page {
    int64_t at_ms;
    struct qr_hash id;
    size_t n_ballots;
    struct tui_ballot ballots[TUI_BALLOTS_MAX];
    char *report; /* JSON; NULL: not there yet */
};

struct tui_member {
    char name[TUI_NAME];
    int64_t weight;
    struct qr_public_key key;
    bool here; /* its key is in this home */
};

struct tui_members {
    int64_t at_ms;
    int64_t total;
    size_t n;
    struct tui_member items[TUI_MEMBERS_MAX];
};

struct tui_query {
    char from[4], to[4];
    int32_t date; /* days since 1970-01-01 */
    char cabin[TUI_NAME];
};

struct tui_offer {
    uint8_t id[16];
    char flight[TUI_NAME], from[4], to[4], cabin[TUI_NAME], airline[TUI_NAME], currency[8];
    int64_t departs_ms, arrives_ms, expires_ms, fare;
    int departs_offset, arrives_offset;
    uint32_t stops, minor_digits, seats_left;
    struct qr_hash decision, mandate;
};

struct tui_offers {
    int64_t at_ms;
    bool searching;
    struct tui_query query;
    size_t n;
    struct tui_offer items[TUI_OFFERS_MAX]; /* cheapest first */
};

struct tui_order {
    char locator[TUI_NAME], state[TUI_NAME], flight[TUI_NAME], from[4], to[4], cabin[TUI_NAME], currency[8];
    int64_t fare, departs_ms, created_ms;
    int departs_offset;
    uint32_t minor_digits;
    uint64_t height; /* 0: its decision is not in a block yet */
    struct qr_hash decision;
};

struct tui_orders {
    int64_t at_ms;
    size_t n;
    struct tui_order items[TUI_ORDERS_MAX]; /* newest first */
};

struct tui_network {
    int64_t at_ms;
    char currency[8];
    uint32_t minor_digits;
    int32_t first_date, last_date;
    size_t n_airports, n_routes;
};

/* One line of what happened. Blocks that follow one another within a second share a line. */
enum tui_level { TUI_INFO, TUI_WARNING, TUI_ALARM };
struct tui_event {
    int64_t time_ms;
    enum tui_level level;
    char from[TUI_NAME]; /* "ledger", "order" */
    char text[TUI_LINE];
    uint64_t first, last, transactions, decisions; /* of blocks */
};

struct tui_events {
    size_t n;
    struct tui_event items[TUI_EVENTS_MAX]; /* newest first */
};

/* How often something happened in each of the last seconds. */
enum tui_rate { TUI_RATE_QUOTES, TUI_RATE_RECORDED, TUI_RATE_ORDERS, TUI_RATE_BLOCKS, TUI_RATES };
struct tui_history {
    int64_t second; /* of counts[0] */
    uint32_t counts[TUI_HISTORY];
};

enum { TUI_CHECKS_MAX = 12 };
struct tui_check {
    char name[TUI_NAME];
    char result[TUI_NAME]; /* "ok", "failed", "skipped" */
    char text[TUI_LINE];
};
/* The last receipt that was checked here. */
struct tui_verdict {
    struct qr_hash decision;
    bool running, done, valid;
    char problem[TUI_LINE]; /* why no receipt could be had; "" when there was one */
    unsigned signatures;
    size_t n;
    struct tui_check checks[TUI_CHECKS_MAX];
};

struct tui_data {
    uint64_t revision;
    struct tui_service services[QR_SERVICES];
    unsigned n_services;         /* how many of them this home runs: the first ones */
    bool has_cometbft;           /* whether this home runs CometBFT beside them */
    struct tui_service cometbft; /* up: its RPC takes connections */
    struct tui_head head;
    struct tui_blocks blocks;
    struct tui_block_page block;
    struct tui_transaction transaction;
    struct tui_decisions decisions;
    struct tui_decision decision; /* one that was asked for by id; its leaf is NULL when there is none */
    struct tui_mandates mandates;
    struct tui_proposals proposals;
    struct tui_proposal_page proposal;
    struct tui_members members;
    struct tui_network network;
    struct tui_offers offers;
    struct tui_orders orders;
    struct tui_events events;
    struct tui_history rates[TUI_RATES];
    struct tui_verdict verdict;
    char *log; /* the end of a process's log; NULL: not read */
    unsigned log_of; /* which: as the supervisor numbers them */
    /* What the last action came to, for the message line; `said` counts them. */
    uint64_t said;
    enum tui_level said_level;
    char said_text[QR_ERROR_TEXT_MAX + QR_ERROR_HINT_MAX];
};

struct tui_data *tui_data_new(void);
void tui_data_free(struct tui_data *data);
void tui_data_freep(struct tui_data **data);

/* Something was written. */
void tui_data_touch(struct tui_data *data);
/* The outcome of an action. */
void tui_data_say(struct tui_data *data, enum tui_level level, const char *format, ...) QR_PRINTF(3, 4);
void tui_data_fail(struct tui_data *data, const struct qr_error *error);

void tui_data_event(struct tui_data *data, int64_t time_ms, enum tui_level level, const char *from, const char *format, ...)
    QR_PRINTF(5, 6);
void tui_data_block_event(struct tui_data *data, int64_t time_ms, uint64_t height, uint32_t transactions, uint32_t decisions);

/* Whether this home runs the service. A home that follows another's ledger neither prices nor sells. */
bool tui_data_runs(const struct tui_data *data, enum qr_service service);
/* Of the processes of this home, those that do not answer, and all. */
unsigned tui_data_away(const struct tui_data *data);
unsigned tui_data_processes(const struct tui_data *data);

/* How long the data of a service has been out of date, in ms: -1 while the service answers or nothing is known of it. */
int64_t tui_data_stale(const struct tui_data *data, enum qr_service service, int64_t now_ms);

/* Counts something that happens now; the history as of now, the present second last; its mean over the last 10 whole seconds in tenths. */
void tui_rate_add(struct tui_data *data, enum tui_rate rate, int64_t now_ms, uint32_t n);
void tui_rate_history(const struct tui_data *data, enum tui_rate rate, int64_t now_ms, uint32_t counts[TUI_HISTORY]);
uint64_t tui_rate_tenths(const struct tui_data *data, enum tui_rate rate, int64_t now_ms);

/* NULL when it is not here. tui_mandate_add returns a new one; the oldest makes room. */
struct tui_mandate *tui_mandate_find(struct tui_data *data, const struct qr_hash *id);
struct tui_mandate *tui_mandate_add(struct tui_data *data, const struct qr_hash *id);
const struct tui_mandate *tui_mandate_of(const struct tui_data *data, const struct qr_hash *id);

/* A decision by id: of the list, or the one that was asked for, whichever knows its block. NULL: neither. */
const struct tui_decision *tui_decision_find(const struct tui_data *data, const struct qr_hash *id);
/* Reads what the list shows from the leaf. False, and nothing changed, for a leaf that does not decode. */
QR_MUST_USE bool tui_decision_set(struct tui_decision *decision, const void *leaf, size_t size);
void tui_decision_done(struct tui_decision *decision);
/* Fills `what` of every decision whose mandate is described. */
void tui_decisions_describe(struct tui_data *data);

const struct tui_proposal *tui_proposal_find(const struct tui_data *data, const struct qr_hash *id);

#endif
