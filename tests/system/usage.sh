#!/bin/sh
# Every command of INTERFACE under wrong use: no home, no services, rubbish as arguments and as files. The answer is a sentence, one
# JSON document under --json, and the right exit status; nothing crashes and nothing is written.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

commands='init
up
down
status
dashboard
model
model import
model predict
model explain
model show
model diff
model publish
model fetch
baseline
baseline publish
baseline fetch
search
book
order
order show
order cancel
explain
receipt
verify
pin
member
member list
operator
operator list
operator appoint
operator dismiss
validator
validator list
proposal
proposal create
proposal list
proposal show
proposal execute
proposal report
vote
ledger
ledger head
ledger show
ledger export
ledger audit
load'
seed=${QR_TEST_SEED:-$(date +%s)}
comment "QR_TEST_SEED=$seed"
HOME=$work/nobody
unset QUORATE_HOME XDG_STATE_HOME

each() { # COMMAND-LINES on standard input, one TAP line for all: the first that breaks is shown
    each_what=$1
    shift
    while IFS= read -r line; do
        "$@" "$line" || {
            verdict 1 "$each_what: $line"
            return
        }
    done <<END
$commands
END
    verdict 0 "$each_what"
}

# help and version, anywhere
run quorate --version
expect 0 'a version'
check 'of one line' [ "$(wc -l <"$out")" = 1 ]
run quorate help
expect 0 'help'
check 'names the commands' sh -c "for c in search book explain receipt verify vote ledger load; do grep -qw \$c '$out' || exit 1; done"
has_help() {
    run quorate $1 --help
    [ "$status" = 0 ] && sane && grep -q "quorate $1" "$out" && [ ! -s "$err" ]
}
each 'each command has help with an example' has_help
check 'nothing was made in the home folder' [ ! -e "$HOME" ]

# wrong words
is_usage() { [ "$status" = 2 ] && sane && [ -s "$err" ] && [ ! -s "$out" ]; }
surplus() { run quorate $1 --no-such-option && is_usage; }
each 'an unknown option is bad usage' surplus
many() { run quorate $1 a b c d e f g h i j && is_usage; }
each 'surplus arguments are bad usage' many
json_usage() {
    run quorate $1 a b c d e f g h i j --json
    [ "$status" = 2 ] && jq -e '.error.code == "usage" and (.error.text | length > 0)' "$out" >/dev/null
}
each 'and one JSON document under --json' json_usage
run quorate serach DEL BOM +7
check 'a slip of the keys is bad usage' is_usage
check 'and answered with what was meant' grep -q search "$err"
run quorate
check 'no command at all is bad usage' [ "$status" = 2 ]
run quorate search DEL
check 'a missing argument is bad usage' is_usage
run quorate search DEL BOM +7 --cabin steerage --json
expect 2 'an unknown cabin' '.error.text | length > 0'
run quorate --color=sometimes status
check 'an unknown value of an option is bad usage' is_usage

# no home
run quorate search DEL BOM +7 --json
expect_error 2 no_home 'without a home it says so'
check 'with what to do' grep -q 'quorate init' "$out"
QUORATE_HOME=$work/nowhere
export QUORATE_HOME
run quorate ledger head --json
expect_error 2 no_home 'a home that is not there'

# a home without services
new_home
away() {
    case $1 in
    'search') run quorate search DEL BOM +7 --json ;;
    'book') run quorate book 0123456789abcdef --name DOE/JANE --json ;;
    'order show' | 'order cancel') run quorate $1 ABCDEF --surname DOE --json ;;
    'explain' | 'receipt') run quorate $1 "$(printf '0%.0s' $(seq 64))" --json ;;
    'pin' | 'member list' | 'proposal list' | 'ledger head') run quorate $1 --json ;;
    'proposal show' | 'proposal execute' | 'proposal report') run quorate $1 0123456789ab --json ;;
    'vote') run quorate vote 0123456789ab yes --as Vistara --json ;;
    'ledger show') run quorate ledger show 1 --json ;;
    'load') run quorate load --rate 5 --duration 1 --json ;;
    *) return 0 ;;
    esac
    [ "$status" = 3 ] && sane && jq -e '.error.code == "unreachable" and (.error.text | length > 0)' "$out" >/dev/null
}
each 'without services a command says that they are away' away
run quorate down
expect 0 'down with nothing up is no error'
before=$(cd "$QUORATE_HOME" && find . -type f | sort)

