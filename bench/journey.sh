#!/bin/sh
# What a search and a booking cost, with decisions recorded and without: `quorate load` against a home of its own, from one client,
# from 16 and from 32. Prints one line a run; QR_BENCH_SECONDS (8) is the length of each.
set -eu

seconds=${QR_BENCH_SECONDS:-8}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/quorate-bench.XXXXXX")
QUORATE_HOME=$scratch/home
export QUORATE_HOME
trap 'quorate down >/dev/null 2>&1 || :; rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

quorate init >/dev/null
quorate up >/dev/null

printf '%-8s %-8s %-8s %10s %10s %10s %10s %8s\n' ledger clients what per_second p50_us p99_us p999_us errors
for ledger in on off; do
    for clients in 1 16 32; do
        for what in search book; do
            other=$([ $what = search ] && echo book || echo search)
            quorate load --clients $clients --duration "$seconds" --mix "$what:100,$other:0" --ledger $ledger --json >"$scratch/answer"
            jq -r --arg ledger $ledger --arg clients $clients --arg what $what '
                .operations[$what] as $o | [$ledger, $clients, $what, ($o.throughput // .throughput | floor),
                ($o.latency_us // .latency_us | .p50, .p99, .p999), ([.errors[]] | add // 0)] | @tsv' "$scratch/answer" |
                awk '{ printf "%-8s %-8s %-8s %10s %10s %10s %10s %8s\n", $1, $2, $3, $4, $5, $6, $7, $8 }'
        done
    done
done
