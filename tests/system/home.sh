#!/bin/sh
# Homes: made once, moved, unreadable, on a full disk, under odd names; a clock that steps.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

# made once
new_home
files_of() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k 2); }
before=$(files_of "$QUORATE_HOME")
run quorate init --json
expect_error 2 home_exists 'a home that exists is refused'
check 'and left untouched' [ "$before" = "$(files_of "$QUORATE_HOME")" ]
mkdir "$work/mine" && echo keep >"$work/mine/file"
run quorate --home "$work/mine" init --json
expect 2 'a folder that is no home is not taken over' '.error.code | length > 0'
check 'and keeps what is in it' [ "$(cat "$work/mine/file")" = keep ]
for bad in '--members A,A' '--members ,' '--members a/b' "--members $(printf 'x%.0s' $(seq 1 40))" '--set nonsense=1' '--set offer_seconds=x' \
    '--set offer_seconds=-1' '--set offer_seconds' '--fares /no/such/file.csv' '--set upgrade.voting_seconds=99999999999999999999'; do
    run quorate --home "$work/none" init $bad --json
    expect 2 "init $(printf %.40s "$bad") is refused" '.error.text | length > 0'
    check 'and leaves nothing' [ ! -e "$work/none" ]
done
check 'keys are private' [ -z "$(find "$QUORATE_HOME/keys" -type f ! -perm 0600)" ]
check 'no absolute path is in a home' sh -c "! grep -rqF '$work' '$QUORATE_HOME'"

# moved, with a booking in it, to a path longer than a socket's address, with blanks and letters beyond ASCII
up
offer=$(first_offer)
run quorate book "$offer" --name DOE/JANE --json
expect 0 'a booking before the move'
locator=$(field .locator)
down
long="$work/Übersee und weiter $(printf 'd%.0s' $(seq 1 90))"
mv "$QUORATE_HOME" "$long"
QUORATE_HOME=$long
up
run quorate order show "$locator" --surname DOE --json
expect 0 'a moved home knows its bookings' '.state == "confirmed"'
run quorate search DEL BOM +7 --json
expect 0 'and sells' '.offers | length > 0'
down
run quorate ledger audit --json
expect 0 'and audits' '.ok == true'

# files that cannot be read or are not what they should be
down
for file in genesis.qrg quorate.ini ledgerd.db keys/operators/node.key; do
    cp "$QUORATE_HOME/$file" "$work/kept"
    printf 'rubbish\000\377[' >"$QUORATE_HOME/$file"
    run timeout 60 quorate up --json
    [ "$status" != 0 ] && [ "$status" -le 5 ] && sane
    verdict $? "up with a broken $file fails and says why"
    down # whoever watches over the services still tries to start this one
    run timeout 20 quorate-ledgerd --home "$QUORATE_HOME"
    [ "$status" = 2 ] || [ "$status" = 5 ]
    verdict $? "ledgerd with a broken $file ends with 2 or 5"
    check 'with a sentence' [ -s "$err" ]
    cp "$work/kept" "$QUORATE_HOME/$file"
done
up
run quorate ledger head --json
expect 0 'all is well once the files are back'
down

# a store that is gone, or of which nothing can be read: an audit says so, and does not advise itself
mv "$QUORATE_HOME" "$work/short" && QUORATE_HOME=$work/short
mv "$QUORATE_HOME/ledgerd.db" "$work/kept"
run quorate ledger audit --json
expect_error 5 corrupt 'a store that is missing, though blocks were committed to it, is damage'
run quorate up --json
[ "$status" = 3 ] && jq -e '.error.text | contains("remove ledgerd.db-mark to go on")' "$out" >/dev/null
verdict $? 'up says to the end what can be done about it'
down
rm -f "$QUORATE_HOME"/ledgerd.db*[lm] # what ledgerd made anew
printf 'rubbish\000\377[' >"$QUORATE_HOME/ledgerd.db"
run quorate ledger audit --json
expect 5 'of one that is no database an audit says what to do' '.error.code == "corrupt" and (.error.hint | test("copy") and (test("audit") | not))'
mv "$work/kept" "$QUORATE_HOME/ledgerd.db"
run quorate ledger audit --json
expect 0 'and it audits when it is back' '.ok == true'

# a home without its genesis is a home all the same, and what cannot be made is said once
mv "$QUORATE_HOME/genesis.qrg" "$work/kept"
run quorate up --json
expect 2 'a home that lost its genesis is not told to make one' '.error.code == "no_home" and (.error.text | contains("genesis.qrg")) and (.error.hint | contains("init") | not)'
mv "$work/kept" "$QUORATE_HOME/genesis.qrg"
run quorate --home /proc/none init --json
expect 2 'a home that cannot be made' '.error.text | startswith("cannot make /proc/none")'