# rubbish, up and down: nothing crashes, and every exit has a sentence
rubbish_words() { # one of many strange words, by number
    case $1 in
    0) printf '' ;;
    1) printf '%s' '../../../nowhere/passwd' ;; # a command that writes there, as root, must find nothing
    2) printf '\033[31mred' ;;
    3) printf '%s' '-' ;;
    4) printf 'Ärger/Jörg' ;;
    5) printf '\377\376' ;;
    6) printf '99999999999999999999999' ;;
    7) printf '%s' '%s%n%d' ;;
    8) printf '%s' '$(reboot)' ;;
    9) printf 'x%.0s' $(seq 3000) ;;
    10) printf '/dev/null' ;;
    11) printf '%s' '{"a":' ;;
    12) printf 'a\nb' ;;
    13) printf '%s' '-1' ;;
    14) printf '%s' "'" ;;
    15) printf '+999999' ;;
    16) printf '2026-02-30' ;;
    *) printf '0123456789abcdef' ;;
    esac
}
rubbish() {
    for trial in 1 2 3 4; do
        seed=$(((seed * 1103515245 + 12345) % 2147483648))
        one=$(rubbish_words $((seed / 65536 % 18))) two=$(rubbish_words $((seed / 1024 % 18)))
        case $trial in
        1) run timeout 20 quorate $1 "$one" --json ;;
        2) run timeout 20 quorate $1 "$one" "$two" --json ;;
        3) run timeout 20 quorate $1 "$one" "$two" --as "$one" --name "$two" --json ;;
        4) run timeout 20 quorate $1 "$one" "$two" "$one" --json ;;
        esac
        case $1 in dashboard | up | down | status) continue ;; esac
        [ "$status" -le 5 ] && sane || return 1
        [ "$status" = 0 ] || jq -e '.error.text | length > 0' "$out" >/dev/null || jq -e '.valid == false or .ok == false' "$out" >/dev/null || return 1
    done
}
each 'rubbish without services' rubbish
down
check 'nothing was written' [ "$before" = "$(cd "$QUORATE_HOME" && find . -type f ! -path './log/*' ! -path './run/*' | sort)" ]
up
each 'rubbish with services' rubbish
run quorate up
run quorate status --json
expect 0 'the services stand' '[.services[].state == "running"] | all'
run quorate dashboard </dev/null
check 'the dashboard without a terminal says so' [ "$status" = 2 ]
for where in 'DEL DEL +7' 'QQQ BOM +7' 'DEL BOM +4000' 'DEL BOM 2020-01-01' 'DEL BOM tomorrowish' 'del bom -1' 'DEL BOM 2026-02-30'; do
    run quorate search $where --json
    expect 2 "search $where is bad input" '.error.text | length > 0'
done
run quorate book 00000000 --name DOE/JANE --json
expect_error 4 not_found 'an unknown offer'
for name in '' DOE '/JANE' 'DOE/' 'DOE/JANE/X' "$(printf 'x%.0s' $(seq 300))/Y" "$(printf 'D\007E/J')"; do
    run quorate book "$(first_offer)" --name "$name" --json
    expect 2 "the name '$(printf %.20s "$name" | tr -d '\007')' is bad input" '.error.text | length > 0'
done
for line in 'explain ffffffffffff' 'proposal show ffffffffffff' 'vote ffffffffffff yes --as Vistara' 'ledger show 999999' \
    "model fetch $(printf 'f%.0s' $(seq 64)) -o $work/x" 'order show ZZZZZZ --surname X'; do
    run quorate $line --json
    expect_error 4 not_found "$(printf %.40s "$line") is not found"
done
down

# rubbish as files
for kind in empty binary text json csv truncated huge folder unreadable device; do
    file=$work/file.$kind
    case $kind in
    empty) : >"$file" ;;
    binary) head -c 5000 /dev/urandom >"$file" ;;
    text) echo 'not what you want' >"$file" ;;
    json) echo '{"version":1,"learner":{"gradient_booster":{}}}' >"$file" ;;
    csv) printf 'a,b\n1,2\n3\n"\n' >"$file" ;;
    truncated) head -c 40000 "$top_src/data/first.json" >"$file" ;;
    huge) truncate -s 3G "$file" ;;
    folder) mkdir "$file" ;;
    unreadable) file=/proc/self/mem ;;
    device) file=/dev/zero ;;
    esac
    for line in "model import $file --features $top_src/data/features.json -o $work/made" \
        "model import $top_src/data/first.json --features $file -o $work/made" "model show $file" "model predict $file --rows $file" \
        "verify $file --pin $file" "ledger audit $file"; do
        run timeout 30 quorate $line --json
        case $kind:$line:$status in
        *:*:2 | *:ledger*:1 | unreadable:*:5) sane && jq -e . "$out" >/dev/null ;; # a read that fails is a disk that failed
        *) false ;;
        esac
        verdict $? "$(printf '%s' "$line" | cut -d ' ' -f 1,2) of a file that is $kind"
        check 'makes nothing' [ ! -e "$work/made" ]
    done
