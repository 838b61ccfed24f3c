#!/bin/sh
# A home that follows another's ledger: it executes and signs every block, from nothing, after a restart and after kill -9; receipts carry
# both signatures; a ledger that was put back and went another way is noticed by the follower and by whoever looks.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

peer=$top_build/tests/system/peer

leader=$work/leader
follower=$work/follower
at() { # HOME COMMAND...: the command in that home
    place=$1
    shift
    quorate --home "$place" "$@"
}
head_of() { at "$1" ledger head --json | jq -r '[.height, .app_hash, .log_root] | join(" ")'; }
same_head() {
    a=$(head_of "$leader") && b=$(head_of "$follower") && [ -n "$a" ] && [ "$a" = "$b" ]
}
state_of() { at "$1" status --json | jq -r '.services[] | select(.name == "ledgerd") | .state'; }
is_in() { [ "$(state_of "$1")" = "$2" ]; }
metric() { at "$1" status --json | jq -r ".services[] | select(.name == \"ledgerd\") | .metrics.$2"; }
pid_in() { at "$1" status --json | jq -r '.services[] | select(.name == "ledgerd") | .pid'; }
height_of() { at "$1" ledger head --json | jq -r .height; }
audits() { # HOME WHAT
    run quorate --home "$1" ledger audit --json
    expect 0 "$2" '.ok == true'
}
fare() { at "$leader" search DEL BOM +7 --json 2>/dev/null | jq -r '.offers[0].decision'; }

# ---- a home for it ----
QUORATE_HOME=$leader
export QUORATE_HOME
run quorate init --set upgrade.voting_seconds=600 --set upgrade.timelock_seconds=1
expect 0 'a leader'
run quorate --home "$follower" init --join "$work/nowhere" --name second --json
expect_error 2 no_home 'a home that is not there cannot be joined'
run quorate --home "$follower" init --join "$leader" --json
expect_error 2 usage 'a node that joins has a name'
run quorate --home "$follower" init --join "$leader" --name '../x' --json
expect_error 2 bad_input 'that is one'
run quorate --home "$follower" init --join "$leader/genesis.qrg" --name second --json
expect_error 2 usage 'a genesis file alone does not say where the ledger is'
run quorate --home "$follower" init --join "$leader" --name second --members A,B --json
expect_error 2 usage 'members are the ledger'\''s'
check 'and nothing was made' test ! -e "$follower"
run quorate --home "$follower" init --join "$leader" --name second --json
expect 0 'a home that follows' '.follow == "../leader" and (.node_key | length) == 64'
key=$(field .node_key)
check 'it holds no absolute path' sh -c "! grep -rqF '$work' '$follower'"
check 'and no member key' sh -c "! ls '$follower/keys' | grep -q '\.key$'"

# ---- the leader is away ----
run quorate --home "$follower" up --json
expect 0 'it comes up without its leader'
check 'and says what it waits for' wait_for 10 is_in "$follower" waiting_for_leader
run quorate --home "$follower" ledger head --json
expect 0 'it answers what it knows' '.height == 0 and .engine == "follower"'
cp "$leader/keys/Vistara.key" "$follower/keys/"
run quorate --home "$follower" operator appoint node second --key "$key" --as Vistara --json
expect_error 3 unreachable 'nothing can be submitted then'

# ---- live, from nothing ----
up
fare >"$work/first"
has_blocks() { [ "$(height_of "$leader")" -ge 1 ]; }
check 'the first block comes' wait_for 20 has_blocks # before anything else that is submitted
check 'it catches up' wait_for 30 same_head
run quorate --home "$follower" status --json
expect 0 'status says what it is' '.services | length == 2 and (map(.detail) | any(test("follows")))'
run quorate --home "$follower" operator appoint node second --key "$key" --as Vistara --json
expect 0 'what is submitted to it reaches the leader'
appointed=$(field .height)
run quorate --home "$follower" operator list --json
expect 0 'and is here when it is answered' ".operators | any(.key == \"$key\" and .appointed == $appointed)"
run quorate --home "$follower" operator appoint node second --key "$key" --as Vistara --json
expect_error 4 duplicate 'a refusal comes back as it is'

