#!/bin/sh
# A ledger that four organisations run: real processes of four homes, each with CometBFT. One is killed and the ledger lives; two are killed,
# it stops without a fork and goes on; a partition heals; a paused node catches up; a fresh node takes over a snapshot, is voted in
# and out; a model is voted in on all; every node audits to the same application hash. Needs CometBFT.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

homes="$work/Übersee und weiter $(printf 'd%.0s' $(seq 1 90))" # longer than a socket's address
port=$((12000 + $$ % 2500 * 8))
QUORATE_HOME=$homes/A # whose logs a failure shows
export QUORATE_HOME

q() { # HOME WORDS...
    at=$1
    shift
    quorate --home "$homes/$at" "$@"
}

# ---- where they run: a network namespace each, with a bridge in one more, or this machine's loopback ----
space=qr$$-
namespaces=
make_namespaces() {
    [ "$(id -u)" = 0 ] && command -v ip >/dev/null && ip netns add "${space}hub" 2>/dev/null || return 1
    namespaces=1
    for side in east west; do
        ip -n "${space}hub" link add $side type bridge && ip -n "${space}hub" link set $side up || return 1
    done
    for at in A B C D E; do
        ip netns add "$space$at" &&
            ip -n "${space}hub" link add "to$at" type veth peer name eth0 netns "$space$at" &&
            ip -n "${space}hub" link set "to$at" master east up &&
            ip -n "$space$at" addr add "$(address $at)/24" dev eth0 &&
            ip -n "$space$at" link set lo up && ip -n "$space$at" link set eth0 up || return 1
    done
}
remove_namespaces() {
    for at in A B C D E hub; do ip netns del "$space$at" 2>/dev/null; done
    namespaces=
}
address() {
    case $1 in A) echo 10.213.0.1 ;; B) echo 10.213.0.2 ;; C) echo 10.213.0.3 ;; D) echo 10.213.0.4 ;; *) echo 10.213.0.5 ;; esac
}
trap 'end_ours; remove_namespaces; at_exit' EXIT

# settle HOME: its peers are in namespaces of their own, and snapshots come often.
settle() {
    if [ -n "$namespaces" ]; then
        n=0
        for peer in A B C D E; do
            sed -i "s/127\\.0\\.0\\.1:$((port + n))\\b/$(address $peer):$((port + n))/g" "$homes/$1/cometbft/config/config.toml"
            n=$((n + 1))
        done
    fi
    sed -i 's/^# snapshot_blocks = .*/snapshot_blocks = 8/' "$homes/$1/quorate.ini"
}
start() {
    if [ -n "$namespaces" ]; then
        run ip netns exec "$space$1" "$top_build/quorate" --home "$homes/$1" up
    else
        run q "$1" up
    fi
    expect 0 "the services of $1 come up"
}
crash() { # kill -9 of everything that a home runs
    kill -9 $(q "$1" status --json | jq -r '.supervisor.pid // empty, (.services[].pid | select(. != null))')
}
engine_of() { q "$1" status --json | jq -r '.services[] | select(.name == "cometbft") | .pid'; }

# ---- what is asked ----
head_of() { q "$1" ledger head --json 2>/dev/null | jq -r "$2"; }
height_at_least() { [ "$(head_of "$1" .height)" -ge "$2" ]; }
# sell HOME: books a flight there; the decision is left in $decision.
sell() {
    run q "$1" book "$(q "$1" search DEL BOM +7 --json | jq -r '.offers[0].offer')" --name DOE/JANE --json
    expect 0 "$1 sells" '.state == "confirmed"'
    decision=$(field .decision)
}
recorded() { [ "$(q "$1" explain "$2" --json | jq -r .state)" = recorded ]; }
# records WHAT HOME...: the last decision gets into a block, and these know it.
records() {
    what=$1
    shift
    known=0
    for one in "$@"; do wait_for 30 recorded "$one" "$decision" || known=1; done
    verdict $known "$what"
}
# stopped HOME WHAT: the last decision gets into no block while somebody waits for it.
stopped() {
    run q "$1" receipt "$decision" --wait 2 --json
    expect_error 4 pending "$2"
}
agree() { # HOME...: all are at one height, with one block
    first=$(head_of "$1" '"\(.height) \(.block_hash)"')
    for one in "$@"; do [ "$(head_of "$one" '"\(.height) \(.block_hash)"')" = "$first" ] || return 1; done
}
agreed() { # WHAT HOME...
    what=$1
    shift
    wait_for 30 agree "$@"
    verdict $? "$what"
}
no_fork() { # HOME...: a block that two of them have is the same
    for one in "$@"; do sqlite3 "$homes/$one/ledgerd.db" 'SELECT height, hex(header) || hex(transactions) FROM block' >>"$work/chains"; done
    [ -s "$work/chains" ] && [ -z "$(sort -u "$work/chains" | cut -d '|' -f 1 | uniq -d)" ]
}
vote_all() { # ID HOME...
    id=$1
    shift
    for one in "$@"; do
        run q "$one" vote "$id" yes --as "$one" --json
        expect 0 "$one votes yes"
    done
}
is_validator() { q "$1" validator list --json | jq -e --arg name "$2" 'any(.validators[]; .name == $name)' >/dev/null; }
is_no_validator() { ! is_validator "$@"; }

