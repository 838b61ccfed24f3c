#!/bin/sh
# Models through the command line: what a hostile file may cost, what memory for tables decides, and what each subcommand of
# `quorate model` answers.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

data=$top_src/data
hostile=$top_build/tests/system/hostile

# ---- a hostile file costs at most 5 s of a processor and 1 GiB, and is answered in a sentence ----
jq -n '{output: {unit: "INR", minor_digits: 2, link: "identity"}, features: [
    {name: "x", unit: "", scale: 1, min: -1000000, max: 1000000, missing: true},
    {name: "c", categories: [range(4096) | "k\(.)"], missing: true}]}' >"$work/two.json"
limited() { ( ulimit -v 1048576 && ulimit -t 5 && exec "$@" ); }
for kind in $("$hostile"); do
    "$hostile" "$kind" >"$work/hostile"
    run limited quorate model import "$work/hostile" --features "$work/two.json" -o "$work/made.qrm" --json
    case $kind in
    json_nodes | text_sets | text_codes) expect 0 "$kind is a model, and costs no more" '.leaves > 0' ;;
    json_scales) expect 4 "$kind is not admitted" '.error.code == "not_admitted"' ;;
    *) expect 2 "$kind is refused" '.error.text | length > 0' ;;
    esac
done
rm -f "$work/hostile"

# ---- what each subcommand answers ----
for model in first second; do
    run quorate model import "$data/$model.json" --features "$data/features.json" -o "$work/$model.qrm" --json
    expect 0 "$model is imported" '.format == "xgboost-json" and .max_error.routing == 0 and (.max_error.score | type) == "string"'
done
{ printf '\357\273\277' && cat "$data/features.json"; } >"$work/marked.json"
run quorate model import "$data/first.json" --features "$work/marked.json" -o "$work/marked.qrm" --json
expect 0 'a byte order mark before FEATURES.json says nothing' '.trees == 40'
quorate model import --help | sed -n '/^{/,/]}$/p' >"$work/shown.json"
jq -n '{learner: {learner_model_param: {base_score: "1", num_class: "0", num_feature: "3"}, objective: {name: "reg:squarederror"},
    gradient_booster: {name: "gbtree", model: {tree_info: [0], trees: [{left_children: [1, -1, -1], right_children: [2, -1, -1],
    split_indices: [0, 0, 0], split_conditions: [30.5, 1.5, 2.5], default_left: [0, 0, 0]}]}}}}' >"$work/stump.json"
run quorate model import "$work/stump.json" --features "$work/shown.json" -o "$work/stump.qrm" --json
expect 0 'what the help shows of FEATURES.json is one' '.leaves == 2'
rows="--rows $data/reference.csv --baseline $data/baseline.csv"

run quorate model show "$work/second.qrm" --baseline "$data/baseline.csv" --json
expect 0 'all trees fit the default memory' '.tables | .direct_trees == 0 and .direct == [] and .table_trees == 100 and .bytes > 0 and .build_us > 0'
run quorate model show "$work/second.qrm" --baseline "$data/baseline.csv" --table-memory 5 --json
expect 0 'less memory leaves trees to the direct method, and names them' \
    '.tables | .bytes <= 5242880 and .direct_trees > 0 and (.direct | length) == .direct_trees and .table_trees + .direct_trees == 100'
run quorate model show "$work/second.qrm" --baseline "$data/baseline.csv" --table-memory 5
check 'in words too' grep -q '^direct  trees [0-9]' "$out"
head -n 41 "$data/reference.csv" >"$work/forty.csv"
quorate model explain "$work/second.qrm" --rows "$work/forty.csv" --baseline "$data/baseline.csv" >"$work/tables.jsonl"
for memory in 0 5; do
    quorate model explain "$work/second.qrm" --rows "$work/forty.csv" --baseline "$data/baseline.csv" --table-memory $memory >"$work/less.jsonl"
    check "$memory MiB give the same bits" cmp -s "$work/tables.jsonl" "$work/less.jsonl"
done

quorate model explain "$work/first.qrm" --rows "$work/forty.csv" --baseline "$data/baseline.csv" >"$work/csv.jsonl"
jq -cRn '[inputs | split(",")] | .[0] as $names | .[1:][] | [$names, .] | transpose | map({(.[0]): (.[1] as $v | if $v == "" then null else ($v | tonumber? // $v) end)}) | add' \
    "$work/forty.csv" >"$work/forty.jsonl"
