#!/bin/sh
# Four validators on this machine under load: CometBFT's own kvstore inside each process, which is what consensus and the machine give, first
# as `cometbft testnet` sets it up, then with the settings of `quorate init`; then with these settings a ledger beside each. Pairs of 250
# bytes for the kvstore (bench/broadcast, over RPC, 64 a request: what its blocks say came in); for the ledger ballots as long that recast in
# an open vote, each signed, to all four homes' ledgerd as members send them (bench/submit, 64 a request: what was answered with its
# block), then the same ballots as CometBFT transactions of their own, over RPC as the pairs; and signed batches of decisions that all four
# ledgers recompute. At the end all four must have one application hash.
#
# QR_BENCH_SECONDS (20): how long each is measured, after a quarter of that to warm up. QUORATE_COMETBFT: the program, else PATH, else ~/go/bin.
# QR_BENCH_BUILD: the build folder, else the folder of `quorate` in PATH.
set -eu

seconds=${QR_BENCH_SECONDS:-20}
warm=$((seconds / 4 + 1))
window=4000     # transactions on the way
size=250        # bytes of a single transaction
decisions=512   # a batch
here=$(cd "$(dirname "$0")" && pwd)
members='A B C D'

comet=${QUORATE_COMETBFT:-$(command -v cometbft || echo "$HOME/go/bin/cometbft")}
if ! [ -x "$comet" ]; then
    echo 'bench/cometbft.sh is skipped: there is no CometBFT here. Install it with ./run cometbft,' >&2
    echo 'or with: go install github.com/cometbft/cometbft/cmd/cometbft@v0.38.25' >&2
    exit 0
fi
build=${QR_BENCH_BUILD:-$(dirname "$(command -v quorate)")}
for program in transactions broadcast submit; do
    [ -x "$build/bench/$program" ] || { echo "bench/cometbft.sh: $build/bench/$program is not built" >&2; exit 1; }
done

