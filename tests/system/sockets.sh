#!/bin/sh
# Rubbish, abuse and storms on a service's sockets change nothing: it answers on, the same process, with flat memory.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

rubbish=$top_build/tests/system/rubbish
stream=$top_build/tests/system/stream
seed=${QR_TEST_SEED:-$(date +%s)}
count=${QR_RUBBISH:-2000}
rounds=${QR_RUBBISH_ROUNDS:-6}
# AddressSanitizer would keep what was freed, up to 256 MiB, and pass for a leak.
ASAN_OPTIONS=quarantine_size_mb=0:thread_local_quarantine_size_kb=0
export ASAN_OPTIONS
growth_max=16384 # KiB: what an allocator may keep of a storm
comment "QR_TEST_SEED=$seed"

# asked NAME: requests that the service has taken so far, malformed ones too.
asked() {
    quorate status --json | jq ".services[] | select(.name == \"$1\") | .metrics
        | .quorate_requests_total + .quorate_requests_malformed_total"
}
# What was sent is answered when asking twice finds nothing but the askers between.
drained() {
    first=$(asked "$1") && second=$(asked "$1") && [ $((second - first)) -le 20 ]
}
memory() { # NAME: once it has nothing to do any more
    wait_for 60 drained "$1"
    rss_of "$(pid_of "$1")"
}

ulimit -S -n 1024 2>/dev/null # what most systems give; services take what they may
new_home
up
run quorate search DEL BOM +7 --json
expect 0 'a search before'
height=$(quorate ledger head --json | jq .height)
for service in ledgerd governd priced reserved; do
    pid=$(pid_of $service)
    requests=$QUORATE_HOME/run/$service.sock events=$QUORATE_HOME/run/$service.events
    run "$rubbish" "$QUORATE_HOME/run" $service "$seed" "$count"
    expect 0 "$service answers after rubbish"
    run "$stream" requests "$requests" "$seed" 300
    before=$(memory $service)
    round=0 taken=
    while [ $round -lt "$rounds" ]; do
        round=$((round + 1))
        "$stream" requests "$requests" $((seed + round)) 300 && "$stream" events "$events" $((seed + round)) 1000 ||
            verdict 1 "$service accepts connections"
        after=$(memory $service)
        taken="$taken $after"
    done
    run "$rubbish" "$QUORATE_HOME/run" $service $((seed + 1)) "$count"
    expect 0 "$service answers after $rounds rounds of abuse"
    comment "$service: $before KiB, then$taken"
    check "$service is the same process" [ "$(pid_of $service)" = "$pid" ]
    check "$service keeps its memory flat" [ "$((after - before))" -le $growth_max ]
done

# thousands of connections at once
for socket in sock events; do
    pid=$(pid_of ledgerd)
    run "$stream" hold "$QUORATE_HOME/run/ledgerd.$socket" "$seed" 3000
    expect 0 "thousands of connections to ledgerd.$socket"
    before=$(memory ledgerd)
    run "$stream" hold "$QUORATE_HOME/run/ledgerd.$socket" "$seed" 3000
    expect 0 'and again'
    after=$(memory ledgerd)
    comment "ledgerd: $before KiB, then $after KiB"
    check 'do not end it' [ "$(pid_of ledgerd)" = "$pid" ]
    check 'and cost it nothing when they are gone' [ "$((after - before))" -le $growth_max ]
done

# subscribers that read nothing; recording, which a request among the rubbish may have turned off, is on after a start
down
up
"$stream" deaf "$QUORATE_HOME/run/ledgerd.events" "$seed" 50 &
deaf=$!
"$stream" deaf "$QUORATE_HOME/run/priced.events" "$seed" 50 &
deaf="$deaf $!"
i=0
while [ $i -lt 10 ]; do
    i=$((i + 1))
    offer=$(first_offer)
done
run quorate book "$offer" --name DOE/JANE --json
expect 0 'subscribers that read nothing keep nobody from booking'
run quorate receipt "$(field .decision)" --wait 20 --json
expect 0 'nor from a receipt that waits for its block'
kill $deaf 2>/dev/null
wait $deaf 2>/dev/null

run quorate search DEL BOM +7 --json
expect 0 'a search after' '.offers | length > 0'
run quorate ledger head --json
expect 0 'the ledger stands' ".height >= $height"
down
expect 0 'down ends all'
for service in ledgerd governd priced reserved; do # something else lies where sockets belong
    echo stale >"$QUORATE_HOME/run/$service.sock"
    echo stale >"$QUORATE_HOME/run/$service.events"
done
up
run quorate search DEL BOM +7 --json
expect 0 'files left in the place of sockets are no hindrance' '.offers | length > 0'
down
run quorate ledger audit --json
expect 0 'and nothing on it is wrong' '.ok == true'
check 'no sanitizer complained' sh -c "! grep -lE 'AddressSanitizer|runtime error:' '$QUORATE_HOME'/log/*.log"
finish
