#ifndef QR_SERVICES_GOVERND_SHOWN_H
#define QR_SERVICES_GOVERND_SHOWN_H

#include "services/governd/mirror.h"

/* A proposal as a message, with what it points into. Where it is placed it must stay. */
struct shown {
    struct qr_proposal proposal;
    Quorate__Proposal message;
    Quorate__ProposedValidator validator;
    Quorate__Tally tally;
    struct qr_ballot *ballots;
    Quorate__Ballot *ballot_messages;
    Quorate__Ballot **ballot_list;
    struct qr_member *missing;
    char **missing_list;
};

/* `with_ballots`: also who voted what, and who has not. */
void shown_fill(struct shown *shown, const struct governd *governd, const struct qr_proposal *proposal,
                bool with_ballots);
void shown_done(struct shown *shown);

#endif
