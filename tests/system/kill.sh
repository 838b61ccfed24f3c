#!/bin/sh
# kill -9 of each daemon, again and again, in the middle of bookings. Afterwards: nothing acknowledged is lost, a repeated key gives the
# same order, no seat is sold twice, every decision of an order is on the ledger, and an audit reaches the same state.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

bookers=3
rounds=${QR_KILL_ROUNDS:-2} # of killing each daemon once
seed=${QR_TEST_SEED:-$(date +%s)}
comment "QR_TEST_SEED=$seed"

# booker N: books the flight with the fewest seats left, again and again. A booking without an answer is asked for again under its
# key until there is one; what was answered is kept.
booker() {
    n=0
    while [ ! -e "$work/stop" ]; do
        n=$((n + 1))
        offer=$(quorate search DEL BOM +3 --json 2>/dev/null | jq -r '[.offers[]? | select(.seats_left > 0)] | min_by(.seats_left) | .offer') || continue
        [ -n "$offer" ] && [ "$offer" != null ] || continue
        while :; do
            quorate book "$offer" --name "B$1/N$n" --key "b$1-$n" --json >"$work/answer.$1" 2>/dev/null
            case $? in
            0)
                jq -c --arg key "b$1-$n" --arg name "B$1/N$n" '. + {key: $key, name: $name}' "$work/answer.$1" >>"$work/booked.$1"
                break
                ;;
            3) [ ! -e "$work/abandon" ] || break ;;
            4) break ;;
            *)
                cat "$work/answer.$1" >>"$work/odd"
                break
                ;;
            esac
        done
    done
}

new_home
up
i=0
while [ $i -lt $bookers ]; do
    i=$((i + 1))
    booker $i &
done
booked() { cat "$work"/booked.* 2>/dev/null | wc -l; }
more_than() { [ "$(booked)" -gt "$1" ]; }
check 'bookings come in' wait_for 20 more_than 5

back() { # SERVICE OLD-PID: it runs again, as another process
    new=$(pid_of "$1")
    [ -n "$new" ] && [ "$new" != null ] && [ "$new" != "$2" ] && kill -0 "$new"
}
round=0
while [ $round -lt "$rounds" ]; do
    round=$((round + 1))
    for service in reserved priced ledgerd governd; do
        had=$(booked)
        old=$(pid_of $service)
        seed=$(((seed * 1103515245 + 12345) % 2147483648))
        wait_for 15 more_than $((had + seed / 65536 % 4)) # a moment that differs each time, told by bookings and not by a clock
        kill -9 "$old"
        check "$service is back after kill -9" wait_for 10 back $service "$old"
        check 'and bookings go on' wait_for 30 more_than $((had + 6))
    done
done
old=$(pid_of reserved)
kill -9 $(for service in ledgerd governd priced reserved; do pid_of $service; done)
check 'all four are back after kill -9 of all' wait_for 15 back reserved "$old"
had=$(booked)
check 'and bookings go on' wait_for 30 more_than $((had + 6))
: >"$work/stop"
sleep 0.2
: >"$work/abandon"
wait
comment "$(booked) bookings were acknowledged"
[ ! -s "$work/odd" ] || comment "$(sort "$work/odd" | uniq -c | head)"
check 'every answer was a booking, a refusal, or no answer' [ ! -s "$work/odd" ]

cat "$work"/booked.* >"$work/booked"
check 'no locator was given twice' [ -z "$(jq -r .locator "$work/booked" | sort | uniq -d)" ]
check 'no offer was booked twice' [ -z "$(jq -r .offer "$work/booked" | sort | uniq -d)" ]
lost=0 other=0
while IFS= read -r order; do
    locator=$(printf '%s' "$order" | jq -r .locator)
    fare=$(printf '%s' "$order" | jq -r .fare)
    name=$(printf '%s' "$order" | jq -r .name)
    run quorate order show "$locator" --surname "${name%%/*}" --json
    [ "$status" = 0 ] && [ "$(field .state)" = confirmed ] && [ "$(field .fare)" = "$fare" ] || {
        lost=$((lost + 1))
        show_run
    }
    run quorate book "$(printf '%s' "$order" | jq -r .offer)" --name "$name" --key "$(printf '%s' "$order" | jq -r .key)" --json
    [ "$status" = 0 ] && [ "$(field .locator)" = "$locator" ] || other=$((other + 1))
done <"$work/booked"
check 'no acknowledged order is lost' [ $lost = 0 ]
check 'a repeated key answers the same order' [ $other = 0 ]
last=$(tail -n 1 "$work/booked" | jq -r .decision)
recorded() { quorate explain "$last" --json >"$out" && [ "$(field .state)" = recorded ]; }
check 'the last decision is recorded' wait_for 30 recorded
pending=0
for decision in $(jq -r .decision "$work/booked"); do
    run quorate receipt "$decision" --wait 20 -o "$work/receipt"
    [ "$status" = 0 ] || pending=$((pending + 1))
done
check 'every decision of an order has its receipt' [ $pending = 0 ]
run quorate pin -o "$work/pin"
run quorate verify "$work/receipt" --pin "$work/pin" --json
expect 0 'and a receipt is valid' '.valid == true'
run quorate ledger head --json
head_hash=$(field .app_hash)
down
expect 0 'down ends all'
seats() { sqlite3 "$QUORATE_HOME/reserved.db" "$1"; }
check 'no seat is sold twice' [ "$(seats 'SELECT count(*) FROM inventory WHERE sold > capacity')" = 0 ]
check 'each seat sold is an order or was sold before' [ "$(seats 'SELECT count(*) FROM inventory WHERE sold !=
    presold + (SELECT count(*) FROM orders WHERE orders.departure = inventory.departure)')" = 0 ]
check 'every order was acknowledged or can be asked for' [ "$(seats 'SELECT count(*) FROM orders')" -ge "$(wc -l <"$work/booked")" ]
check 'nothing waits to be recorded' [ "$(seats 'SELECT count(*) FROM unrecorded')" = 0 ]
run quorate ledger audit --json
expect 0 'the audit holds' ".ok == true and .orders >= $(wc -l <"$work/booked")"
comment "head $head_hash, audit $(field .app_hash) at $(field .height)"
finish
