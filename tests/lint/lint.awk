# Reads C sources given by paths from the top and prints "FILE:LINE: RULE: what is wrong" for each broken rule. The rules are
# those of docs/ARCHITECTURE.md, "Layers"; lint.sh says what each is for.

BEGIN {
    # The floor of each folder: it includes its own headers and those of lower floors.
    split("common 0 wire 1 xai 2 governance 2 ledger 2 reservations 2 learning 2 node 3 services 4 cli 5 tui 6", pairs, " ")
    for (i = 1; i in pairs; i += 2)
        floor[pairs[i]] = pairs[i + 1]
    beside = "^(data|tests|bench|docs)$"

    # Which folders may use a library; the C library, POSIX and libsodium are everyone's.
    may["jansson.h"] = "^(xai|ledger|node|services|cli|tui|reservations)/"
    may["sqlite3.h"] = "^(ledger|reservations|node|services|cli)/"
    may["ini.h"] = "^(services|cli)/"
    may["zmq.h"] = may["czmq.h"] = may["curl/curl.h"] = may["microhttpd.h"] = "^services/lib/"
    may["curses.h"] = may["ncurses.h"] = may["ncursesw/curses.h"] = may["panel.h"] = may["form.h"] = may["menu.h"] = "^tui/term/"
    may["term.h"] = may["ncursesw/panel.h"] = may["ncursesw/form.h"] = may["ncursesw/menu.h"] = "^tui/term/"

    word = "(^|[^A-Za-z0-9_])"
    banned = word "(strcpy|strcat|sprintf|vsprintf|strtok|gets|gmtime|localtime|asctime|ctime|rand|srand|random|srandom|system|" \
        "popen|atoi|atol|atoll|atof|alloca|mktemp|tmpnam|strncat|scanf)[ ]*\\("

    # Where results are recorded: integers, no clock, no randomness, no locale. What reads a person's JSON may read a float there.
    deterministic = "^(governance|ledger|node|xai)/"
    excepted = "^xai/(import|export|document|draft|schema_json)"
    inexact = word "(float|double|time_t|_Float[0-9]+|__float128)([^A-Za-z0-9_]|$)"
    impure = word "(time|clock|clock_gettime|gettimeofday|qr_clock_now|qr_clock_monotonic|qr_random|randombytes[a-z_]*|getrandom|" \
        "drand48|qr_key_generate|setlocale|localeconv|strtod|strtof|strcoll|strxfrm|getenv|json_real[a-z_]*)[ ]*\\("
}

function broken(rule, what) {
    printf "%s:%d: %s: %s\n", path, FNR, rule, what
}

# The line without comments, and with the insides of strings taken out.
function code_of(line,    code, found) {
    code = ""
    while (line != "") {
        if (in_comment) {
            if (!(found = index(line, "*/")))
                return code
            line = substr(line, found + 2)
            in_comment = 0
            continue
        }
        if (!match(line, /\/\*|\/\/|"([^"\\]|\\.)*"|'([^'\\]|\\.)+'/))
            return code line
        code = code substr(line, 1, RSTART - 1)
        found = substr(line, RSTART, 2)
        if (found == "//")
            return code
        in_comment = found == "/*"
        if (!in_comment)
            code = code "\"\""
        line = substr(line, RSTART + RLENGTH)
    }
    return code
}

function folder_of(name) {
    return name ~ /^services\// ? "services/" part(name, 2) : part(name, 1)
}

function part(name, n,    parts) {
    split(name, parts, "/")
    return parts[n]
}

function check_own_include(header,    mine, theirs) {
    if (header !~ /\//) {
        broken("layers", "\"" header "\" is not written from the top")
        return
    }
    mine = part(path, 1)
    theirs = part(header, 1)
    if (mine ~ beside)
        return
    if (theirs ~ beside) {
        # Sample data is linked into the command that writes it into a home, and nowhere else.
        if (!(mine == "cli" && theirs == "data"))
            broken("layers", mine "/ includes " header)
        return
    }
    if (!(theirs in floor))
        broken("layers", header " is in no folder of the design")
    else if (mine == "services" && theirs == "services")
        check_service_include(header)
    else if (mine != theirs && floor[theirs] >= floor[mine] && !(path == "cli/dashboard.c" && header == "tui/tui.h"))
        broken("layers", mine "/ includes " header ", which is not on a lower floor")
    if (header ~ /\.pb-c\.h$/ && floor[mine] < 4 && mine != "wire")
        broken("layers", "generated types do not travel inward: " header)
}

function check_service_include(header) {
    if (folder_of(header) != "services/lib" && folder_of(header) != folder_of(path))
        broken("layers", folder_of(path) "/ includes another service's " header)
}

function check_library_include(header) {
    if (path ~ /^(tests|bench|data)\//)
        return
    if (header ~ /^protobuf-c\// && path !~ /^(wire|services)\//)
        broken("libraries", header " outside wire/ and services/")
    if (header in may && path !~ may[header])
        broken("libraries", header " is not for " folder_of(path) "/")
    if (header ~ /^sys\/(socket|un)\.h$|^netinet\// && path !~ /^(services|cli)\//)
        broken("libraries", "sockets are not for " folder_of(path) "/")
}

FNR == 1 {
    path = FILENAME
    sub(/^\.\//, "", path)
    in_comment = 0
}

/^[ ]*#[ ]*include/ {
    header = $0
    if (match(header, /"[^"]+"/))
        check_own_include(substr(header, RSTART + 1, RLENGTH - 2))
    else if (match(header, /<[^>]+>/))
        check_library_include(substr(header, RSTART + 1, RLENGTH - 2))
    next
}

{
    code = code_of($0)
    if (code ~ banned && path !~ /^tests\//)
        broken("banned", $0)
    if (path ~ deterministic && path !~ excepted && (code ~ inexact || code ~ impure))
        broken("deterministic", $0)
}