# ---- two signatures ----
first=$(cat "$work/first")
run quorate receipt "$first" --need 2 --wait 20 -o "$work/two.json"
expect 0 'a receipt with both signatures'
run quorate pin -o "$work/pin.json"
run quorate verify "$work/two.json" --pin "$work/pin.json" --need 2 --json
expect 0 'verifies with two of two' '.valid and .need == 2 and (.signers | sort) == ["node", "second"]'
run quorate verify "$work/two.json" --pin "$work/pin.json" --need 3 --json
expect 1 'and not with three' '.valid == false'
run quorate receipt "$first" --need 3 --json
expect_error 4 pending 'three have not signed'
run quorate --home "$follower" receipt "$first" --need 2 --wait 20 -o "$work/two.json"
expect 0 'the follower gives the same'
run quorate --home "$follower" search DEL BOM +7 --json
expect_error 3 unreachable 'it sells nothing'
check 'and sends nobody to `quorate up` for that' jq -e '.error | (.text | contains("follows")) and (.hint | contains("quorate up") | not)' "$out"
jq -c '.nodes |= map(select(.name == "node"))' "$work/pin.json" >"$work/old.json"
run quorate verify "$work/two.json" --pin "$work/old.json" --json
expect 1 'a pin from before it was appointed does not know its signature' '.valid == false'
run quorate receipt "$first" --pin "$work/old.json" -o "$work/one.json"
expect 0 'a receipt for that pin'
run quorate verify "$work/one.json" --pin "$work/old.json" --json
expect 0 'holds' '.valid and .signers == ["node"]'
run quorate pin --need 3 --json
expect_error 2 out_of_range 'a pin cannot need more than there are'
run quorate pin --need 2
expect 0 'but all of them' '.need == 2'
mv "$out" "$work/both.json"
run quorate verify "$work/one.json" --pin "$work/both.json" --json
expect 1 'one signature is not enough for it' '.valid == false'

# ---- the requests ----
run "$peer" "$leader" "$leader/keys/operators/node.key" "$follower/keys/operators/node.key"
expect 0 'signatures, checkpoints, proofs and blocks are asked for as they may be, and as they may not'
check 'and nothing was kept that does not hold' at "$leader" ledger audit
check 'nor anything twice' test "$(metric "$leader" quorate_ledgerd_cosignatures_total)" -le "$(height_of "$leader")"
seed=${QR_TEST_SEED:-$$}
comment "QR_TEST_SEED=$seed"
run "$top_build/tests/system/rubbish" "$follower/run" ledgerd "$seed" 2000
expect 0 'rubbish does it no harm'

# ---- under load, with votes, restarts and kills ----
run quorate model import "$top_src/data/second.json" --features "$top_src/data/features.json" -o "$work/second.qrm" --json
run quorate model publish "$work/second.qrm" --as Vistara --json
expect 0 'a model is published'
run quorate proposal create upgrade --model "$(field .model)" --title Second --as Vistara --json
expect 0 'and proposed'
quorate load --clients 4 --duration 12 --mix search:70,book:20,vote:10 --json >"$work/load.json" 2>"$work/load.err" &
load=$!
grown() { [ "$(height_of "$follower")" -gt "$1" ]; }
check 'it follows while others book and vote' wait_for 20 grown "$((appointed + 20))"
kill -9 "$(pid_in "$follower")"
before=$(height_of "$leader")
check 'after kill -9 it goes on' wait_for 30 grown "$before"
run quorate --home "$follower" down
expect 0 'it ends'
before=$(height_of "$leader")
run quorate --home "$follower" up
expect 0 'and starts again'
check 'from where it was' wait_for 30 grown "$before"
kill -9 "$(pid_in "$leader")"
wait $load
run cat "$work/load.json"
expect 0 'the load went through' '.completed > 0 and (.operations.vote.completed // 0) > 0'
check 'both end at one head' wait_for 60 same_head
check 'without lag' test "$(metric "$follower" quorate_ledgerd_follower_lag_blocks)" = 0
run quorate down
run quorate --home "$follower" down
audits "$leader" 'the leader audits'
audits "$follower" 'and so does the follower'
up
run quorate --home "$follower" up
fare >"$work/last"
run quorate receipt "$(cat "$work/last")" --need 2 --wait 20 --json
expect 0 'it still signs'

# ---- another one, from nothing, to the same head ----
third=$work/third
run quorate --home "$third" init --join "$leader/genesis.qrg" --name third --follow "$follower" --json
expect 0 'a home that follows the one that follows'
quorate-ledgerd --home "$third" 2>"$work/third.log" &
third_pid=$!
third_has_head() { [ "$(head_of "$third")" = "$(head_of "$leader")" ]; }
check 'comes to the same head' wait_for 60 third_has_head
kill "$third_pid"
wait "$third_pid"
check 'and ends cleanly' test $? = 0
audits "$third" 'what it kept holds, signed by others: it was never in office'

