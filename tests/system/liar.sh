#!/bin/sh
# A home that follows a leader which lies, once in each way: it keeps no such block, signs none, says what is wrong, and its ledger holds.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

liar=$top_build/tests/system/liar
honest=$work/honest
state_of() { quorate --home "$1" status --json 2>/dev/null | jq -r '.services[] | select(.name == "ledgerd") | .state'; }
is_in() { [ "$(state_of "$1")" = "$2" ]; }
has_block() { [ "$(quorate --home "$1" ledger head --json 2>/dev/null | jq -r .height)" = 1 ]; }

run quorate --home "$honest" init
expect 0 'a ledger'
run quorate --home "$work/model" init --join "$honest" --name node
expect 0 'a home that follows'
cp "$honest/keys/operators/node.key" "$work/model/keys/operators/" # a node in office: whatever it executes it would sign

# A follower holds 32 MiB of what waits, and asks for more at once as long as it would hold it.
given() { sed -n '$s/gave //p' "$work/signed-flood"; }
has_given() { [ "$(given)" -ge "$1" ]; }
check_flood() {
    check 'flood: blocks are fetched while none can be executed' wait_for 20 has_given 30000000
    for i in 1 2 3 4 5 6 7 8 9 10; do
        state_of "$1" >/dev/null
    done
    check 'flood: and no more of them, notes included, than a follower holds' test "$(given)" -lt 40000000
}

# follow LIE STATE HEIGHT
follow() {
    lie=$1
    home=$work/$lie
    "$liar" "$honest" "$work/false-$lie" "$lie" >"$work/signed-$lie" 2>"$work/liar.err" &
    liar_pid=$!
    wait_for 20 test -S "$work/false-$lie/run/ledgerd.sock"
    cp -r "$work/model" "$home"
    quorate-ledgerd --home "$home" --follow "$work/false-$lie" 2>"$work/log-$lie" &
    follower_pid=$!
    check "$lie: $2" wait_for 30 is_in "$home" "$2"
    [ "$3" = 0 ] || check "$lie: the block is kept" wait_for 20 has_block "$home"
    [ "$3" = 0 ] || check "$lie: and signed" wait_for 20 grep -qx 'signed 1' "$work/signed-$lie"
    run quorate --home "$home" ledger head --json
    expect 0 "$lie: at height $3" ".height == $3"
    [ $lie != flood ] || check_flood "$home"
    if [ "$3" = 1 ]; then
        run quorate --home "$home" ledger checkpoint -o "$work/one.checkpoint"
    else
        run quorate --home "$home" ledger check --against "$work/one.checkpoint" --json
        expect_error 4 pending "$lie: a checkpoint of a block that is not here is no contradiction"
    fi
    kill "$follower_pid"
    wait "$follower_pid"
    check "$lie: it ends cleanly" test $? = 0
    [ "$3" != 0 ] || check "$lie: nothing was signed" test "$(grep -c signed "$work/signed-$lie")" = 0
    kill "$liar_pid"
    wait "$liar_pid" 2>/dev/null
    run quorate --home "$home" ledger audit --json
    expect 0 "$lie: what is here holds" ".ok and .height == $3"
}

follow none running 1
follow ahead waiting_for_clock 0
follow flood waiting_for_clock 0
follow previous diverged 0
follow head diverged 0
for lie in application log root transaction height size long piece bytes note unsigned stranger another; do
    follow $lie stopped_by_invalid_block 0
    check "$lie: and says why" grep -q 'following ends' "$work/log-$lie"
done
for lie in note unsigned stranger another; do
    check "$lie: that nobody signed the block" grep -q 'no node in office signed it' "$work/log-$lie"
done

finish
