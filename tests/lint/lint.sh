#!/bin/sh
# Checks what a compiler does not: the layers, and what stays out of which folder. Reads the tree at QR_TOP_SRCDIR (or $1),
# prints one TAP line a rule, and every place that breaks it.
set -u
LC_ALL=C
export LC_ALL

here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-${QR_TOP_SRCDIR:-$here/../..}}" || exit 2
folders='common wire xai governance ledger reservations learning node services cli tui data tests bench docs'
kept='m4 build-aux autom4te.cache' # beside the folders of the design: what the build tools need
lines_max=700

files() { # PATTERN...: the files of these names in the project's folders
    set -f
    names=
    for pattern in "$@"; do names="$names -o -name $pattern"; done
    find $present -type f \( ${names# -o } \) | grep -v __pycache__ | sort
    set +f
}

present=
for folder in $folders; do [ ! -d "$folder" ] || present="$present $folder"; done
sources=$(files '*.c' '*.h')
texts="$sources $(files '*.sh' '*.py' '*.mk' '*.proto' '*.md' '*.awk' '*.1') configure.ac Makefile.am run"

in_sources() { awk -f "$here/lint.awk" $sources | grep -E "^[^ ]+: $1: "; }

layers() { in_sources layers; }
libraries() { in_sources libraries; }
banned() { in_sources banned; }
deterministic() { in_sources deterministic; }

# Three X's in quotes are an airport that is none.
unfinished() { grep -nE '\b(TO''DO|FIX''ME|HA''CK)\b|(^|[^"])\bXX''X\b' $texts; }

whitespace() {
    tab=$(printf '\t')
    grep -n "$tab" $sources
    grep -nE "[ $tab]+\$|$(printf '\r')" $texts
    for file in $texts; do [ -z "$(tail -c 1 "$file")" ] || echo "$file: no newline at its end"; done
}

# A source that no local.mk names is in no archive, and perhaps in no program.
listed() {
    names=$(cat $(files local.mk) Makefile.am | tr -s ' \t\\' '\n' | sort -u)
    for file in $sources $(files '*.S' '*.proto') $(files '*.sh' | grep -v /corpus/); do
        printf '%s\n' "$names" | grep -qxF "$file" || echo "$file: in no local.mk"
    done
}

sizes() {
    for file in $sources; do
        case $file in *table.h | *tables.h | *tables.c) continue ;; esac
        lines=$(wc -l <"$file")
        [ "$lines" -le $lines_max ] || echo "$file: $lines lines; is there a second thing in there?"
    done
}

top_folders() {
    for folder in */; do
        case " $folders $kept " in *" ${folder%/} "*) continue ;; esac
        case $folder in build*/ | _*/) continue ;; esac # where someone builds
        echo "$folder is no folder of the design"
    done
}

n=0 status=0
for rule in layers libraries banned deterministic unfinished whitespace listed sizes top_folders; do
    n=$((n + 1))
    places=$("$rule")
    if [ -z "$places" ]; then
        echo "ok $n - $rule"
    else
        printf '%s\n' "$places" | sed 's/^/# /'
        echo "not ok $n - $rule"
        status=1
    fi
done
echo "1..$n"
exit $status
