#!/bin/sh
# What can become of a proposal, through the command line: refused at the door, vetoed, outvoted, without a quorum, passed, overtaken by
# another; and what rules can be set. Needs ledgerd and governd alone.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

data=$top_src/data

start() { # DAEMON
    "quorate-$1" --home "$QUORATE_HOME" 2>>"$QUORATE_HOME/log/$1.log" &
    eval "$1=$!"
}
governed() { quorate member list --json; }
start_both() {
    start ledgerd
    start governd
    wait_for 20 governed || verdict 1 'ledgerd and governd answer'
}
end_both() {
    kill "$governd" "$ledgerd"
    wait "$governd"
    check 'governd ends cleanly' test $? = 0
    wait "$ledgerd"
}

publish() { # FEATURES NAME: imports the second model with these features and publishes it; prints its hash
    quorate model import "$data/second.json" --features "$1" -o "$work/$2.qrm" --json >/dev/null 2>&1 &&
        quorate model publish "$work/$2.qrm" --as Indigo --json 2>/dev/null | jq -r .model
}
propose() { # TITLE MEMBER
    run quorate proposal create upgrade --model "$second" --title "$1" --as "$2" --json
    expect 0 "$2 proposes: $1" ".state == \"voting\" and .title == \"$1\" and .proposer == \"$2\" and (.report | length) == 64"
    eval "$3=$(field .id)"
}
vote() { # ID CHOICE MEMBER
    run quorate vote "$1" "$2" --as "$3" --reason because --json
    expect 0 "$3 votes $2" ".choice == \"$2\" and .member == \"$3\""
}
state_is() { [ "$(quorate proposal show "$1" --json | jq -r .state)" = "$2" ]; }
becomes() { # ID STATE JQ
    check "it becomes $2" wait_for 30 state_is "$1" "$2"
    run quorate proposal show "$1" --json
    expect 0 "and says why" "$3"
}

# ---- rules that would brick governance are refused when they are set ----
for rule in voting_seconds=0 voting_seconds=soon threshold=1/3 threshold=1/1 quorum=0/2 quorum=3/2 reports=0 reports=4 grace_seconds=0 nonsense=1; do
    run quorate --home "$work/none" init --set "upgrade.$rule" --json
    expect 2 "upgrade.$rule is refused" '.error.text | length > 0'
    check 'and no home is made' test ! -e "$work/none"
done

# ---- gates ----
new_home --set upgrade.banned_features=seats_left,passenger
start_both
second=$(publish "$data/features.json" second)
short=$(printf %.7s "$second")
run quorate model fetch "$short" -o "$work/fetched.qrm" --json
expect 0 'a published model may be named by the beginning of its hash' ".model == \"$second\""
check 'and is that one' cmp -s "$work/fetched.qrm" "$work/second.qrm"
run quorate model show "$short" --json
expect 0 'shown too' ".model == \"$second\" and .trees == 100"
run quorate baseline fetch "$short" -o "$work/none" --json
expect_error 4 not_found 'but a model is no baseline'
run quorate model fetch 00000000 -o "$work/none" --json
expect_error 4 not_found 'and what nothing begins with is not there'
run quorate proposal create upgrade --model "$short" --title 'Banned' --as Vistara --json
expect_error 4 not_admitted 'a model with a banned feature is not admitted'
end_both

new_home --set upgrade.step_limit_bp=100
start_both
second=$(publish "$data/features.json" second)
run quorate proposal create upgrade --model "$second" --title 'Too large a step' --as Vistara --json
expect_error 4 not_admitted 'a model whose fares move too far is not admitted'
end_both

# ---- one home for the rest ----
new_home --set upgrade.voting_seconds=12 --set upgrade.timelock_seconds=1
start_both
run quorate member list --json
expect 0 'three members of weight 1' '(.members | length) == 3 and ([.members[].weight] | add) == 3 and all(.members[].key; length == 64)'
run quorate proposal list --json
expect 0 'there are no proposals yet' '.proposals == []'

