# The frame of a system test: real processes, real sockets, a real home.
#
#     . "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"
#     new_home                                  # quorate init in a folder of its own; exported as QUORATE_HOME
#     up
#     run quorate search DEL BOM +7 --json      # leaves $status, $out and $err (files)
#     expect 0 'a search finds offers' '.offers | length > 0'
#     finish
#
# Each check prints one TAP line. Everything lives in one short temporary folder; whatever runs out of it is ended at exit,
# however the script ends. Nothing here sleeps to be right: wait_for asks until the answer comes, and fails at a deadline.

set -u
LC_ALL=C.UTF-8
NO_COLOR=1
export LC_ALL NO_COLOR

top_src=${QR_TOP_SRCDIR:-$(pwd)}
top_build=${QR_TOP_BUILDDIR:-$(pwd)/build}
PATH="$top_build:$PATH"
export PATH

work=$(mktemp -d "${TMPDIR:-/tmp}/qr.XXXXXX") || exit 2
mkdir "$work/here" && cd "$work/here" || exit 2 # a command that writes where it stands writes there
out=$work/out err=$work/err
n_checks=0 n_failed=0 n_homes=0 status=0
: >"$out" && : >"$err"

# CometBFT names its home by the folder that it runs in alone.
runs_in() {
    read -r name 2>/dev/null <"$1/comm" && [ "$name" = cometbft ] || return 1
    case $(readlink "$1/cwd") in "$work"/*) ;; *) return 1 ;; esac
}

# The processes whose command line or folder lies in our folder, so that no test ends another's.
ours() {
    for process in /proc/[0-9]*; do
        [ "${process#/proc/}" != $$ ] || continue
        if tr '\0' ' ' 2>/dev/null <"$process/cmdline" | grep -qF "$work/" ||
            { tr '\0' '\n' 2>/dev/null <"$process/environ" | grep -qF "QUORATE_HOME=$work/" &&
                tr '\0' ' ' 2>/dev/null <"$process/cmdline" | grep -q '^[^ ]*quorate'; } || runs_in "$process"; then
            printf '%s ' "${process#/proc/}"
        fi
    done
}

end_ours() {
    for signal in TERM KILL; do
        running=$(ours)
        [ -n "$running" ] || return 0
        kill -$signal $running 2>/dev/null
        [ $signal = KILL ] || wait_for 5 nothing_ours
    done
}
nothing_ours() { [ -z "$(ours)" ]; }

at_exit() {
    trap - EXIT INT TERM HUP
    end_ours
    for folder in "$work"/*; do # what a test mounted
        ! grep -qF " $folder " /proc/mounts || umount -l "$folder"
    done
    rm -rf "$work"
}
trap at_exit EXIT
trap 'exit 130' INT TERM HUP

comment() { printf '%s\n' "$*" | sed 's/^/# /'; }

# What a person needs to understand a failure.
show_run() {
    comment "ran: ${ran:-nothing} (exit $status)"
    head -c 2000 "$out" | sed 's/^/#   out: /'
    head -c 2000 "$err" | sed 's/^/#   err: /'
    for log in "${QUORATE_HOME:-/nowhere}"/log/*.log; do
        [ ! -s "$log" ] || grep -v 'level=info' "$log" | tail -n 5 | sed "s|^|#   ${log##*/}: |"
    done
}

# verdict WORKED DESCRIPTION: one TAP line.
verdict() {
    n_checks=$((n_checks + 1))
    if [ "$1" = 0 ]; then
        echo "ok $n_checks - $2"
    else
        echo "not ok $n_checks - $2"
        n_failed=$((n_failed + 1))
        show_run
    fi
}

# check DESCRIPTION COMMAND...: the command works.
check() {
    check_what=$1
    shift
    "$@" >/dev/null
    verdict $? "$check_what"
}

# run COMMAND...: runs it to its end and keeps its answer.
run() {
    ran=$*
    "$@" >"$out" 2>"$err" </dev/null
    status=$?
}

# Every exit of a program under test is a number of INTERFACE's, never a signal's or a sanitizer's.
sane() { [ "$status" -le 5 ] && ! grep -qE 'AddressSanitizer|runtime error:|Assertion|LeakSanitizer' "$err"; }

# expect STATUS DESCRIPTION [JQ]: the last run ended so, and its answer satisfies the filter, for every line of JSONL.
expect() {
    if [ "$status" = "$1" ] && sane && { [ $# -lt 3 ] || [ "$(jq -s "length > 0 and all(.[]; $3)" "$out" 2>&1)" = true ]; }; then
        verdict 0 "$2"
    else
        verdict 1 "$2 (wanted exit $1${3:+ and $3})"
    fi
}

# expect_error STATUS CODE DESCRIPTION: the last run, under --json, was refused with this word and a sentence.
expect_error() {
    expect "$1" "$3" ".error | .code == \"$2\" and (.text | length) > 0 and (.hint | type) == \"string\""
}

# field JQ: one value of the last answer.
field() { jq -r "$1" "$out"; }

# wait_for SECONDS COMMAND...: until it works.
wait_for() {
    wait_until=$(($(date +%s) + $1))
    shift
    while ! "$@" >/dev/null 2>&1; do
        [ "$(date +%s)" -le "$wait_until" ] || return 1
        sleep 0.05
    done
}

# new_home [INIT-OPTIONS...]: votes and timelocks of a test take seconds.
new_home() {
    n_homes=$((n_homes + 1))
    QUORATE_HOME=$work/h$n_homes
    export QUORATE_HOME
    run quorate init --set upgrade.voting_seconds=5 --set upgrade.timelock_seconds=1 "$@"
    [ "$status" = 0 ] || {
        verdict 1 'init makes a home'
        finish
    }
}

up() {
    run quorate up
    [ "$status" = 0 ] || {
        verdict 1 'up brings the services up'
        finish
    }
}

down() { run quorate down; }

# pid_of SERVICE: of the one that the supervisor runs now.
pid_of() { quorate status --json 2>/dev/null | jq -r ".services[] | select(.name == \"$1\") | .pid"; }

# rss_of PID: resident memory in KiB.
rss_of() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

first_offer() { # FROM TO: prints the id of a fresh offer
    quorate search "${1:-DEL}" "${2:-BOM}" +7 --json 2>/dev/null | jq -r '.offers[0].offer'
}

skip_all() {
    echo "1..0 # SKIP $1"
    exit 0
}

finish() {
    echo "1..$n_checks"
    [ "$n_failed" = 0 ] || exit 1
    exit 0
}
