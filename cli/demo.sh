#!/bin/sh
# Plays Quorate's main job, each step with the command a person would type: a fare is searched, explained, booked and verified
# offline, and the model behind it replaced by a vote. `./run demo` builds and runs it; `quorate` is looked for in PATH.
set -eu

data=$(cd "$(dirname "$0")/../data" && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/quorate-demo.XXXXXX")
QUORATE_HOME=$scratch/home
export QUORATE_HOME
cd "$scratch"

leave() {
    trap - EXIT INT TERM
    quorate down >/dev/null 2>&1 || :
    cd / && rm -rf "$scratch"
}
trap leave EXIT
trap 'exit 130' INT TERM

bold='' dim='' plain=''
color=never
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
    color=always
fi

say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# typed COMMAND...: shows the command line as a person types it, then runs it.
typed() {
    printf '%s$' "$dim"
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_.,:=/+-]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '%s\n' "$plain"
    command=$1
    shift
    "$command" --color=$color "$@"
}

# first KEY: the first value of a key in the JSON on standard input, so that no other tool is needed.
first() { tr ',{}[]' '\n' | sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\"]*\)\"\{0,1\} *\$/\1/p" | head -n 1; }

# asked KEY COMMAND...: a value of a command's answer.
asked() {
    key=$1
    shift
    "$@" --json | first "$key"
}

# shown N: column N of the first offer in the search that was shown last; 0 is the last column.
shown() {
    sed "s/$(printf '\033')\[[0-9;]*m//g" shown.txt |
        awk -v column="$1" '$1 ~ /^[0-9a-f]+$/ && $2 ~ /-/ { print column ? $column : $NF; exit }'
}

short() { printf '%.12s' "$1"; }

# A number as the record spells it: zigzag, then seven bits a byte, in hexadecimal.
recorded_number() {
    rest=$(($1 * 2))
    while [ $rest -ge 128 ]; do
        printf '%02x' $((rest % 128 + 128))
        rest=$((rest / 128))
    done
    printf '%02x' $rest
}

say 'Three airlines found a home: keys, a network of flights, and the first model they share.'
typed quorate init --set upgrade.voting_seconds=8 --set upgrade.timelock_seconds=2
typed quorate up

say 'A fare, and why it costs what it costs: the lines sum to it, to the last paisa.'
typed quorate search DEL BOM +7 | tee shown.txt
offer=$(shown 1)
decision=$(shown 0)
typed quorate explain "$decision"
typed quorate book "$offer" --name DOE/JANE
fare=$(asked fare quorate explain "$decision")
model=$(asked model quorate explain "$decision")

say 'The proof of it, for anyone: a receipt and what to check it against.'
typed quorate receipt "$decision" --wait 20 -o receipt.json
typed quorate pin -o pin.json
typed quorate model fetch "$model" -o first.qrm
typed quorate down
say 'No service runs any more; the receipt still says what was decided, and by which mandate.'
typed quorate verify receipt.json --pin pin.json --model first.qrm --baseline "$data/baseline.csv"
say "The same receipt with a fare one paisa higher."
sed "s/$(recorded_number "$fare")\"/$(recorded_number $((fare + 1)))\"/" receipt.json >tampered.json
if cmp -s receipt.json tampered.json; then
    echo 'The fare is not where the record should have it.' >&2
    exit 1
fi
if typed quorate verify tampered.json --pin pin.json; then
    echo 'A tampered receipt was accepted.' >&2
    exit 1
fi

say 'A better model: any member publishes it, everyone sees what it would change, the members vote.'
typed quorate up
typed quorate model import "$data/second.json" --features "$data/features.json" -o second.qrm
typed quorate model publish second.qrm --as Vistara
second=$(asked model quorate model show second.qrm)
proposal=$(asked id quorate proposal create upgrade --model "$second" --title 'Second model' --as Vistara)
printf '%s$ quorate proposal create upgrade --model %s --title %s --as Vistara%s\n' "$dim" "$(short "$second")" "'Second model'" "$plain"
until [ "$(asked state quorate proposal show "$proposal")" = voting ]; do sleep 0.1; done
typed quorate proposal report "$(short "$proposal")"
for member in Vistara Air_India Indigo; do
    typed quorate vote "$(short "$proposal")" yes --as $member --reason 'closer to true fares'
done
say 'Accepted; a timelock lets everyone prepare. Then one atomic change makes the new model the one that prices.'
until [ "$(asked state quorate proposal show "$proposal")" = executed ]; do sleep 0.1; done
typed quorate proposal show "$(short "$proposal")"
until decision=$(asked decision quorate search DEL BOM +7) && [ "$(asked model quorate explain "$decision")" = "$second" ]; do sleep 0.1; done
say 'The same search, priced by the second model, under the mandate of that vote.'
typed quorate search DEL BOM +7 | tee shown.txt
typed quorate explain "$(shown 0)"

say 'And the whole ledger, executed again from its beginning.'
typed quorate down
typed quorate ledger audit

if [ -t 0 ] && [ -t 1 ]; then
    say 'The dashboard opens; q leaves it, and the demonstration with it.'
    typed quorate up
    quorate dashboard
fi
