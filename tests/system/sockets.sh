#!/bin/sh
# Rubbish sent to a service's sockets changes nothing: it answers on, the same process, with flat memory.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

rubbish=$top_build/tests/system/rubbish
seed=${QR_TEST_SEED:-$(date +%s)}
count=${QR_RUBBISH:-2000}
growth_max=16384 # KiB: what an allocator may keep
comment "QR_TEST_SEED=$seed"

new_home
up
run quorate search DEL BOM +7 --json
expect 0 'a search before'
height=$(quorate ledger head --json | jq .height)
for service in ledgerd governd priced reserved; do
    pid=$(pid_of $service)
    run "$rubbish" "$QUORATE_HOME/run" $service "$seed" "$count"
    expect 0 "$service answers after rubbish"
    before=$(rss_of "$pid")
    run "$rubbish" "$QUORATE_HOME/run" $service $((seed + 1)) "$count"
    expect 0 "$service answers after more of it"
    after=$(rss_of "$pid")
    comment "$service: $before KiB, then $after KiB"
    check "$service is the same process" [ "$(pid_of $service)" = "$pid" ]
    check "$service keeps its memory flat" [ "$((after - before))" -le $growth_max ]
done
run quorate search DEL BOM +7 --json
expect 0 'a search after' '.offers | length > 0'
run quorate ledger head --json
expect 0 'the ledger stands' ".height >= $height"
down
expect 0 'down ends all'
run quorate ledger audit --json
expect 0 'and nothing on it is wrong' '.ok == true'
check 'no sanitizer complained' sh -c "! grep -lE 'AddressSanitizer|runtime error:' '$QUORATE_HOME'/log/*.log"
finish