quorate --home "$work/try" init --engine cometbft --members A --set cometbft.port=$port >"$out" 2>&1
run quorate --home "$work/try/A" up --json
[ "$(field '.error.code? // empty')" != unsupported ] || skip_all "CometBFT is not here: ./run cometbft installs it"
quorate --home "$work/try/A" down >/dev/null 2>&1

# ---- four homes ----
run quorate --home "$homes" init --engine cometbft --members A,B,C,D --set cometbft.port=$port --set upgrade.voting_seconds=6 \
    --set upgrade.timelock_seconds=1 --set validators.voting_seconds=6 --set validators.timelock_seconds=1 --json
expect 0 'init makes a home for each organisation' '(.homes | length) == 4'
check 'with one genesis' cmp "$homes/A/genesis.qrg" "$homes/D/genesis.qrg"
check 'and keys that nobody else reads' [ -z "$(find "$homes" -name '*key*.json' ! -perm 0600)" ]
check 'no absolute path is in a home' sh -c "! grep -rqF '$work' '$homes'"
run q A up --json
expect 0 'up returns where the others are away'
q A down 2>/dev/null >&2
if make_namespaces 2>/dev/null; then
    comment 'each organisation in a network namespace of its own'
else
    [ -z "$namespaces" ] || remove_namespaces
    comment 'all on the loopback: the partition is two engines that are stopped'
fi
for home in A B C D; do settle $home && start $home; done
run q A status --json
expect 0 'CometBFT is a fifth process' '.services | map(.name) == ["ledgerd", "governd", "priced", "reserved", "cometbft"] and all(.[]; .state == "running")'

# ---- everyone sells and proves it ----
run q A pin -o "$work/pin"
check 'the pin asks for three of four' [ "$(jq -r '"\(.need) of \(.nodes | length)"' "$work/pin")" = '3 of 4' ]
proves() { # HOME DECISION
    q "$1" receipt "$2" -o "$work/receipt" && quorate verify "$work/receipt" --pin "$work/pin"
}
for home in A B C D; do
    sell $home
    check "a receipt from $home is signed by three of four" wait_for 20 proves $home "$decision"
done
sell A
run q A receipt "$decision" --wait 20 -o "$work/receipt"
expect 0 'one that is waited for'
run quorate verify "$work/receipt" --pin "$work/pin" --json
expect 0 'has as many signatures as a pin asks for' '.valid == true'
run q A explain 0123456789abcdef --json
expect_error 4 not_found 'what no home has made is no decision'
check 'and one that another made is waited for' jq -e '.error | (.text | contains("0123456789abcdef")) and (.hint | contains("block"))' "$out"
agreed 'all four are at one head' A B C D

# ---- one is killed ----
crash D
sell A
records 'one of four is killed: the ledger lives' A B C
start D
records 'and it catches up' D

# ---- two are killed ----
crash C
crash D
sell A
stopped A 'two of four are killed: no block is made'
start C
records 'with a third it goes on' A B C
start D
agreed 'and all agree' A B C D
check 'no block was made twice' no_fork A B C D

# ---- a partition ----
if [ -n "$namespaces" ]; then
    for home in C D; do ip -n "${space}hub" link set to$home master west; done
    mine=C
else
    kill -STOP "$(engine_of C)" "$(engine_of D)"
    mine=B