# a supervisor that ends at once is no reason to wait a minute
rm -f "$QUORATE_HOME/run/supervisor.lock" && mkdir "$QUORATE_HOME/run/supervisor.lock"
run timeout 20 quorate up --json
expect 3 'up says that the supervisor ended' '.error.code == "unreachable" and (.error.text | contains("supervisor")) and (.error.hint | contains("--foreground"))'
run timeout 20 quorate up --foreground
check 'and how to see why' grep -q 'cannot open .*supervisor.lock' "$err"
rmdir "$QUORATE_HOME/run/supervisor.lock"
up
run quorate status --json
expect 0 'once that is mended all is well' '[.services[].state] == ["running", "running", "running", "running"]'
down

# a home for each of several organisations; CometBFT itself is not needed to make them
many=$work/many
for bad in '--engine raft' '--engine cometbft --members A,A' '--engine cometbft --set cometbft.port=0' '--engine cometbft --set cometbft.port=65535' \
    '--set cometbft.port=26656' '--set validators.quorum=1/2' '--engine cometbft --set validators.quorum=7' '--join'; do
    run quorate --home "$many" init $bad --json
    expect 2 "init $bad is refused" '.error.text | length > 0'
    check 'and leaves nothing' [ ! -e "$many" ]
done
run quorate --home "$many" init --engine cometbft --members A,B,C,D --set cometbft.port=21000 --set validators.quorum=3/4 --json
expect 0 'four homes are made' '[.homes[].home | split("/") | last] == ["A", "B", "C", "D"] and [.homes[].port] == [21000, 21001, 21002, 21003]'
before=$(files_of "$many")
run quorate --home "$many" init --engine cometbft --json
expect_error 2 home_exists 'they are refused where there are any'
check 'and left untouched' [ "$before" = "$(files_of "$many")" ]
check 'each has its own member alone' [ "$(cd "$many" && echo ?/keys/*.key)" = 'A/keys/A.key B/keys/B.key C/keys/C.key D/keys/D.key' ]
check 'secrets are private' [ -z "$(find "$many" \( -path '*/keys/*' -o -name '*_key.json' \) -type f ! -perm 0600)" ]
check 'no absolute path is in them' sh -c "! grep -rqF '$many' '$many'"
address_of() { # the first 20 bytes of the SHA-256 of a public key in base64
    printf %s "$1" | base64 -d | sha256sum | cut -c 1-40
}
config=$many/A/cometbft/config
check 'an address is the start of the hash of its key' [ "$(jq -r '.address | ascii_downcase' "$config/priv_validator_key.json")" = \
    "$(address_of "$(jq -r .pub_key.value "$config/priv_validator_key.json")")" ]
node=$(jq -r .priv_key.value "$config/node_key.json" | base64 -d | tail -c 32 | sha256sum | cut -c 1-40)
check 'its peers know a node by that of its node key' sh -c \
    "! grep -q $node '$config/config.toml' && for h in B C D; do grep -q 'persistent_peers.*$node@127.0.0.1:21000' '$many'/\$h/cometbft/config/config.toml || exit 1; done"
run jq . "$config/genesis.json"
expect 0 "CometBFT's genesis has the four validators" '(.validators | length) == 4 and ([.validators[].name] | sort) == ["A", "B", "C", "D"]
    and all(.validators[]; .power == "1" and .pub_key.type == "tendermint/PubKeyEd25519") and (.chain_id | length) <= 50
    and (.app_state.quorate_genesis | length) == 64 and .consensus_params.abci.vote_extensions_enable_height == "1"'
ledgerd() { timeout 60 quorate-ledgerd --home "$many/A" 2>"$work/ledgerd.log"; }
ledgerd &
heads() { quorate --home "$many/A" ledger head --json; }
check 'ledgerd opens it' wait_for 20 heads
run heads
check "and the hash is that of the ledger's genesis" [ "$(field .genesis)" = "$(jq -r .app_state.quorate_genesis "$config/genesis.json")" ]
check 'of the same chain' [ "$(field .chain)" = "$(jq -r .chain_id "$config/genesis.json")" ]
kill $(ours) 2>/dev/null
wait
run env QUORATE_COMETBFT="$work/no-such-program" quorate --home "$many/A" up --json
expect 2 'up without the program says so' '.error.text | contains("QUORATE_COMETBFT")'
run quorate --home "$many/A" status --json
expect 3 'and starts nothing' '.supervisor == null and ([.services[].name] == ["ledgerd", "governd", "priced", "reserved", "cometbft"])'

# stands_in NAME BODY: a program in CometBFT's place, of which `up` asks the version.
stands_in() {
    printf '#!/bin/sh\n[ "$*" = version ] || exit 1\n%s\n' "$2" >"$work/$1" && chmod +x "$work/$1"
    run env QUORATE_COMETBFT="$work/$1" quorate --home "$many/A" up --json
}
for other in 'old:echo 0.37.9' 'new:echo v1.0.1' 'later:echo 0.380.1' 'longer:echo 10.38.0'; do
    stands_in "${other%%:*}" "${other#*:}"
    expect 2 "another version is refused: ${other#*echo }" '.error.code == "unsupported" and (.error.text | contains("v0.38")) and (.error.hint | contains("install"))'