run quorate proposal create upgrade --model "$(printf '%064d' 7)" --title 'Unknown' --as Vistara --json
expect_error 4 not_found 'a model that was never published cannot be proposed'
jq '.features[0].personal = true' "$data/features.json" >"$work/personal.json"
quorate model import "$data/second.json" --features "$work/personal.json" -o "$work/personal.qrm" >/dev/null 2>&1
run quorate model publish "$work/personal.qrm" --as Indigo --json
if [ "$status" = 0 ]; then run quorate proposal create upgrade --model "$(field .model)" --title 'Nosy' --as Vistara --json; fi
expect_error 4 not_admitted 'a model with a personal feature is not admitted'
second=$(publish "$data/features.json" second)
run quorate proposal create upgrade --model "$second" --title "$(printf 'two\nlines')" --as Vistara --json
expect_error 2 bad_input 'a title is one line'
run quorate proposal create upgrade --model "$second" --title 'Eve' --as Eve --json
expect_error 4 not_a_member 'a stranger proposes nothing'

propose 'Vetoed' Vistara vetoed
propose 'Outvoted' Indigo outvoted
propose 'Without quorum' Air_India ignored
propose 'First of two' Vistara one
propose 'Second of two' Indigo two

run quorate proposal report "$(printf %.6s "$one")" --json
expect 0 'the report is the same when it is computed here' \
    '.match == true and .report == .recorded and .rows > 0 and (.segments | length) >= 2 and (.attribution | length) > 0 and (.accuracy | length) > 0'
run quorate proposal report "$one"
check 'it is a table for people' grep -q '^mean fare' "$out"

run quorate vote "$vetoed" veto --as Air_India --json
expect_error 2 bad_input 'a veto without a reason is refused'
vote "$vetoed" yes Vistara
vote "$vetoed" yes Indigo
vote "$vetoed" veto Air_India
vote "$outvoted" yes Vistara
vote "$outvoted" yes Indigo
vote "$outvoted" no Air_India
vote "$outvoted" no Indigo
vote "$ignored" yes Vistara
for proposal in $one $two; do
    for member in Vistara Indigo; do vote "$proposal" yes "$member"; done
    vote "$proposal" abstain Air_India
done
run quorate proposal show "$one" --json
expect 0 'the tally is what was cast' '.tally == {"yes": 2, "no": 0, "abstain": 1, "veto": 0} and .quorum == 2 and .not_voted == [] and (.ballots | length) == 3'
run quorate proposal execute "$one" --json
expect_error 4 not_due 'nothing is executed while it is voted on'

kill -9 "$governd"
wait "$governd" 2>/dev/null
run quorate proposal list --json
expect_error 3 unreachable 'without governd there is nobody to ask'
start governd
check 'governd takes up its work again' wait_for 20 governed

becomes "$vetoed" defeated '.reason | startswith("vetoed with 1 of 3")'
becomes "$outvoted" defeated '.tally.yes == 1 and .tally.no == 2 and (.reason | startswith("yes 1 of 3 is not more"))'
becomes "$ignored" defeated '.reason | startswith("no quorum: 1 of 3")'
settled() { [ "$(quorate proposal list --json | jq '[.proposals[].state] | map(select(. == "executed" or . == "failed")) | length')" = 2 ]; }
check 'the two that passed are carried out' wait_for 30 settled
run quorate proposal list --json
expect 0 'one of them; the other was proposed against a model that is gone' \
    '[.proposals[].state] | sort == ["defeated", "defeated", "defeated", "executed", "failed"]'
failed=$(field '.proposals[] | select(.state == "failed") | .id')
run quorate proposal show "$failed" --json
expect 0 'the failure is recorded with its reason' '.reason | length > 0'
run quorate proposal execute "$failed" --json
expect_error 4 refused 'and it is final'
run quorate vote "$failed" yes --as Vistara --json
expect_error 4 voting_closed 'no vote revives it'
run quorate proposal create upgrade --model "$second" --title 'Again' --as Vistara --json
expect_error 4 refused 'the active model cannot be proposed'
run quorate proposal report "$failed" --json
expect 0 'its report can be computed for ever' '.match == true'
end_both
run quorate ledger audit --json
expect 0 'and all of it is executed again by the audit' '.ok == true'
finish
