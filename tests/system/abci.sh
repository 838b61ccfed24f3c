#!/bin/sh
# quorate-ledgerd as the application of CometBFT, asked by a peer that stands in for it: blocks, a kill at every step between them, and
# every abuse of the socket. Needs no CometBFT.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

peer=$top_build/tests/system/abci
seed=${QR_TEST_SEED:-$(date +%s)}
count=${QR_RUBBISH:-400}
growth_max=16384 # KiB: what an allocator may keep
comment "QR_TEST_SEED=$seed"

run quorate --home "$work/net" init --engine cometbft --members A,B,C,D
expect 0 'init makes four homes'
QUORATE_HOME=$work/net/A
export QUORATE_HOME
genesis=$QUORATE_HOME/cometbft/config/genesis.json
socket=$QUORATE_HOME/run/abci.sock

serve() {
    quorate-ledgerd --home "$QUORATE_HOME" 2>>"$work/ledgerd.log" &
    ledgerd=$!
    wait_for 20 quorate ledger head # which the socket of a killed one is no sign of
}
alive() { kill -0 "$ledgerd"; }

serve
run "$peer" play "$socket" "$genesis" 5
expect 0 'five empty blocks'
check 'stand at height 5' grep -q '^5 ' "$out"
hash=$(cut -d' ' -f2 "$out")
run quorate ledger head --json
expect 0 'and the ledger says the same' ".height == 5 and .app_hash == \"$hash\" and .engine == \"cometbft\""

"$peer" open "$socket" "$genesis" >"$work/open" &
wait_for 20 test -s "$work/open"
check 'a block that is executed but not committed' grep -q "$hash" "$work/open"
kill -9 $ledgerd
wait $ledgerd 2>/dev/null
serve
run "$peer" play "$socket" "$genesis" 0
check 'is gone after kill -9' grep -q "^5 $hash" "$out"
"$peer" open "$socket" "$genesis" >"$work/open" &
gone=$!
wait_for 20 test -s "$work/open"
kill -9 $gone
run "$peer" play "$socket" "$genesis" 1
check 'and is undone when the engine goes away' grep -q "^6 $hash" "$out"

run "$peer" attack "$socket" "$genesis" "$seed" "$count"
expect 0 'every abuse is answered or cut off'
before=$(rss_of $ledgerd)
run "$peer" attack "$socket" "$genesis" $((seed + 1)) "$count"
expect 0 'and so is more of it'
after=$(rss_of $ledgerd)
comment "$before KiB, then $after KiB"
check 'by the same process' alive
check 'whose memory stays flat' [ "$((after - before))" -le $growth_max ]
run "$peer" play "$socket" "$genesis" 1
check 'and which goes on' grep -q "^7 $hash" "$out"
kill $ledgerd
wait $ledgerd
check 'ends when told' [ $? = 0 ]
run quorate ledger audit --json
expect 0 'nothing on the ledger is wrong' '.ok == true and .height == 7'
check 'no sanitizer complained' sh -c "! grep -E 'Sanitizer|runtime error:' '$work/ledgerd.log'"
finish
