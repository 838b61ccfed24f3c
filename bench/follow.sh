#!/bin/sh
# How fast a follower catches up, beside how fast the ledger that it follows grew: real processes on one machine. Members' ballots and signed
# batches of decisions (100 trees of depth 6) come to the leader's ledgerd over its socket, as fast as it takes them (bench/submit); then 16
# clients search and book through all four services (`quorate load`). After that a new home follows it from nothing, which executes,
# keeps and signs all of it.
#
# QR_BENCH_SECONDS (10): how long each load lasts. QR_BENCH_BUILD: the build folder, else the folder of `quorate` in PATH.
set -eu

seconds=${QR_BENCH_SECONDS:-10}
size=250        # bytes of a ballot
decisions=512   # a batch
here=$(cd "$(dirname "$0")" && pwd)
build=${QR_BENCH_BUILD:-$(dirname "$(command -v quorate)")}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/qbf.XXXXXX")
leader=$scratch/Vistara # the member whose keys sign
follower=$scratch/second
running=
end_all() {
    for process in $running; do kill "$process" 2>/dev/null || :; done
    for process in $running; do wait "$process" 2>/dev/null || :; done
    running=
}
trap 'end_all; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

patient() { # COMMAND...: until it succeeds, a minute at most
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { echo "bench/follow.sh: in vain for a minute: $*" >&2; exit 1; }
        sleep 0.1
    done
}
start() { # HOME NAME
    "quorate-$2" --home "$1" 2>"$scratch/$2.log" &
    running="$! $running"
}
lead() { quorate "$@" --home "$leader" --json; }
height() { lead ledger head | jq -r .height; }

quorate init --home "$leader" --set upgrade.voting_seconds=3600 >/dev/null 2>&1
lead model import "$here/../data/second.json" --features "$here/../data/features.json" -o "$scratch/second.qrm" >/dev/null
lead model import "$here/../data/first.json" --features "$here/../data/features.json" -o "$scratch/first.qrm" >/dev/null
"$build/bench/transactions" genesis "$scratch/second.qrm" "$leader"
start "$leader" ledgerd
start "$leader" governd
patient lead model publish "$scratch/first.qrm" --as Vistara
model=$(lead model show "$scratch/first.qrm" | jq -r .model)
proposal=$(lead proposal create upgrade --model "$model" --title bench --as Vistara | jq -r .id)
is_open() { [ "$(lead proposal show "$proposal" | jq -r .state)" = voting ]; }
patient is_open
report=$(lead proposal show "$proposal" | jq -r .report)
"$build/bench/transactions" ballots $((40000 * seconds)) $size "$proposal" "$report" "$leader" >"$scratch/ballots"
"$build/bench/transactions" batches $((400 * seconds)) $decisions "$leader" >"$scratch/batches"

# note NAME COUNT RATE FROM: a load that came; the heights before and after it.
heights= loads=
note() {
    to=$(height)
    heights="$heights $4 $to"
    loads="$loads $1 $2 $3"
}
# flood NAME WINDOW FILE EACH: what bench/submit sends.
flood() {
    from=$(height)
    set -- "$1" "$4" $("$build/bench/submit" 0 "$seconds" "$2" "$leader=$3")
    note "$1" $(($7 * $2)) $(($3 * $2)) "$from"
}
leaves() { lead ledger head | jq -r .log_size; }
# What the services record, in leaves of the log: decisions, and a few orders.
serve() {
    start "$leader" priced
    start "$leader" reserved
    patient lead search DEL BOM +7
    from=$(height) before=$(leaves)
    lead load --clients 16 --duration "$seconds" --mix search:80,book:20 >/dev/null
    count=$(($(leaves) - before))
    note searches-and-bookings "$count" $((count / seconds)) "$from"
}

flood member-transactions 8192 "$scratch/ballots" 1
flood decisions-recomputed 128 "$scratch/batches" $decisions
serve
quorate init --home "$follower" --join "$leader" --name second >/dev/null 2>&1
start "$follower" ledgerd
"$build/bench/reached" "$follower" $heights >"$scratch/reached"
printf '%s %s %s\n' $loads | while read -r name count rate; do
    read -r began <&3
    read -r ended <&3
    awk -v what="$name" -v count="$count" -v live="$rate" -v took="$(awk "BEGIN { print $ended - $began }")" 'BEGIN {
        printf "%-22s live %7d /s, a follower catches up %7d /s: %.1f times\n", what, live, count / took, count / took / live }'
done 3<"$scratch/reached"