fi
sell A
on_one_side=$decision
sell $mine
stopped $mine 'parted two and two, no block is made on one side'
other_side=$decision
decision=$on_one_side
stopped A 'nor on the other'
if [ -n "$namespaces" ]; then
    for home in C D; do ip -n "${space}hub" link set to$home master east; done
else
    kill -CONT "$(engine_of C)" "$(engine_of D)"
fi
records 'the partition heals: what one side recorded is known to all' A B C D
decision=$other_side
records 'and what the other did' A B C D
check 'and no block was made twice' no_fork A B C D

# ---- a pause ----
paused="$(engine_of D) $(q D status --json | jq -r '.services[0].pid')"
kill -STOP $paused
sell B
records 'one of four is paused: the ledger lives' A B C
kill -CONT $paused
records 'and it catches up after the pause' D

# ---- a fresh node takes over a snapshot ----
has_snapshot() { [ -n "$(ls "$homes/A/snapshots" 2>/dev/null | grep 'qrs$')" ]; }
while ! has_snapshot && height_at_least A 1 && ! height_at_least A 200; do sell A && records 'one more block' A; done
run quorate --home "$homes/E" init --join "$homes/A" --name E --member A --state-sync --set cometbft.port=$((port + 4)) --json
expect 0 'a home for a fifth node' '.name == "E" and (.key | length) == 64 and (.node_key | length) == 64'
consensus=$(field .key) node_key=$(field .node_key)
for kind in pricing reservation agent; do
    field ".operators[] | select(.kind == \"$kind\") | .key" >"$work/$kind"
done
settle E
start E
for kind in pricing reservation agent; do
    run q A operator appoint $kind E-$kind --key "$(cat "$work/$kind")" --as A --json
    expect 0 "A appoints E's $kind key"
done
sell A
records 'a fresh node knows the ledger' E
check 'from a snapshot' grep -q 'Snapshot restored' "$homes/E/log/cometbft.log"
agreed 'and is where the others are' A B C D E
sells() { q E book "$(q E search DEL BOM +7 --json | jq -r '.offers[0].offer')" --name DOE/JANE --json >"$work/sold"; }
check 'it sells' wait_for 30 sells
decision=$(jq -r .decision "$work/sold")
records 'and is recorded' A E

# ---- it is voted in and out ----
run q A proposal create validator --add E --key "$consensus" --node-key "$node_key" --member A --title 'A second node' --as A --json
expect 0 'A proposes a validator' '.state == "voting"'
id=$(field .id)
vote_all "$id" A B C
check 'the vote makes it a validator' wait_for 40 is_validator A E
agreed 'and all agree' A B C D E
run q D down
sell A
records 'it takes the place of one that is away: four of five are needed' A E
start D
records 'which catches up' D
run q B proposal create validator --remove E --title 'One is enough' --as B --json
expect 0 'B proposes to remove it' '.state == "voting"'
vote_all "$(field .id)" A B D
check 'the vote removes it' wait_for 40 is_no_validator A E
run q E down
crash D
sell A
records 'it is not needed any more: three of four go on' A B C
start D
start E
records 'and it follows still' D E

# ---- an upgrade ----
run quorate model import "$top_src/data/second.json" --features "$top_src/data/features.json" -o "$work/second.qrm" --json
expect 0 'the second model is imported'
run q B model publish "$work/second.qrm" --as B --json
expect 0 'and published by B'
model=$(field .model)
run q B proposal create upgrade --model "$model" --title 'Second model' --as B --json
expect 0 'and proposed'
id=$(field .id)
vote_all "$id" A B C
prices_by() { # HOME: the next decision there is by the new model
    other=$(q "$1" search DEL BOM +7 --json | jq -r '.offers[0].decision')
    [ "$(q "$1" explain "$other" --json | jq -r .model)" = "$model" ]
}
for home in A B C D E; do check "$home prices by the new model" wait_for 40 prices_by $home; done

# ---- the end: one history ----
agreed 'all five are at one head' A B C D E
for home in A B C D E; do q $home down 2>/dev/null >&2; done
for home in A B C D E; do
    run q $home ledger audit --json
    expect 0 "$home audits" '.ok == true'
    field .app_hash >>"$work/hashes"
done
check 'to the same application hash' [ "$(sort -u "$work/hashes" | wc -l)" = 1 ]
finish
