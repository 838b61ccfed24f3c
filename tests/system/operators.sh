#!/bin/sh
# Operators appointed and dismissed from the command line, what an operator may do before and after, and what a ledger of one
# organisation says to a vote on validators. Needs ledgerd and governd alone.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

start() { # DAEMON
    "quorate-$1" --home "$QUORATE_HOME" 2>>"$QUORATE_HOME/log/$1.log" &
    eval "$1=$!"
}
governed() { quorate member list --json; }
hex() { printf "$1%.0s" $(seq 1 64); }
one_of() { # NAME JQ: the one operator of this name in the list
    run quorate operator list --json
    expect 0 "the list shows $1" "[.operators[] | select(.name == \"$1\")] | length == 1 and (.[0] | $2)"
}

new_home
start ledgerd
start governd
wait_for 20 governed || verdict 1 'ledgerd and governd answer'

# ---- the genesis' operators ----
run quorate operator list --json
expect 0 'the operators of the genesis are listed' '[.operators[].kind] | sort == ["agent", "node", "pricing", "reservation"]'
expect 0 'all of them in office since the start' 'all(.operators[]; .appointed == 0 and .dismissed == null and (.key | length) == 64)'
expect 0 'with the member that answers for each' 'all(.operators[]; .member | length > 0)'
pricing=$(field '.operators[] | select(.kind == "pricing") | .key')
run quorate operator list
expect 0 'also as a table'
check 'with a row each' [ "$(wc -l <"$out")" = 5 ]

# ---- appoint ----
key=$(hex a)
run quorate operator appoint agent night --key "$key" --as Vistara --json
expect 0 'a member appoints an agent' ".kind == \"agent\" and .name == \"night\" and .key == \"$key\" and .member == \"Vistara\" and .height > 0"
height=$(field .height)
one_of night ".kind == \"agent\" and .key == \"$key\" and .member == \"Vistara\" and .appointed == $height and .dismissed == null"
run quorate ledger show "$height" --json
expect 0 'the block says who did it' '.transactions | any(.kind == "appoint" and .signer == "Vistara")'
run quorate operator appoint agent other --key "$key" --as Vistara --json
expect_error 4 duplicate 'a key is appointed once'
run quorate operator appoint agent other --key "$pricing" --as Vistara --json
expect_error 4 duplicate 'a key that another operator has is refused'
run quorate operator appoint agent other --key "$(quorate member list --json | jq -r '.members[0].key')" --as Vistara --json
expect_error 4 duplicate 'so is a key of a member'
run quorate operator appoint agent night --key "$(hex b)" --as Indigo --json
expect_error 4 duplicate 'a name is taken within its kind'
run quorate operator appoint node night --key "$(hex b)" --as Indigo --json
expect 0 'but free in another kind' '.kind == "node" and .member == "Indigo"'
run quorate operator appoint agent other --key "$(hex c)" --as Nobody --json
expect_error 4 not_a_member 'who is no member appoints nobody'

# ---- wrong words ----
for words in 'agent' 'member x' 'clerk x' 'agent a/b' 'agent x y'; do
    run quorate operator appoint $words --key "$(hex d)" --as Vistara --json
    expect 2 "appoint $words is refused" '.error.text | length > 0'
done
run quorate operator appoint agent x --as Vistara --json
expect 2 'an appointment needs a key' '.error.text | length > 0'
for bad in '' xyz "$(hex d)d" "$(hex d | cut -c 2-)g"; do
    run quorate operator appoint agent x --key "$bad" --as Vistara --json
    expect 2 "the key '$(printf %.8s "$bad")...' is refused" '.error.text | length > 0'
done
run quorate operator dismiss --as Vistara --json
expect 2 'a dismissal needs a name' '.error.text | length > 0'
run quorate operator dismiss night --json
expect 2 'and a member' '.error.text | length > 0'

# ---- dismiss ----
run quorate operator dismiss nobody --as Vistara --json
expect_error 4 not_found 'an unknown name is not found'
run quorate operator dismiss "$(hex e)" --as Vistara --json
expect_error 4 not_found 'nor an unknown key'
run quorate operator dismiss "$key" --as Indigo --json
expect_error 4 refused 'only who appointed an operator dismisses it'
run quorate operator dismiss night --as Air_India --json
expect_error 2 bad_input 'a name that two have does not say which'
run quorate operator dismiss night --as Vistara --json
expect 0 "a member's own is meant by its name" ".kind == \"agent\" and .key == \"$key\" and .height > $height"
dismissed=$(field .height)
run quorate operator list --json
expect 0 'it stays in the list, with its last block' \
    "[.operators[] | select(.key == \"$key\")] == [{kind: \"agent\", name: \"night\", key: \"$key\", member: \"Vistara\", appointed: $height, dismissed: $dismissed}]"
run quorate operator dismiss "$key" --as Vistara --json
expect_error 4 refused 'nobody is dismissed twice'
run quorate operator appoint agent late --key "$key" --as Vistara --json
expect_error 4 duplicate 'a dismissed key never comes back'
run quorate operator appoint agent night --key "$(hex f)" --as Indigo --json
expect 0 'but its name is free' '.name == "night"'
run quorate operator dismiss "$(hex f)" --as Indigo --json
expect 0 'a key says which is meant' '.kind == "agent"'

# ---- a ledger of one organisation has no validators ----
run quorate validator list --json
expect 0 'there are no validators' '.validators == [] and .total_power == 0'
check 'and a note says why' grep -q solo "$err"
run quorate proposal create validator --add delta --key "$(hex 1)" --node-key "$(hex 2)" --member Indigo --title 'One more' --as Vistara --json
expect_error 4 refused 'a vote on one is refused'
check 'in a sentence that says why' sh -c "jq -r .error.text '$out' | grep -q solo"
run quorate proposal create validator --remove delta --title 'One less' --as Vistara --json
expect_error 4 refused 'so is one on a removal'
for words in '' '--add a --remove b' '--add a' "--add a --key $(hex 1)" "--add a --key $(hex 1) --node-key $(hex 2) --power 0" \
    "--add a --key $(hex 1) --node-key $(hex 2) --model $(hex 3)" "--remove a --power 2" "--remove a --key $(hex 1)"; do
    run quorate proposal create validator $words --title Wrong --as Vistara --json
    expect 2 "validator $(printf %.20s "$words") is bad usage" '.error.text | length > 0'
done
run quorate proposal create upgrade --model "$(hex 1)" --add delta --title Wrong --as Vistara --json
expect 2 'an upgrade adds no validator' '.error.text | length > 0'
run quorate proposal list --json
expect 0 'no proposal came of it' '.proposals == []'

# ---- all of it is on the ledger ----
kill "$governd" "$ledgerd"
wait "$governd" "$ledgerd"
run quorate ledger audit --json
expect 0 'the ledger audits' '.ok == true'
run quorate operator list --json
expect 3 'without a ledger there is no list' '.error.code == "unreachable"'
finish
