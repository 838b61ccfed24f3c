#!/bin/sh
# Models through the command line: what a hostile file may cost, what memory for tables decides, and what each subcommand of
# `quorate model` answers.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

data=$top_src/data
hostile=$top_build/tests/system/hostile

# ---- a hostile file costs at most 5 s of a processor and 1 GiB, and is answered in a sentence ----
jq -n '{output: {unit: "INR", minor_digits: 2, link: "identity"}, features: [
    {name: "x", unit: "", scale: 1, min: -1000000, max: 1000000, missing: true},
    {name: "c", categories: [range(4096) | "k\(.)"], missing: true}]}' >"$work/two.json"
limited() { ( ulimit -v 1048576 && ulimit -t 5 && exec "$@" ); }
for kind in $("$hostile"); do
    "$hostile" "$kind" >"$work/hostile"
    run limited quorate model import "$work/hostile" --features "$work/two.json" -o "$work/made.qrm" --json
    case $kind in
    json_nodes | text_sets | text_codes) expect 0 "$kind is a model, and costs no more" '.leaves > 0' ;;
    json_scales) expect 4 "$kind is not admitted" '.error.code == "not_admitted"' ;;
    *) expect 2 "$kind is refused" '.error.text | length > 0' ;;
    esac
done
rm -f "$work/hostile"
finish
