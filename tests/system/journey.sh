#!/bin/sh
# The main job from end to end, and the shape of every answer on the way: search, explain, book, receipt, offline verification,
# publish, report, vote, timelock, execution, the same search under the new mandate, audit. Keys and statuses are INTERFACE's.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

hash='test("^[0-9a-f]{64}$")'
time='test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})$")'

new_home
up
run quorate status --json
expect 0 'status names the supervisor and four running services' \
    '(.supervisor.pid > 0) and ([.services[].name] | sort == ["governd","ledgerd","priced","reserved"]) and
     ([.services[] | .state == "running" and .pid > 0] | all)'
run quorate up
expect 0 'a second up is no error'
run quorate member list --json
expect 0 'three members with keys and weights' \
    "(.members | length == 3) and ([.members[] | (.key | $hash) and .weight >= 1 and (.name | length > 0)] | all)"
run quorate ledger head --json
expect 0 'the head of the ledger' \
    "(.chain | length > 0) and .height >= 0 and (.app_hash | $hash) and (.log_root | $hash) and .log_size >= 1 and (.time | $time)"

# a fare
run quorate search DEL BOM +7 --json
expect 0 'a search finds offers' \
    "(.offers | length > 0) and ([.offers[] | .from == \"DEL\" and .to == \"BOM\" and .cabin == \"economy\" and .fare > 0 and
      .currency == \"INR\" and .seats_left >= 0 and .seats_left <= 9 and (.expires_at | $time) and (.departs | $time) and
      (.decision | $hash) and (.flight | test(\"-\"))] | all)"
offer=$(field '.offers[0].offer') decision=$(field '.offers[0].decision') fare=$(field '.offers[0].fare')
run quorate search DEL BOM +7 --cabin business --json
expect 0 'the other cabin too' '[.offers[].cabin == "business"] | all'
run quorate explain "$decision" --json
expect 0 'the lines of a fare sum to it' \
    ".decision == \"$decision\" and (.model | $hash) and (.rules_version >= 1) and .fare == $fare and .currency == \"INR\" and
     (.base + ([.lines[].amount] | add) == .fare) and (.lines | length >= 11) and (.state == \"pending\" or .state == \"recorded\")"
model1=$(field .model)
run quorate book "$offer" --name DOE/JANE --key k-1 --json
expect 0 'a booking is confirmed at the fare shown' \
    ".state == \"confirmed\" and .fare == $fare and .offer == \"$offer\" and .decision == \"$decision\" and
     (.locator | test(\"^[A-Z0-9]{6}$\"))"
locator=$(field .locator)
run quorate book "$offer" --name DOE/JANE --key k-1 --json
expect 0 'the same key and body answer the same order' ".locator == \"$locator\""
run quorate book "$offer" --name ROE/RICHARD --key k-1 --json
expect_error 4 key_conflict 'the same key with another body is refused'
run quorate book "$offer" --name ROE/RICHARD --key k-2 --json
expect_error 4 offer_used 'an offer makes one order'
run quorate order show "$locator" --surname doe --json
expect 0 'a surname compares without case' ".locator == \"$locator\" and .state == \"confirmed\""
run quorate order show "$locator" --surname smith --json
expect 4 'a wrong surname finds nothing' '.error.code == "not_found"'
wrong=$(field .error.text | sed "s/$locator/X/")
run quorate order show ZZZZZZ --surname doe --json
check 'and is answered like an unknown locator' [ "$wrong" = "$(field .error.text | sed 's/ZZZZZZ/X/')" ]

# its proof
run quorate receipt "$decision" --wait 30 -o "$work/receipt.json"
expect 0 'a receipt is written'
run quorate pin -o "$work/pin.json"
expect 0 'a pin is written'
run jq -e . "$work/receipt.json" "$work/pin.json"
expect 0 'both are JSON'
run quorate explain "$decision" --json
expect 0 'the decision is recorded' '.state == "recorded" and .height >= 1'
run quorate model fetch "$model1" -o "$work/first.qrm"
expect 0 'the model behind it can be fetched'
check 'and is what its name says' [ "$(sha256sum <"$work/first.qrm" | cut -c1-64)" = "$model1" ]
run quorate model show "$model1" --json
expect 0 'a published model is shown as FEATURES.json has it' '.trees >= 1 and (.features | length == 11) and .output.unit == "INR"'
field '{output, features}' >"$work/features.json"

# an upgrade
run quorate model import "$top_src/data/second.json" --features "$top_src/data/features.json" -o "$work/second.qrm" --json
expect 0 'a second model is imported' \
    "(.model | $hash) and .format == \"xgboost-json\" and .trees >= 1 and .leaves >= 1 and .max_error.routing == 0 and
     (.max_error.score | test(\"^[0-9.e-]+$\"))"
model2=$(field .model)
chmod 644 "$QUORATE_HOME/keys/Vistara.key"
run quorate model publish "$work/second.qrm" --as Vistara --json
expect 0 'a member publishes it' ".model == \"$model2\""
check 'and is told that others may read the key' grep -q 'others .* may read .*Vistara.key; chmod 600' "$err"
chmod 600 "$QUORATE_HOME/keys/Vistara.key"
run quorate model publish "$work/second.qrm" --as Nobody --json
expect_error 4 not_a_member 'nobody else can'
run quorate baseline publish "$top_src/data/baseline.csv" --features "$top_src/data/features.json" --as Indigo --json
expect 0 'a baseline is published' ".baseline | $hash"
baseline=$(field .baseline)
run quorate baseline fetch "$baseline" -o "$work/baseline.qrb"
expect 0 'and read back'
check 'unchanged' [ "$(sha256sum <"$work/baseline.qrb" | cut -c1-64)" = "$baseline" ]
run quorate proposal create upgrade --model "$model2" --title 'Second model' --as Vistara --json
expect 0 'an upgrade is proposed' ".id | $hash"
proposal=$(field .id)
voting() { quorate proposal show "$proposal" --json >"$out" && [ "$(field .state)" = voting ]; }
check 'voting opens once the report was recomputed' wait_for 30 voting
run quorate proposal show "$proposal" --json
expect 0 'a proposal says all that voters need' \
    ".id == \"$proposal\" and .track == \"upgrade\" and .title == \"Second model\" and .model == \"$model2\" and .quorum >= 1 and
     (.tally | has(\"yes\") and has(\"no\") and has(\"abstain\") and has(\"veto\")) and (.closes_at | $time) and (.report | $hash)"
run quorate proposal report "$proposal" --json
expect 0 'its impact report' 'type == "object"'
run quorate proposal execute "$proposal" --json
expect_error 4 not_due 'nothing is executed before its time'
for member in Vistara Air_India Indigo; do
    run quorate vote "$proposal" yes --as $member --reason 'better on the reference rows' --json
    expect 0 "$member votes" ".proposal == \"$proposal\" and .member == \"$member\" and .choice == \"yes\" and .height >= 1"
done
run quorate vote "$proposal" yes --as Nobody --json
expect_error 4 not_a_member 'a stranger does not'
executed() { quorate proposal show "$proposal" --json >"$out" && [ "$(field .state)" = executed ]; }
check 'it is executed after vote and timelock' wait_for 60 executed
run quorate vote "$proposal" no --as Indigo --json
expect_error 4 voting_closed 'and closed for ballots'
run quorate proposal list --json
expect 0 'the list has it' "[.proposals[].id] | index(\"$proposal\") != null"
priced_by_second() {
    quorate search DEL BOM +7 --json >"$out" && new_decision=$(field '.offers[0].decision') &&
        quorate explain "$new_decision" --json >"$out" && [ "$(field .model)" = "$model2" ]
}
check 'the same search is priced by the second model' wait_for 20 priced_by_second
run quorate explain "$new_decision" --json
expect 0 'under the mandate of the proposal' ".proposal == \"$proposal\" and (.base + ([.lines[].amount] | add) == .fare)"
run quorate order cancel "$locator" --surname DOE --json
expect 0 'an order can be cancelled' '.state == "cancelled"'

# without any service
run quorate ledger show 1 --json
expect 0 'a block is shown' '.height == 1'
run quorate ledger export "$work/export.qrl"
expect 0 'the ledger is exported'
run quorate ledger export "$work/export.qrl"
expect 0 'and again'
echo precious >"$work/precious"
run quorate ledger export "$work/precious" --json
expect_error 2 bad_input 'but not over another file'
check 'which stays as it was' grep -qx precious "$work/precious"
down
expect 0 'down ends all'
check 'and leaves no process' nothing_ours
run quorate status --json
expect 3 'status says so' '[.services[].state == "running"] | any | not'
run quorate verify "$work/receipt.json" --pin "$work/pin.json" --json
expect 0 'a receipt is verified with no service' \
    ".valid == true and .fare == $fare and ([.checks[] | select(.name == \"signature\" or .name == \"inclusion\") | .result] == [\"ok\",\"ok\"]) and
     ([.checks[] | select(.name == \"recomputation\") | .result] == [\"skipped\"])"
run env -i PATH="$PATH" quorate verify "$work/receipt.json" --pin "$work/pin.json" --model "$work/first.qrm" \
    --baseline "$top_src/data/baseline.csv" --json
expect 0 'and recomputed with model and baseline, with no home' \
    '.valid == true and ([.checks[] | select(.name == "recomputation") | .result] == ["ok"]) and .currency == "INR" and .minor_digits == 2'
run quorate ledger audit --json
expect 0 'everything is re-executed from genesis' \
    ".ok == true and .height >= 1 and (.app_hash | $hash) and .transactions >= 5 and .decisions >= 2 and .orders >= 1"
audited=$(field .app_hash)
run quorate ledger audit "$work/export.qrl" --json
expect 0 'the export too, to the same state' ".ok == true and (.app_hash | $hash)"
comment "application hash $audited"
run quorate search DEL BOM +7 --json
expect_error 3 unreachable 'a search without services says what is away'

# a receipt with anything changed
jq -c '.decision.index += 1' "$work/receipt.json" >"$work/bad.json"
run quorate verify "$work/bad.json" --pin "$work/pin.json" --json
expect 1 'another index is invalid' '.valid == false'
jq -c '.checkpoint |= sub("\n[0-9]+\n"; "\n999\n")' "$work/receipt.json" >"$work/bad.json"
run quorate verify "$work/bad.json" --pin "$work/pin.json" --json
expect 1 'another log size is invalid' '.valid == false'
jq -c '.extra = 1' "$work/receipt.json" >"$work/bad.json"
run quorate verify "$work/bad.json" --pin "$work/pin.json" --json
expect 1 'an unknown key is invalid' '.valid == false'
leaf=$(jq -r .decision.leaf "$work/receipt.json") changed=0 n=0
while [ $n -lt ${#leaf} ]; do # every byte of the leaf, one at a time, in steps that visit each field
    digit=$(printf %s "$leaf" | cut -c$((n + 1)))
    other=$(printf %s "$digit" | tr 0123456789abcdef 123456789abcdef0)
    head=$(printf "%.${n}s" "$leaf") tail=$(printf %s "$leaf" | cut -c$((n + 2))-)
    jq -c --arg leaf "$head$other$tail" '.decision.leaf = $leaf' "$work/receipt.json" >"$work/bad.json"
    run quorate verify "$work/bad.json" --pin "$work/pin.json" --json
    [ "$status" = 1 ] && [ "$(field .valid)" = false ] || break
    changed=$((changed + 1)) n=$((n + 11))
done
check 'one changed digit anywhere in the leaf is invalid' [ $n -ge ${#leaf} ]
jq -c '.genesis |= sub("^."; "0") | .genesis |= sub(".$"; "0")' "$work/pin.json" >"$work/otherpin.json"
run quorate verify "$work/receipt.json" --pin "$work/otherpin.json" --json
expect 1 "another genesis is another ledger's receipt" '.valid == false'
head -c 100 "$work/receipt.json" >"$work/bad.json"
run quorate verify "$work/bad.json" --pin "$work/pin.json" --json
expect 2 'what is no receipt at all is bad input' '.error.code | length > 0'
finish