# ---- a leader that gives what does not hold ----
fourth=$work/fourth
run quorate --home "$fourth" init --join "$leader" --name fourth --json
run "$peer" --flip "$leader" 5
expect 0 'a bit of block 5 is another'
quorate-ledgerd --home "$fourth" 2>"$work/fourth.log" &
fourth_pid=$!
check 'a follower stops at a block that does not hold' wait_for 60 is_in "$fourth" stopped_by_invalid_block
run quorate --home "$fourth" ledger head --json
expect 0 'and keeps what held' '.height == 4'
run quorate --home "$fourth" status --json
expect 0 'it names the block' '.services[0].detail | test("block 5 ")'
kill "$fourth_pid"
wait "$fourth_pid"
run "$peer" --flip "$leader" 5
rm -rf "$fourth"

# ---- and one whose clock is ahead ----
run quorate down
run "$peer" --ahead "$leader" 14
expect 0 'a block from the future'
ahead=$(cat "$out")
run quorate --home "$follower" up
up
check 'is not executed before its time' wait_for 20 is_in "$follower" waiting_for_clock
check 'nor signed' test "$(height_of "$follower")" -lt "$ahead"
check 'but then' wait_for 30 grown $((ahead - 1))
check 'as all that follow' wait_for 30 same_head

# ---- over tcp, encrypted ----
run quorate down
port=$((20000 + $$ % 20000))
sed -i "s|^\[ledgerd\]|[ledgerd]\nlisten = tcp://127.0.0.1:$port|" "$leader/quorate.ini"
transport_key() { sed -n 's/.*public-key = "\(.*\)"/\1/p' "$1/keys/transport"; }
far=$work/far
run quorate --home "$far" init --join "$leader/genesis.qrg" --name far --follow "tcp://127.0.0.1:$port" \
    --follow-key "$(transport_key "$leader")" --json
expect 0 'a home that follows over tcp' ".follow == \"tcp://127.0.0.1:$port\""
run quorate --home "$work/plain" init --join "$leader/genesis.qrg" --name plain --follow tcp://192.0.2.1:4000 --json
run timeout 20 quorate-ledgerd --home "$work/plain"
expect 4 'plain tcp to another machine is refused'
up
quorate-ledgerd --home "$far" 2>"$work/far.log" &
far_pid=$!
far_has_head() { [ "$(head_of "$far")" = "$(head_of "$leader")" ]; }
check 'is not let in without its certificate' wait_for 20 is_in "$far" waiting_for_leader
cp "$far/keys/transport" "$leader/keys/peers/far"
check 'and comes to the same head with it' wait_for 60 far_has_head
kill "$far_pid"
wait "$far_pid"
check 'and ends cleanly' test $? = 0

# ---- what was seen ----
run quorate ledger checkpoint -o "$work/then.checkpoint"
expect 0 'a checkpoint'
run quorate ledger check --json
expect 0 'what was seen is continued' '.ok and .head.log_size >= .seen.log_size'
run quorate ledger check --against "$work/then.checkpoint" --json
expect 0 'so is what somebody else was shown' '.ok and .seen.height <= .head.height'
sed '/^—/d' "$work/then.checkpoint" >"$work/unsigned.checkpoint"
run quorate ledger check --against "$work/unsigned.checkpoint" --json
expect_error 4 bad_signature 'what nobody signed was shown by nobody'
run quorate ledger check --against "$work/pin.json" --json
expect_error 2 malformed 'and another file is no checkpoint'
check 'of which it is said how to get one' jq -e '.error.hint | contains("ledger checkpoint -o")' "$out"
run quorate down
run quorate --home "$follower" down
mkdir "$work/copy"
cp "$leader"/ledgerd.db* "$leader"/priced.* "$leader"/reserved.* "$work/copy/"
up
run quorate --home "$follower" up
for i in 1 2 3; do # a block each
    before=$(height_of "$leader")
    fare >/dev/null
    check 'the ledger grows' wait_for 20 sh -c "[ \"\$('$peer' --height '$leader')\" -gt $before ]"
