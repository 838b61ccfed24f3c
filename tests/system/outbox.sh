#!/bin/sh
# Bookings when others are away: shown offers can be booked without pricing and without the ledger, searches go on without the ledger,
# and a booking's decision reaches the ledger even when pricing's journal is lost.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

start() { # DAEMON
    "quorate-$1" --home "$QUORATE_HOME" 2>>"$QUORATE_HOME/log/$1.log" &
    eval "$1=$!"
}
end() { # DAEMON
    eval "process=\$$1"
    kill "${2:--TERM}" "$process"
    wait "$process" 2>/dev/null
}
found() { quorate search DEL BOM +7 --json; }
recorded() { [ "$(quorate explain "$1" --json | jq -r .state)" = recorded ]; }
offers() { # N: ids of as many fresh offers
    quorate search DEL BOM +7 --json | jq -r "[.offers[:$1][].offer] | join(\" \")"
}

new_home
start ledgerd
start priced
start reserved
check 'a search finds offers' wait_for 20 found
set -- $(offers 3)

# ---- without the ledger ----
end ledgerd
run quorate book "$1" --name DOE/JANE --json
expect 0 'a shown offer is booked while the ledger is away' '.state == "confirmed" and .height == null'
first=$(field .decision)
run quorate search DEL BLR +9 --json
expect 0 'searches go on' '.offers | length > 0'
fresh=$(field '.offers[0].offer')
run quorate explain "$(field '.offers[0].decision')" --json
expect 0 'and are explained' '.state == "pending" and .height == null and .base + ([.lines[].amount] | add) == .fare'
run quorate book "$fresh" --name DOE/JOHN --json
expect 0 'and booked' '.state == "confirmed"'
lost=$(field .decision)

# ---- without pricing, whose journal is lost with decisions that no block holds ----
end priced -KILL
run quorate search DEL BLR +9 --json
expect_error 3 unreachable 'a search says that pricing is away'
run quorate book "$2" --name DOE/RICHARD --json
expect 0 'a shown offer is booked while pricing is away' '.state == "confirmed"'
rm "$QUORATE_HOME/priced.db"

# ---- and back ----
start ledgerd
start priced
check 'the first decision is recorded' wait_for 20 recorded "$first"
check 'the decision that was in no journal any more is recorded' wait_for 20 recorded "$lost"
check 'searches work again' wait_for 20 found
run quorate receipt "$lost" -o "$work/receipt.json" --wait 10
expect 0 'it has a receipt'
run quorate pin -o "$work/pin.json"
run quorate verify "$work/receipt.json" --pin "$work/pin.json" --json
expect 0 'which is valid' '.valid'

# ---- a restart forgets nothing ----
end reserved -KILL
start reserved
check 'reserved is back' wait_for 20 found
run quorate book "$3" --name ROE/MARY --key again --json
locator=$(field .locator)
end reserved -KILL
start reserved
check 'and back again' wait_for 20 found
run quorate book "$3" --name ROE/MARY --key again --json
expect 0 'a key gives the same order after kill -9' ".locator == \"$locator\" and .replayed"
run quorate book "$3" --name ROE/MARK --key again --json
expect_error 4 key_conflict 'and with another name is a conflict'
run quorate order show "$locator" --surname roe --json
expect 0 'the order is shown' '.state == "confirmed"'
run quorate order cancel "$locator" --surname ROE --json
expect 0 'and cancelled' '.state == "cancelled"'
run quorate order cancel "$locator" --surname ROE --json
expect 0 'twice, which changes nothing' '.state == "cancelled"'
for guess in 1 2 3 4 5 6; do run quorate order show "$locator" --surname nobody --json; done
expect_error 4 rate_limited 'guessing is limited'

for daemon in reserved priced ledgerd; do
    eval "process=\$$daemon"
    kill "$process"
    wait "$process"
    check "$daemon ends cleanly" test $? = 0
done
run quorate ledger audit --json
expect 0 'the audit holds' '.ok and .orders >= 5'
finish
