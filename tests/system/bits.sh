#!/bin/sh
# The recorded path gives the same bits from gcc and clang, unoptimised and optimised, by every engine and instruction set:
# tests/system/bits.c and the part of xai/ that makes recorded figures, compiled by each compiler that is here.
. "${QR_TOP_SRCDIR:-.}/tests/system/lib.sh"

sources='schema schema_json model model_file csv jsonl rows baseline reference attribution direct tables tables_fill tables_rows
    fare rules change report report_groups report_json report_proofs box certify whatif'

for model in first second; do
    run quorate model import "$top_src/data/$model.json" --features "$top_src/data/features.json" -o "$work/$model.qrm"
done
# Unoptimised, all of the rows take half a minute.
awk 'NR % 8 == 1' "$top_src/data/reference.csv" >"$work/reference.csv"
awk 'NR % 2 == 1' "$top_src/data/baseline.csv" >"$work/baseline.csv"

# COMPILER LEVEL: compiles, runs, leaves the hash in COMPILER LEVEL.hash, or what failed in .log
bits() {
    folder=$work/$1$2
    mkdir "$folder"
    files="$top_src/tests/system/bits.c"
    for source in $sources; do files="$files $top_src/xai/$source.c"; done
    {
        (cd "$folder" && "$1" "$2" -std=gnu17 -D_GNU_SOURCE -I"$top_src" -include common/prelude.h -c $files) &&
            "$1" "$folder"/*.o -o "$folder/bits" "$top_build/common/libcommon.a" -ljansson -lsodium -lpthread -lm &&
            "$folder/bits" "$top_src/data/features.json" "$work/baseline.csv" "$work/reference.csv" \
                "$work/first.qrm" "$work/second.qrm" >"$folder.hash"
    } 2>"$folder.log" || sed 's/^/# /' "$folder.log"
}

compilers=
for compiler in gcc clang; do
    if command -v "$compiler" >/dev/null; then
        compilers="$compilers $compiler"
    else
        echo "# $compiler is not here: left out"
    fi
done

for level in -O0 -O3; do
    for compiler in $compilers; do bits "$compiler" "$level" & done
    wait
done

expected=
for compiler in $compilers; do
    for level in -O0 -O3; do
        got=$(cat "$work/$compiler$level.hash" 2>/dev/null)
        [ -n "$expected" ] || expected=$got
        check "$compiler $level makes the same bits" [ "${got:-none}" = "$expected" ]
    done
done

# A locale with a decimal comma, where tests/local.mk could make one.
if [ -d "$top_build/tests/locale/de_DE.UTF-8" ]; then
    set -- $compilers
    got=$(LOCPATH=$top_build/tests/locale LC_ALL=de_DE.UTF-8 "$work/$1-O3/bits" "$top_src/data/features.json" "$work/baseline.csv" "$work/reference.csv" \
        "$work/first.qrm" "$work/second.qrm")
    check 'another locale makes the same bits' [ "${got:-none}" = "$expected" ]
else
    echo '# no locale with a decimal comma is here: left out'
fi
finish