scratch=$(mktemp -d "${TMPDIR:-/tmp}/qbc.XXXXXX") # short: there are sockets below it
running= comets= daemons=
started() { running="$! $running"; }
# CometBFT may wait for ever to end when the application that it waits for is gone.
end_all() {
    for process in $running; do kill "$process" 2>/dev/null || :; done
    for process in $running; do
        tries=0
        while kill -0 "$process" 2>/dev/null && [ $tries -lt 50 ]; do
            tries=$((tries + 1))
            sleep 0.1
        done
        kill -KILL "$process" 2>/dev/null || :
        wait "$process" 2>/dev/null || :
    done
    running= comets= daemons=
}
leave() {
    status=$?
    trap - EXIT INT TERM
    [ $status = 0 ] || tail -n 2 "$scratch"/net/A/log/* >&2 || :
    end_all
    rm -rf "$scratch"
}
trap leave EXIT
trap 'exit 130' INT TERM

# patient COMMAND...: until it succeeds, a minute at most.
patient() {
    tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ $tries -ge 600 ]; then
            echo "bench/cometbft.sh: in vain for a minute: $*" >&2
            exit 1
        fi
        sleep 0.1
    done
}

transactions() { "$build/bench/transactions" "$@"; }
start_comet() { # HOME
    (cd "$1/cometbft" && exec "$comet" start --home . >"$1/log/cometbft" 2>&1) &
    started
    comets="$comets $!"
}
start_daemon() { # HOME NAME
    "quorate-$2" --home "$1" >"$1/log/$2" 2>&1 &
    started
    daemons="$daemons $!"
}
targets() { # HOW FOLDER FILE: what bench/HOW sends to; the transactions are shared out as FILE.A, FILE.B, ...
    case $1 in broadcast) end=/run/rpc.sock ;; submit) end= ;; esac
    for member in $members; do printf '%s/%s%s=%s.%s ' "$2" "$member" "$end" "$3" "$member"; done
}

# processor PROCESS...: milliseconds of processor time that they have taken.
processor() {
    for process in "$@"; do cat "/proc/$process/stat"; done | sed 's/.*) //' |
        awk -v hertz="$(getconf CLK_TCK)" '{ ticks += $12 + $13 } END { printf "%.0f\n", ticks * 1000 / hertz }'
}

# measure WHAT HOW WINDOW FOLDER FILE EACH: one line; rate is left in $rate. EACH: how many of what is counted a transaction holds.
measure() {
    comet_before=$(processor $comets) ledger_before=$(processor $daemons)
    figures=$("$build/bench/$2" $warm "$seconds" "$3" $(targets "$2" "$4" "$5"))
    set -- "$1" "$6" $figures $(($(processor $comets) - comet_before)) $(($(processor $daemons) - ledger_before))
    rate=$(($3 * $2))
    printf '%-50s %7s /s   %s transactions in %s s, %s blocks; processor, us each: CometBFT %s, ledgers %s\n' \
        "$1" $rate "$4" "$5" "$6" $(($8 * 1000 / ($7 * $2))) $(($9 * 1000 / ($7 * $2)))
}

quorate init --engine cometbft --members A,B,C,D --home "$scratch/net" --set upgrade.voting_seconds=3600 >"$scratch/init" 2>&1
quorate model import "$here/../data/second.json" --features "$here/../data/features.json" -o "$scratch/second.qrm" >/dev/null
quorate model import "$here/../data/first.json" --features "$here/../data/features.json" -o "$scratch/first.qrm" >/dev/null
homes=
for member in $members; do homes="$homes $scratch/net/$member"; done
transactions genesis "$scratch/second.qrm" $homes

# A network as CometBFT makes it, but for the sockets and what bench/broadcast needs: larger RPC requests and a mempool that holds them.
"$comet" testnet --v 4 --o "$scratch/testnet" >/dev/null 2>&1
port=26656 peers=
for i in 0 1 2 3; do
    peers="$peers,$("$comet" show-node-id --home "$scratch/testnet/node$i")@127.0.0.1:$((port + i))"
done
for member in $members; do
    mkdir -p "$scratch/std/$member/log" "$scratch/std/$member/run"
    mv "$scratch/testnet/node$((port - 26656))" "$scratch/std/$member/cometbft"
    sed -i "s|^proxy_app = .*|proxy_app = \"kvstore\"|; s|tcp://127.0.0.1:26657|unix://../run/rpc.sock|; s|tcp://0.0.0.0:26656|tcp://127.0.0.1:$port|
        s|^persistent_peers = .*|persistent_peers = \"${peers#,}\"|; s|^max_request_batch_size = .*|max_request_batch_size = 257|
        s|^size = 5000|size = 20000|; s|^cache_size = 10000|cache_size = 40000|
        s|^addr_book_strict = .*|addr_book_strict = false|; s|^allow_duplicate_ip = .*|allow_duplicate_ip = true|" \
        "$scratch/std/$member/cometbft/config/config.toml"
    port=$((port + 1))
done

# The same homes once more, with the kvstore in place of the ledger.
cp -r "$scratch/net" "$scratch/kv"
for member in $members; do
    sed -i 's|^proxy_app *=.*|proxy_app = "kvstore"|' "$scratch/kv/$member/cometbft/config/config.toml"
done

# ---- The kvstore ----

most=$((4000 * (seconds + warm))) # of each member: more than any chain here takes
for member in $members; do transactions keyvalues $most $size "$member" >"$scratch/pairs.$member"; done
for network in std kv; do
    for member in $members; do start_comet "$scratch/$network/$member"; done
    for member in $members; do patient test -S "$scratch/$network/$member/run/rpc.sock"; done
    case $network in std) settings="CometBFT's" ;; kv) settings="Quorate's" ;; esac
    measure "kvstore, $settings settings, $size-byte pairs" broadcast $window "$scratch/$network" "$scratch/pairs" 1
    eval "$network=$rate"
    end_all
done
rm -f "$scratch"/pairs.*

# ---- The ledger ----

for member in $members; do
    start_daemon "$scratch/net/$member" ledgerd
    start_daemon "$scratch/net/$member" governd
done
for member in $members; do patient test -S "$scratch/net/$member/run/abci.sock"; done
for member in $members; do start_comet "$scratch/net/$member"; done

as_a() { quorate "$@" --home "$scratch/net/A" --json; }
patient as_a model publish "$scratch/first.qrm" --as A
model=$(as_a model show "$scratch/first.qrm" | jq -r .model)
proposal=$(as_a proposal create upgrade --model "$model" --title bench --as A | jq -r .id)
is_open() { [ "$(as_a proposal show "$proposal" | jq -r .state)" = voting ]; }
patient is_open
report=$(as_a proposal show "$proposal" | jq -r .report)

# The earlier half is sent by clients, the later half as CometBFT takes them.
for member in $members; do
    transactions ballots $((2 * most)) $size "$proposal" "$report" "$scratch/net/$member" >"$scratch/all"
    half=$(($(stat -c %s "$scratch/all") / 2 / (4 + size) * (4 + size)))
    head -c $half "$scratch/all" >"$scratch/ballots.$member"
    tail -c +$((half + 1)) "$scratch/all" >"$scratch/alone.$member"
    rm "$scratch/all"
done
compare() { printf "  that is %s %% of the kvstore with CometBFT's settings, %s %% of it with Quorate's\n" $((rate * 100 / std)) $((rate * 100 / kv)); }
measure "ledger, $size-byte ballots" submit $window "$scratch/net" "$scratch/ballots" 1
compare
measure "ledger, ballots that CometBFT takes one by one" broadcast $window "$scratch/net" "$scratch/alone" 1
compare
rm -f "$scratch"/ballots.* "$scratch"/alone.*

most=$((60 * (seconds + warm)))
for member in $members; do
    transactions batches $most $decisions "$scratch/net/$member" >"$scratch/batches.$member"
done
measure "ledger, decisions recomputed by all four" submit 128 "$scratch/net" "$scratch/batches" $decisions

# ---- Whether the four agree ----

heads() { for member in $members; do quorate ledger head --home "$scratch/net/$member" --json | jq -c '[.height, .app_hash]'; done | sort -u; }
agree() { [ "$(heads | wc -l)" = 1 ]; }
patient agree
printf 'four ledgers, one application hash: height and hash %s\n' "$(heads)"
