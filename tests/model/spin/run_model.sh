#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# run_model.sh MODEL [VARIANT]
#
# Verifies MODEL.pml, whole or not at all. VARIANT is one of the model's own, named in its head:
#   @property NAME end-state|acceptance|assertion [EXPRESSION]
#   @right VARIANT FLAG...             another configuration that must hold too
#   @wrong VARIANT PROPERTY FLAG...    must break that property, in that property's way; of several
#                                      (PROPERTY,PROPERTY) the one that the search meets first
# A right run passes if there are no errors, the search was complete, every assertion named is
# really in the model, and every step of every process was reached.
set -euo pipefail

readonly search_depth=1000000
readonly memory_mib=1900

folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

fail() {
    echo "FAILED: $*" >&2
    exit 1
}

if [[ $# -lt 1 || $# -gt 2 ]]; then
    fail "usage: run_model.sh MODEL [VARIANT]"
fi
model=$1
variant=${2:-}
source_file=$folder/$model.pml
[[ -f $source_file ]] || fail "no model named $model"

for tool in spin gcc; do
    if ! command -v "$tool" > /dev/null; then
        echo "SKIP: $tool is not installed"
        exit 77
    fi
done

# Prints what follows "@KIND NAME" in the model's head; fails if there is no such line.
declaration() {
    awk -v kind="@$1" -v name="$2" '
        $1 == "//" && $2 == kind && $3 == name {
            sub(/^\/\/ +@[a-z]+ +[^ ]+ */, "")
            print
            found = 1
        }
        END { exit !found }' "$source_file"
}

flags=()
expected=
if [[ -n $variant ]]; then
    if words=$(declaration right "$variant"); then
        read -r -a flags <<< "$words"
    elif words=$(declaration wrong "$variant"); then
        read -r -a flags <<< "$words"
        expected=${flags[0]}
        flags=("-D$variant" "${flags[@]:1}")
    else
        fail "$model has no variant $variant"
    fi
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Copied, because the trail is looked for beside the model.
cp "$folder"/*.pml "$work"
cd "$work"

compile=(-O2 "-DMEMLIM=$memory_mib" -DCOLLAPSE)
search=("-m$search_depth" -w22)
# A wrong variant fails within a second of search: the compiler is what would take time.
if [[ -n $expected ]]; then
    compile[0]=-O0
    search=(-m300000 -w20)
fi
mode=safety
if [[ " ${flags[*]} " == *" -DLIVENESS "* ]]; then
    mode=liveness
    # Fairness counts processes, in pieces of a few.
    compile+=(-DNFAIR=3)
    search+=(-a -f)
else
    compile+=(-DSAFETY)
fi

# -o3: merged statements would be counted as reached together.
spin -a -o3 "${flags[@]}" "$model.pml" > spin.log 2>&1 || { cat spin.log; fail "spin"; }
gcc "${compile[@]}" -o pan pan.c > gcc.log 2>&1 || { cat gcc.log; fail "gcc"; }
started=$EPOCHREALTIME
./pan "${search[@]}" > pan.log 2>&1 || { cat pan.log; fail "pan ended with status $?"; }
ended=$EPOCHREALTIME

errors=$(sed -n 's/.*errors: \([0-9]*\)$/\1/p' pan.log)
depth=$(sed -n 's/.*depth reached \([0-9]*\),.*/\1/p' pan.log)
states=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' pan.log)
memory=$(sed -n 's/^ *\([0-9.]*\)\ttotal actual memory usage$/\1/p' pan.log)
seconds=$(awk -v a="$started" -v b="$ended" 'BEGIN { printf "%.2f", b - a }')
if [[ -z $errors || -z $depth || -z $states ]]; then
    cat pan.log
    fail "the verifier's report is not understood"
fi
summary="states $states, depth $depth, errors $errors"
run="$model${variant:+, $variant}"

# What the first error was, in the words of a @property line.
found_kind() {
    sed -n -e 's/^pan:1: invalid end state .*/end-state/p' \
        -e 's/^pan:1: acceptance cycle .*/acceptance/p' \
        -e 's/^pan:1: assertion violated (*\([^ ()]*\))* (at depth.*/assertion \1/p' pan.log |
        head -n 1
}

show_trail() {
    echo "the end of the trail:"
    spin -t -p "${flags[@]}" "$model.pml" 2> /dev/null |
        grep -E 'proc +[0-9]+ ' | grep -Ev 'store_buffer|\.\(goto\)|\[DO\]|\[else\]' |
        tail -n 40 || true
}

if [[ -n $expected ]]; then
    if [[ $errors -eq 0 ]]; then
        fail "$run: $expected holds, but this variant is wrong"
    fi
    found=$(found_kind)
    broken=
    IFS=, read -r -a properties <<< "$expected"
    for property in "${properties[@]}"; do
        kind=$(declaration property "$property") || fail "$property is no property of $model"
        if [[ $kind == "$found" ]]; then
            broken=$property
        fi
    done
    if [[ -z $broken ]]; then
        grep '^pan:1:' pan.log
        show_trail
        fail "$run: was to break $expected"
    fi
    echo "wrong: $run breaks $broken ($found): $summary, $seconds s"
    exit 0
fi

if [[ $errors -ne 0 ]]; then
    grep '^pan:1:' pan.log
    show_trail
    fail "$run: $summary"
fi
incomplete='not completed|depth too small|out of memory|memory limit|truncated|aborted'
if grep -Eiq "$incomplete" pan.log; then
    cat pan.log
    fail "$run: the search was not complete"
fi

# The last line of a process that is meant to run for ever is all that may stay unreached, and the
# whole of the store buffers where stores do not linger.
unreached=$(awk -v at_once="$([[ " ${flags[*]} " == *" -DAT_ONCE "* ]] && echo 1 || echo 0)" '
    /^unreached in/ { process = $NF; next }
    /state [0-9]+, "/ {
        if (process == "store_buffer" && (at_once || /"-end-"/)) next
        if (process ~ /^always_/ && /"-end-"/) next
        print process ": " $0
    }' pan.log)
if [[ -n $unreached ]]; then
    echo "$unreached"
    fail "$run: $(wc -l <<< "$unreached") steps unreached"
fi

grep -q $'assertion violations\t+' pan.log || fail "assertions were not checked"
if [[ $mode == safety ]]; then
    grep -q $'invalid end states\t+' pan.log || fail "end states were not checked"
else
    grep -q $'acceptance   cycles *\t+ (fairness enabled)' pan.log || fail "cycles were not checked"
fi

checked=0
while read -r _ _ name kind expression; do
    case $kind in
    assertion)
        grep -Eq "spin_assert\([^,]*$expression" pan.m || fail "$name: no assertion of $expression"
        [[ $mode == safety ]] || continue
        ;;
    end-state) [[ $mode == safety ]] || continue ;;
    acceptance) [[ $mode == liveness ]] || continue ;;
    *) fail "$name: unknown kind $kind" ;;
    esac
    echo "property: $name ($run) $summary"
    checked=$((checked + 1))
done < <(grep -E '^// @property ' "$source_file")
[[ $checked -gt 0 ]] || fail "$model names no property for this run"
echo "verified: $run: $checked properties, $summary, unreached 0, ${memory:-?} MiB, $seconds s"