done
run quorate ledger checkpoint -o "$work/now.checkpoint"
run quorate ledger consistency "$work/then.checkpoint" "$work/now.checkpoint" -o "$work/proof.json" --json
expect 0 'the later one continues the earlier one' '.consistent and .relation == "grown" and (.signed_both | index("node"))'
run env QUORATE_HOME=/nonexistent quorate ledger consistency "$work/then.checkpoint" "$work/now.checkpoint" --pin "$work/pin.json" \
    --proof "$work/proof.json" --json
expect 0 'which can be checked without a home' '.consistent'
jq -c '.path[0] = (.path[0] | explode | .[0] = (if .[0] == 48 then 49 else 48 end) | implode)' "$work/proof.json" >"$work/forged.json"
run env QUORATE_HOME=/nonexistent quorate ledger consistency "$work/then.checkpoint" "$work/now.checkpoint" --pin "$work/pin.json" \
    --proof "$work/forged.json" --json
expect 1 'and not with another proof' '.consistent == false and .relation == "rewritten"'
check 'the follower has it too' wait_for 30 same_head

# ---- the leader is put back, and goes another way ----
run quorate down
rm -f "$leader"/ledgerd.db* "$leader"/priced.* "$leader"/reserved.*
cp "$work"/copy/* "$leader/"
up
run quorate ledger head --json
expect 1 'whoever looks is told that it was shortened' '.error.code == "forked" and (.error.text | test("shortened"))'
check 'the follower sees that blocks are missing' wait_for 30 is_in "$follower" leader_behind
fare >/dev/null
check 'the follower diverges at the first other block, and says so' wait_for 30 is_in "$follower" diverged
check 'while the leader is still behind it' test "$("$peer" --height "$leader")" -lt "$(height_of "$follower")"
check 'the leader books on' wait_for 30 sh -c "for i in 1 2 3; do quorate --home '$leader' search DEL BOM +7 >/dev/null 2>&1; done; [ \"\$('$peer' --height '$leader')\" -gt \"\$(sed -n '4s/height //p' '$work/now.checkpoint')\" ]"
run quorate ledger check --json
expect_error 1 forked 'whoever looks is told that it was rewritten'
run quorate receipt "$first" --json
expect_error 1 forked 'and gets no receipt from it'
check 'what was seen is kept' test -s "$leader/seen.checkpoint"
contradiction() { # SEEN SHOWN
    run env QUORATE_HOME=/nonexistent quorate ledger consistency "$1" "$2" --pin "$work/pin.json" --json
}
height_in() { sed -n '4s/height //p' "$1"; }
check 'the first evidence, that it was shortened, is still there' \
    test "$(height_in "$leader/evidence/shown.checkpoint")" -lt "$(height_in "$leader/evidence/seen.checkpoint")"
for pair in "$leader/evidence/seen-2.checkpoint $leader/evidence/shown-2.checkpoint" \
    "$follower/evidence/seen.checkpoint $follower/evidence/shown.checkpoint"; do
    contradiction ${pair% *} ${pair#* }
    expect 1 'both checkpoints prove it against the node' '.relation == "equivocation" and (.signed_both | index("node"))'
done
cp "$follower/evidence/shown.checkpoint" "$work/"
run quorate --home "$follower" ledger check --against "$work/now.checkpoint" --json
expect 0 'the follower still has what was shown' '.ok'
rm "$leader/seen.checkpoint" "$leader/evidence/"*
run quorate ledger check --json
expect 0 'who has seen nothing is told of nothing' '.ok and .seen == null'
run quorate ledger check --against "$work/now.checkpoint" --json
expect_error 1 forked 'but of what another was shown'
contradiction "$leader/evidence/seen.checkpoint" "$leader/evidence/shown.checkpoint"
expect 1 'with both checkpoints' '.relation == "equivocation" and (.signed_both | index("node"))'
signed=$(metric "$follower" quorate_ledgerd_follower_height)
run quorate --home "$follower" operator appoint node fourth --key "$(printf '%064d' 7)" --as Vistara --json
expect_error 4 refused 'nothing is submitted through it any more'
run quorate --home "$follower" ledger head --json
expect 0 'it keeps what it has' ".height == $signed"
audits "$follower" 'which holds'
run quorate --home "$follower" down
run quorate --home "$follower" up
check 'after a restart it says the same' wait_for 30 is_in "$follower" diverged
check 'and what it kept first is as it was' cmp "$follower/evidence/shown.checkpoint" "$work/shown.checkpoint"

check 'no sanitizer had anything to say' sh -c "! grep -lE 'Sanitizer|runtime error' '$leader'/log/* '$follower'/log/* '$work'/*.log"

finish
