#!/bin/sh
# The dashboard in a real terminal (tmux), on real services: what it shows, what keys do, and how it leaves the terminal.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"
command -v tmux >/dev/null || skip_all 'tmux is not installed'
unset NO_COLOR

# ---- a terminal ----
mux() { tmux -S "$work/tmux" -f /dev/null "$@"; }
screen() { mux capture-pane -p -t it; }
shows() { screen | grep -qF -- "$1"; }
shows_not() { ! shows "$1"; }
keys() { mux send-keys -t it "$@"; }
# see TEXT DESCRIPTION: the text comes up.
see() {
    wait_for 6 shows "$1"
    seen=$?
    [ $seen = 0 ] || screen | sed 's/^/# screen: /'
    verdict $seen "$2"
}
see_no_more() {
    wait_for 6 shows_not "$1"
    verdict $? "$2"
}

# open ROWS COLS [VARIABLE=VALUE...]: a shell that runs the dashboard, and says how it ended and whether the terminal is as before.
open() {
    rows=$1 cols=$2
    shift 2
    mux kill-server 2>/dev/null
    wait_for 5 sh -c "! [ -S '$work/tmux' ] || ! tmux -S '$work/tmux' ls"
    cat >"$work/session.sh" <<END
before=\$(stty -g)
env TERM=tmux-256color $* quorate dashboard 2>"$work/dashboard.err" &
echo \$! >"$work/dashboard.pid"
fg >/dev/null
ended=\$?
[ "\$before" = "\$(stty -g)" ] && echo "ended with \$ended, terminal as before" || echo "ended with \$ended, terminal changed"
exec cat
END
    mux new-session -d -x "$cols" -y "$rows" -s it "exec bash --norc -m '$work/session.sh'"
}
on_alternate_screen() { [ "$(mux display -p -t it '#{alternate_on}')" = "$1" ]; }
resize() { mux resize-window -t it -x "$1" -y "$2"; }
end_it() { kill -"$1" "$(cat "$work/dashboard.pid")"; }

# ---- services, each by itself ----
start() {
    for service; do
        "quorate-$service" --home "$QUORATE_HOME" >>"$QUORATE_HOME/log/$service.log" 2>&1 &
        eval "pid_$service=$!"
    done
}

new_home --set upgrade.voting_seconds=300
mkdir -p "$QUORATE_HOME/log"

# without services
open 24 80
see '4 away' 'it starts without services'
see '? help' 'and hints at its keys'
keys q
see 'ended with 0, terminal as before' 'q ends it and leaves the terminal as it was'
check 'and the screen below' on_alternate_screen 0

# with them: it notices by itself
open 24 80
see '4 away' 'services are away'
start ledgerd governd priced reserved
see_no_more 'away' 'and are noticed when they are there'
see 'shared, on one machine' 'custody is said'

# a fare, as soon as the services have found each other
wait_for 20 quorate search DEL BOM +7
keys 5
keys s
see 'Cabin' 's opens the search form'
keys Enter
see '1/2' 'offers come'
keys Enter
see 'exact sum' 'an offer explains itself'
see 'block ' 'and is recorded'
keys r
see 'receipt valid' 'its receipt is checked'
see 'recomputation ok' 'to the last bit'
keys b
see 'Surname' 'b asks for a name'
keys Rao Tab Asha Enter
see 'booked ' 'the offer is booked'
keys t
see 'confirmed' 'the order is listed'
locator=$(screen | awk '/confirmed/ { print $1; exit }')
run quorate order show "$locator" --surname Rao --json
expect 0 'and is the one that the command line knows' '.state == "confirmed"'

# a vote
run quorate model import "$top_src/data/second.json" --features "$top_src/data/features.json" -o "$work/second.qrm"
run quorate model publish "$work/second.qrm" --as Vistara --json
model=$(field .model)
keys 3
run quorate proposal create upgrade --model "$model" --title 'A better model' --as Vistara --json
proposal=$(field .id)
see 'A better model' 'a proposal shows by itself'
keys Enter
see 'MAPE economy' 'with its impact'
see 'VOTING' 'and its state'
keys v
see 'Cast a ballot' 'v asks for the ballot'
keys v Tab y Tab sound Enter
see 'the ballot is recorded in block' 'a ballot is cast'
run quorate proposal show "$proposal" --json
expect 0 'and counted' '.tally.yes == 1'

# the ledger
keys 2
see ' 1/' 'blocks'
keys Enter
see 'what it does' 'one block'
keys Enter
see 'Payload' 'one transaction'

# a service that is killed
keys 3
kill -9 "$pid_governd"
see 'governd away, stale' 'data of a service that is away is called stale'
start governd
see_no_more 'stale' 'and is fresh again when it is back'

# sizes
resize 200 60
see 'Latest' 'list, detail and events at 200x60'
resize 40 10
see_no_more 'Latest' 'one pane at 40x10'
resize 20 4
see 'all up, q quits' 'one line below'
resize 1 1
resize 80 24
see 'MAPE economy' 'back at 80x24, where it was'

# what is pasted is not typed
mux set-buffer 'q12345'
mux paste-buffer -p -t it
see 'pasted text is ignored' 'pasted text runs nothing'

# ends
end_it TERM
see 'ended with 0, terminal as before' 'SIGTERM leaves the terminal as it was'
check 'on the screen below' on_alternate_screen 0
open 24 80
see 'Ledger' 'it is there again'
end_it SEGV
see 'ended with 139, terminal as before' 'a crash leaves the terminal as it was'
check 'on the screen below too' on_alternate_screen 0

# terminals that can little
open 24 80 LC_ALL=C TERM=vt100
see 'shared, on one machine' 'a vt100 without UTF-8 shows the same'
check 'in ASCII' sh -c "! tmux -S '$work/tmux' capture-pane -p -t it | LC_ALL=C grep -q '[^ -~]'"
keys q
open 24 80 NO_COLOR=1
see 'shared, on one machine' 'NO_COLOR shows the same'
check 'without a colour' sh -c "! tmux -S '$work/tmux' capture-pane -e -p -t it | grep -q '\[[0-9;]*3[0-7]m'"
keys q
see 'terminal as before' 'and ends cleanly'
run quorate dashboard
check 'without a terminal it says so' [ "$status" != 0 ]
mux kill-server
finish
