#!/bin/sh
# Disks that fill up and disks that fail, for real: the store of one service after the other lies on a small disk of its own. The
# service says so, in words and by its exit status, nothing that was acknowledged is lost, and when the disk is well again all goes on.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

[ "$(id -u)" = 0 ] || skip_all 'disks that fill up need root and mount'
mkdir "$work/ledgerd" "$work/priced" "$work/reserved" "$work/back" "$work/failing"
mount -t tmpfs -o size=2m tmpfs "$work/ledgerd" 2>/dev/null || skip_all 'mount is not allowed here'

# on_disk FILE FOLDER: the home's file lies there from now on.
on_disk() {
    [ ! -e "$QUORATE_HOME/$1" ] || cp -p "$QUORATE_HOME/$1" "$2/$1"
    ln -sf "$2/$1" "$QUORATE_HOME/$1"
}
fill() { head -c "$(($(df -k --output=avail "$1" | tail -n 1) * 1024))" /dev/zero >"$1/filler" 2>/dev/null; }

# One booking; what was answered is kept. Prints the code of what was refused.
book() {
    offer=$(first_offer)
    [ -n "$offer" ] && [ "$offer" != null ] || return 3
    quorate book "$offer" --name DOE/JANE --key "$offer" --json >"$work/answer" 2>/dev/null
    booked=$?
    [ $booked != 0 ] || jq -c . "$work/answer" >>"$work/booked"
    return $booked
}

# Its log's own words, and how it ended.
ended_with_5() { grep -q "$1 .*ended with status 5\|$1 ended with status 5" "$QUORATE_HOME/log/supervisor.log"; }
said() { grep -q "level=error.*$2" "$QUORATE_HOME/log/$1.log"; }

# A block that was told of: its height and its hash.
remember() { quorate ledger show "$(quorate ledger head --json | jq .height)" --json >"$work/block"; }
remembered() {
    quorate ledger show "$(jq .height "$work/block")" --json | jq -S .header >"$work/block.now"
    [ -s "$work/block.now" ] && [ "$(jq -S .header "$work/block")" = "$(cat "$work/block.now")" ]
}
nothing_lost() {
    check "nothing that was booked $1 is lost" all_there
    check "and no block that was told of" wait_for 10 remembered
}
all_there() {
    while IFS= read -r order; do
        quorate order show "$(printf '%s' "$order" | jq -r .locator)" --surname DOE --json | jq -e '.state == "confirmed"' || return 1
    done <"$work/booked"
}
recorded() { quorate receipt "$(tail -n 1 "$work/booked" | jq -r .decision)" --json; }

new_home
on_disk ledgerd.db "$work/ledgerd"
up
check 'a booking while there is room' book
check 'is recorded' wait_for 20 recorded

# ledgerd: filled up by what it records
until_full() {
    book
    remember
    ended_with_5 ledgerd
}
check 'ledgerd stops with exit status 5 when its disk is full' wait_for 60 until_full
check 'and says so, with its file and what to do' said ledgerd 'ledgerd.db.*full.*make room'
comment "$(wc -l <"$work/booked") bookings"
mount -o remount,size=64m "$work/ledgerd"
check 'it records again when there is room' wait_for 60 recorded
nothing_lost 'around a full ledger'

# priced: its journal
mount -t tmpfs -o size=16m tmpfs "$work/priced"
down
on_disk priced.db "$work/priced"
up
check 'a booking from another disk' wait_for 20 book
fill "$work/priced"
search_refused() { # with 5 where it was asked, with 3 when it is away
    quorate search DEL BOM +7 --json >"$out" 2>/dev/null
    status=$?
    [ $status = 5 ] || [ $status = 3 ]
}
check 'pricing whose journal has no room answers no search' wait_for 30 search_refused
check 'and says so' wait_for 10 said priced 'priced.db'
rm "$work/priced/filler"
check 'it sells again when there is room' wait_for 60 book
check 'and records' wait_for 30 recorded
nothing_lost 'around a full journal'

# reserved: its bookings
mount -t tmpfs -o size=16m tmpfs "$work/reserved"
down
on_disk reserved.db "$work/reserved"
up
check 'a booking from a third disk' wait_for 20 book
fill "$work/reserved"
until_refused() {
    book
    [ $? = 5 ] || { quorate search DEL BOM +7 --json >"$work/answer"; [ $? = 5 ]; }
}
check 'reservations without room are refused' wait_for 60 until_refused
run jq -e '.error.code == "disk_full" and (.error.text | length) > 0' "$work/answer"
expect 0 'with the reason'
rm "$work/reserved/filler"
check 'they go on when there is room' wait_for 60 book
nothing_lost 'around full reservations'
down
run quorate ledger audit --json
expect 0 'and nothing on the ledger is wrong' '.ok == true'

# A disk that fails: its blocks lie in a file on a disk that is full, so that what cannot be written there is an I/O error here.
mount -t tmpfs -o size=20m tmpfs "$work/back"
truncate -s 32M "$work/back/image"
if command -v mkfs.ext4 >/dev/null && mkfs.ext4 -q "$work/back/image" 2>/dev/null &&
    mount -o loop "$work/back/image" "$work/failing" 2>/dev/null; then
    cp -p "$work/ledgerd/ledgerd.db" "$work/failing/"
    ln -sf "$work/failing/ledgerd.db" "$QUORATE_HOME/ledgerd.db"
    : >"$QUORATE_HOME/log/supervisor.log" && : >"$QUORATE_HOME/log/ledgerd.log"
    up
    check 'a booking on a disk that works' wait_for 20 book
    check 'is recorded there' wait_for 20 recorded
    sync -f "$work/failing"
    fill "$work/back"
    check 'ledgerd stops with exit status 5 when its disk fails' wait_for 60 until_full
    check 'and says so, with its file and what to do' said ledgerd 'ledgerd.db.*I/O error.*system'
    down
    rm "$work/back/filler"
    umount "$work/failing" && mount -o loop "$work/back/image" "$work/failing" # and its own journal mends it
    up
    check 'it goes on when the disk works' wait_for 60 book
    check 'and records' wait_for 30 recorded
    nothing_lost 'around a failing disk'
    down
    run quorate ledger audit --json
    expect 0 'and nothing on the ledger is wrong' '.ok == true'
    umount "$work/failing"
else
    n_checks=$((n_checks + 1))
    echo "ok $n_checks - a disk that fails # SKIP needs mkfs.ext4 and a loop device"
fi
check 'no sanitizer complained' sh -c "! grep -lE 'AddressSanitizer|runtime error:' '$QUORATE_HOME'/log/*.log"
finish
