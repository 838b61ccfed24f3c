#!/bin/sh
# The lint must find what it is there for: a small tree that is in order passes, and each planted mistake fails its rule alone.
set -u

here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d) || exit 2
trap 'rm -rf "$tree"' EXIT

clean_tree() {
    rm -rf "$tree"
    for folder in common xai governance ledger node services/lib services/priced cli tui/term tui wire reservations tests; do
        mkdir -p "$tree/$folder"
    done
    cd "$tree" || exit 2
    : >configure.ac
    : >run
    printf 'include common/local.mk\n' >Makefile.am
    printf '#include "common/a.h"\n#include <sodium.h>\n/* time() and strcpy() and a double: only words */\nconst char *a = "rand()";\n' >common/a.c
    printf 'int a(void); // TO be done\n' >common/a.h
    printf '#include <zmq.h>\n#include "node/n.h"\n' >services/lib/s.c
    printf '#include <panel.h>\n' >tui/term/t.c
    printf '#include "common/a.h"\n#include "xai/x.h"\n#include "ledger/l.h"\nint timely(int x);\n' >node/n.c
    printf 'double imported(void);\n' >xai/import.c
    for file in common/a.c common/a.h services/lib/s.c tui/term/t.c node/n.c xai/import.c; do echo "x = $file"; done >common/local.mk
}

n=0 status=0
verdict() { # WORKED WHAT
    n=$((n + 1))
    if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2" && status=1; fi
}

# planted RULE FILE LINE: adds the line to the file; just this rule must fail.
planted() {
    clean_tree
    mkdir -p "$(dirname "$2")"
    printf '%b' "$3" >>"$2"
    grep -qxF "x = $2" common/local.mk || [ "$1" = listed ] || echo "x = $2" >>common/local.mk
    out=$(sh "$here/lint.sh" "$tree")
    failed=$(printf '%s\n' "$out" | sed -n 's/^not ok [0-9]* - //p' | tr '\n' ' ')
    [ "$failed" = "$1 " ]
    verdict $? "$1 sees $2: $(printf '%b' "$3" | head -n 1 | tr -d '#\t\r')"
    [ "$failed" = "$1 " ] || printf '%s\n' "$out" | sed 's/^/# /'
}

clean_tree
sh "$here/lint.sh" "$tree" >out.txt
verdict $? 'a tree that is in order passes'
sed 's/^/# /' out.txt

planted layers xai/m.c '#include "governance/tally.h"\n'
planted layers common/b.c '#include "wire/message.h"\n'
planted layers ledger/b.c '#include "node/apply.h"\n'
planted layers node/b.c '#include "services/lib/client.h"\n'
planted layers services/priced/p.c '#include "services/reserved/r.h"\n'
planted layers services/lib/b.c '#include "services/priced/p.h"\n'
planted layers cli/c.c '#include "tui/view.h"\n'
planted layers common/b.c '#include "a.h"\n'
planted layers node/b.c '  # include "data/embedded.h"\n'
planted layers governance/b.c '#include "wire/governance.pb-c.h"\n'
planted libraries services/priced/p.c '#include <zmq.h>\n'
planted libraries cli/c.c '#include <czmq.h>\n'
planted libraries services/reserved/r.c '#include <curl/curl.h>\n'
planted libraries node/b.c '#include <microhttpd.h>\n'
planted libraries tui/view.c '#include <curses.h>\n'
planted libraries common/b.c '#include <jansson.h>\n'
planted libraries governance/b.c '#include <sqlite3.h>\n'
planted libraries tui/view.c '#include <sys/socket.h>\n'
planted banned cli/c.c 'void f(char *a) { strcpy(a, "x"); }\n'
planted banned cli/c.c 'int f(void) { return /* why */ system ("ls"); }\n'
planted banned cli/c.c 'int f(char *a) { return atoi(a); }\n'
planted deterministic ledger/b.c 'static double rate;\n'
planted deterministic governance/b.c 'int f(float x);\n'
planted deterministic xai/b.c 'long f(void) { return qr_clock_now(); }\n'
planted deterministic node/b.c 'void f(void *a) { randombytes_buf(a, 1); }\n'
planted deterministic xai/b.c 'int f(const char *a) { return strtod(a, 0) > 1; }\n'
planted unfinished cli/c.c '/* TO''DO */\n'
planted unfinished Makefile.am '# FIX''ME\n'
planted whitespace cli/c.c '\tint x;\n'
planted whitespace cli/c.c 'int x; \n'
planted whitespace cli/c.c 'int x;\r\n'
planted whitespace cli/c.c 'int x;'
planted listed xai/lost.c 'int x;\n'
planted listed tests/lost.sh 'true\n'
planted sizes cli/c.c "$(i=0; while [ $i -lt 701 ]; do printf 'int x;\\n'; i=$((i + 1)); done)"
planted top_folders learned/c.txt 'x\n'
echo "1..$n"
exit $status