quorate model explain "$work/first.qrm" --rows - --baseline "$data/baseline.csv" <"$work/forty.jsonl" >"$work/lines.jsonl"
check 'rows may be JSON lines' sh -c "test -s '$work/lines.jsonl' && cmp '$work/csv.jsonl' '$work/lines.jsonl'"
run quorate model explain "$work/first.qrm" --rows "$work/forty.csv" --baseline "$data/baseline.csv" --interactions
expect 0 'interactions add up' '.base + ([.main[]] | add) + ([.interactions[].value] | add) == .score'
run quorate model explain "$work/first.qrm" $rows --summary --by airline --json
expect 0 'groups are compared' '.rows as $n | .by.feature == "airline" and ([.by.groups[].rows] | add) == $n'
run quorate model diff "$work/first.qrm" "$work/second.qrm" $rows --json
expect 0 'a difference adds up, in all and in each segment' \
    '.change | (.base as $base | .change == $base + ([.mean[]] | add) and all(.segments[].segments[]; .change == $base + ([.contributions[]] | add)))'
head -n 2 "$data/reference.csv" >"$work/one.csv"
run quorate model predict "$work/first.qrm" --rows "$work/one.csv"
fare=$(field .amount)
run quorate model whatif "$work/first.qrm" --rows "$work/one.csv" --change days_left,stops,airline --below "$((fare / 100))" --json
expect 0 'a what-if finds a cheaper row' ".found == true and .new_amount < .below and .amount == $fare and (.changes | length) > 0"
run quorate model whatif "$work/first.qrm" --rows "$work/one.csv" --change days_left,stops --change airline --below "$((fare / 100))" --json
expect 0 'features may be named one option at a time' ".found == true and .new_amount < .below and .amount == $fare"
run quorate model whatif "$work/first.qrm" --rows "$work/one.csv" --change stops --below "$((fare / 100 + 1))"
check 'one that is below already needs no change, and is told so' grep -q 'below it already' "$out"
sed 's/"name": *"days_left"/"name":"days, left"/' "$data/features.json" >"$work/comma.json"
jq -c '.learner.feature_names |= map(if . == "days_left" then "days, left" else . end)' "$data/first.json" >"$work/comma-model.json"
sed '1s/days_left/"days, left"/' "$work/one.csv" >"$work/comma.csv"
quorate model import "$work/comma-model.json" --features "$work/comma.json" -o "$work/comma.qrm" >/dev/null
run quorate model whatif "$work/comma.qrm" --rows "$work/comma.csv" --change 'days, left' --below 1 --json
expect 1 'a feature whose name has a comma can be named' '.found == false and .limited == false'
for option in '--by airline' '--dependence airline' '--summary --interactions'; do
    run quorate model explain "$work/first.qrm" $rows $option --json
    expect_error 2 usage "what has no place in the answer is refused: $option"
done
run quorate model certify "$work/first.qrm" --monotone days_left:decreasing --monotone days_left:increasing --json
expect 1 'a broken claim comes with two rows' '[.certificates[] | select(.result == "broken") | .counterexample.lower] | length > 0'
run quorate model export "$work/first.qrm" --to xgboost-json -o "$work/first.json"
expect 0 'a model is exported'
check 'and a note says what float32 does to its margin' grep -q 'at most 0\.0000' "$err"
run quorate model export "$work/first.qrm" --to xgboost-json -o "$work/first.json" --json
expect 0 'with --json the answer does' \
    '.format == "xgboost-json" and .trees == 40 and .max_error.leaves == "0" and (.max_error.score | tonumber) > 0 and .max_error.routing == 0'
run quorate model import "$work/first.json" --features "$data/features.json" -o "$work/again.qrm" --json
expect 0 'and comes back as it was' '.trees == 40 and .leaves == 640'
quorate model predict "$work/first.qrm" --rows "$data/reference.csv" >"$work/before.jsonl"
quorate model predict "$work/again.qrm" --rows "$data/reference.csv" >"$work/after.jsonl"
check 'with the same scores' cmp -s "$work/before.jsonl" "$work/after.jsonl"

# ---- services build tables in the memory that the home's settings give ----
new_home
printf '[services]\ntable_memory = 0\n' >"$QUORATE_HOME/quorate.ini"
up
run quorate search DEL BOM +7 --json
expect 0 'without memory for tables fares are priced and explained all the same' '.offers | length > 0'
decision=$(field '.offers[0].decision')
run quorate explain "$decision" --json
expect 0 'exactly' '.base + ([.lines[].amount] | add) == .fare'
check 'and pricing says that no tree has tables' grep -q 'tables for 0 of 40 trees' "$QUORATE_HOME/log/priced.log"
down
finish