done
for other in 'mute::' 'words:echo CometBFT' 'half:echo 0.38' 'failing:echo 0.38.25; exit 3' 'loud:yes' 'colour:printf "\033[31m0.38.25"'; do
    stands_in "${other%%:*}" "${other#*:}"
    expect 2 "so is a program that does not say: ${other#*:}" '.error.text | contains("does not say which version") and (test("\u001b") | not)'
done
run quorate --home "$many/A" status --json
expect 3 'and nothing was started' '.supervisor == null'
stands_in right 'echo 0.38.99+abc'
expect 3 'one of v0.38 is run' '.error.text | contains("cometbft does not start")'
run quorate --home "$many/A" down
expect 0 'it ends'
cat >"$work/panics" <<'END'
#!/bin/sh
[ "$*" != version ] || { echo 0.38.25; exit; }
printf 'panic: a block store that is damaged\n\ngoroutine 1 [running]:\nmain.main()\n\t/main.go:52 +0x21f\n' >&2
exit 2
END
chmod +x "$work/panics"
run env QUORATE_COMETBFT="$work/panics" quorate --home "$many/A" up --json
expect 3 'of one that panics the reason is told, not the end of its stack' '.error.text | contains("panic: a block store that is damaged")'
run quorate --home "$many/A" down

# one more node
join() { run quorate --home "$many/E" init --join "$@" --json; }
join "$work/nowhere" --name E --member A
expect 2 'a ledger that is not there is not joined' '.error.text | length > 0'
join "$many/A" --name E --member Eve
expect_error 4 not_a_member 'nor for a stranger'
join "$many/A" --name E
expect 2 'nor for nobody' '.error.text | length > 0'
join "$many/A" --name ../E --member A
expect 2 'nor under a name that is none' '.error.text | length > 0'
join "$many/A" --name E --member A --state-sync
expect 4 'nor from a snapshot where there is none' '.error.text | contains("snapshot")'
check 'which all leave nothing' [ ! -e "$many/E" ]
join "$many/A" --name E --member A
expect 0 'a home for a fifth node' '.port == 21004 and ([.operators[1:][].name] == ["E-pricing", "E-reservation", "E-agent"]) and .node_key == .operators[0].key'
check 'of the same ledger' cmp "$many/A/genesis.qrg" "$many/E/genesis.qrg"
check "for CometBFT too" sh -c "jq -S . '$many/A/cometbft/config/genesis.json' >'$work/a' && jq -S . '$many/E/cometbft/config/genesis.json' | cmp - '$work/a'"
check 'whose peers are the four' [ "$(grep -o '@127.0.0.1:2100[0-3]' "$many/E/cometbft/config/config.toml" | sort -u | wc -l)" = 4 ]
check "with no member's key" [ -z "$(find "$many/E/keys" -maxdepth 1 -name '*.key')" ]

# a full disk
if [ "$(id -u)" = 0 ] && mkdir "$work/disk" && mount -t tmpfs -o size=256k tmpfs "$work/disk" 2>/dev/null; then
    run quorate --home "$work/disk/home" init --json
    expect_error 5 disk_full 'init on a full disk'
    check 'leaves no half a home' [ ! -e "$work/disk/home" ]
    umount "$work/disk"
    mount -t tmpfs -o size=64m tmpfs "$work/disk"
    QUORATE_HOME=$work/disk/home
    run quorate init
    expect 0 'init where there is room'
    up
    offers=$(for date in +5 +6 +7 +8; do quorate search DEL BOM $date --json; done | jq -r '.offers[].offer')
    free=$(df -k --output=avail "$work/disk" | tail -n 1)
    head -c "$((free * 1024))" /dev/zero >"$work/disk/filler" 2>/dev/null
    for offer in $offers; do # what has room still, in files that are there, may go on
        run quorate book "$offer" --name DOE/JANE --key "full-$offer" --json
        [ "$status" = 0 ] || break
        field .locator >>"$work/kept.locators"
    done
    comment "$(cat "$work/kept.locators" 2>/dev/null | wc -l) bookings had room"
    expect 5 'a booking on a full disk is refused' '.error.code == "disk_full" and (.error.text | length > 0)'
    rm "$work/disk/filler"
    run quorate up
    answered() { quorate search DEL BOM +7 --json; }
    check 'services come back when there is room' wait_for 60 answered
    booked() { quorate book "$(first_offer)" --name DOE/JANE --json; }
    check 'and book' wait_for 30 booked
    lost=0
    for locator in $(cat "$work/kept.locators" 2>/dev/null); do
        run quorate order show "$locator" --surname DOE --json
        [ "$status" = 0 ] && [ "$(field .state)" = confirmed ] || lost=$((lost + 1))
    done
    check 'what was confirmed without room is there' [ $lost = 0 ]
    down
    run quorate ledger audit --json
    expect 0 'and nothing was half done' '.ok == true'
    umount "$work/disk"
else
    n_checks=$((n_checks + 1))
    echo "ok $n_checks - a full disk # SKIP needs root and mount"
fi
finish