done

# rows that are wrong name line and column
run quorate model import "$top_src/data/first.json" --features "$top_src/data/features.json" -o "$work/m.qrm" --json
expect 0 'the sample model is imported'
row() { sed -n 1p "$top_src/data/baseline.csv" >"$work/rows.csv" && sed -n 2p "$top_src/data/baseline.csv" | sed "$1" >>"$work/rows.csv"; }
for edit in 's/^economy/first/' 's/,DEL,/,QQQ,/' 's/,\([0-9]*\),\([A-Z][a-z][a-z]\),/,999,\2,/' 's/,\([A-Z][a-z][a-z]\),/,Someday,/' 's/^[^,]*,//' 's/^economy/"economy/'; do
    row "$edit"
    run quorate model predict "$work/m.qrm" --rows "$work/rows.csv" --json
    expect 2 "a row changed by $edit" '.error.text | test("line 2|2:")'
done
row 's/x/x/'
run quorate model predict "$work/m.qrm" --rows "$work/rows.csv" --json
expect 0 'the row as it was' '.row == 0 and .amount > 0 and (.score | type) == "number"'
run sh -c "quorate model predict '$work/m.qrm' --rows - --json <'$work/rows.csv'"
expect 0 'from standard input' '.row == 0'
run quorate model explain "$work/m.qrm" --rows "$top_src/data/reference.csv" --baseline "$top_src/data/baseline.csv" --json
expect 0 'every reference row explains itself exactly' \
    '(.base + ([.contributions[]] | add) == .score) and (.base_amount + ([.amounts[]] | add) == .amount)'
run quorate model explain "$work/m.qrm" --rows "$top_src/data/reference.csv" --baseline "$top_src/data/baseline.csv" --summary --json
expect 0 'and their summary' '.rows == 480 and (.mean_abs | length == 11) and .score_scale == 16777216'
run quorate model explain "$work/m.qrm" --rows "$top_src/data/reference.csv" --baseline "$top_src/data/baseline.csv" --summary --dependence airline --json
expect 0 'a dependence counts every row once' '.dependence.feature == "airline" and ([.dependence.columns[].rows] | add) == 480'
run quorate model explain "$work/m.qrm" --rows "$top_src/data/reference.csv" --baseline "$top_src/data/baseline.csv" --summary --dependence days_left --json
expect 0 'columns lie where the rows do' '.dependence.columns | ([.[].rows] | add) == 480 and .[0].from == "1" and .[-1].to == "49" and all(.[]; .from == .to)'
run quorate model explain "$work/m.qrm" --rows "$top_src/data/reference.csv" --baseline "$top_src/data/baseline.csv" --summary --dependence duration --json
expect 0 'at most 60 of them, of one size' \
    '.dependence.columns | ([.[].rows] | add) == 480 and length <= 60 and ([.[1:-1][] | ((.to | tonumber) - (.from | tonumber)) * 100 | round] | unique) == [63]'
head -n 1 "$top_src/data/reference.csv" >"$work/no-rows.csv"
run quorate model explain "$work/m.qrm" --rows "$work/no-rows.csv" --baseline "$top_src/data/baseline.csv" --summary --dependence days_left
expect 0 'no rows give no columns'
jq '(.features[] | select(.name == "airline")).personal = true' "$top_src/data/features.json" >"$work/personal.json"
run quorate model import "$top_src/data/first.json" --features "$work/personal.json" -o "$work/personal.qrm"
run quorate model explain "$work/personal.qrm" --rows "$top_src/data/reference.csv" --baseline "$top_src/data/baseline.csv" --json
expect 0 'each row tells what share of it is personal' \
    '.personal_share_bp == (([.contributions[] | fabs] | add) as $all | (.contributions.airline | fabs) * 10000 / $all | floor)'
run sh -c "quorate model explain '$work/m.qrm' --rows '$top_src/data/reference.csv' --baseline '$top_src/data/baseline.csv' --json >/dev/full"
check 'a full disk behind standard output is exit 5' [ "$status" = 5 ]
finish
