# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Which tests run in which build tree, and what becomes of their results.

results=build/results

# preset   which labels (- for all)  seconds that its tests may take
test_table() {
    cat <<'TABLE'
release    -                         1500
clang      ^unit$                    90
asan       ^(unit|fuzz|stress)$      180
tsan       ^stress$                  60
TABLE
}

# The same for `soak`: tests that have a long version.
soak_table() {
    cat <<'TABLE'
release    -
asan       ^(unit|fuzz|stress)$
tsan       ^stress$
TABLE
}

# record NAME PRESET pass|fail SECONDS LOG HOW-TO-REPEAT: a result that is not ctest's.
record() {
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$results/extra.tsv"
}

# targets_of PRESET LABELS: what to build for the tests with such labels, of a tree that is configured.
targets_of() {
    [ "$2" != - ] || { echo all && return; }
    python3 -B .bootstrap/tested_programs.py "build/$1" "$2"
}

# test_in PRESET LABELS BUDGET [CTEST-OPTION ...]
test_in() {
    local preset=$1 labels=$2 budget=$3 from=${EPOCHREALTIME/./} targets=() select=() status=0
    shift 3
    failed_log=configure-$preset
    if configure "$preset"; then
        mapfile -t targets < <(targets_of "$preset" "$labels")
    fi
    # None: there is no tree, or no test with such a label in it; neither is to be passed over.
    if [ ${#targets[@]} -eq 0 ] || ! build_preset "$preset" "${targets[@]}"; then
        record "build.$preset" "$preset" fail "$(tenths "$from")" "$logs/$failed_log.log" \
            "./bootstrap build $preset"
        return 0
    fi
    [ "$labels" = - ] || select=(-L "$labels")
    ctest --preset "$preset" "$@" "${select[@]}" --show-only=json-v1 >"$results/$preset.json"
    from=${EPOCHREALTIME/./}
    # Its status says only that something failed; what failed is in the JUnit file. Guests read what they find
    # on standard input, which here would be the rest of a table.
    step "test $preset" "test-$preset" ctest --preset "$preset" -j "$jobs" "$@" "${select[@]}" \
        --no-tests=ignore --output-junit "$PWD/$results/$preset.xml" \
        --test-output-size-passed 100000 --test-output-size-failed 1000000 </dev/null || status=$?
    printf '%s\t%s\t%s\t%s\n' "$preset" "$(tenths "$from")" "$budget" "$status" >>"$results/steps.tsv"
}

summarise() {
    exec python3 -B tests/summary/summarise.py --results "$results" --budgets tests/budgets "$@"
}

run_tests() {
    local preset labels budget from status=0
    rm -rf "$results"
    mkdir -p "$results"
    while read -r preset labels budget; do
        test_in "$preset" "$labels" "$budget"
    done < <(test_table)
    from=${EPOCHREALTIME/./}
    (run_coverage) || status=fail
    record coverage.shared-rings coverage "${status/#0/pass}" "$(tenths "$from")" "$logs/coverage.log" \
        "./bootstrap coverage"
    summarise
}

run_soak() {
    local preset labels
    export PARAVANE_SOAK_SECONDS=${PARAVANE_SOAK_SECONDS:-30}
    say "each long test runs for $PARAVANE_SOAK_SECONDS s"
    rm -rf "$results"
    mkdir -p "$results"
    while read -r preset labels; do
        test_in "$preset" "$labels" - -C soak -L '^soak$'
    done < <(soak_table)
    summarise --no-label-budgets
}

# Counters of an earlier run would hide what today's tests do not reach.
run_coverage() {
    local tree=build/coverage status=0
    configure coverage || return 1
    find "$tree" -name '*.gcda' -delete
    build_preset coverage all || return 1
    step "test coverage" test-coverage ctest --preset coverage -j "$jobs" \
        -L '^(unit|fuzz)$' --no-tests=error || { show_log test-coverage 60 && return 1; }
    step "count coverage" gcovr gcovr --root . --object-directory "$tree" -j "$jobs" \
        --filter shared-rings/ --exclude-throw-branches --exclude-unreachable-branches \
        --json "$tree/coverage.json" "$tree/tests" || { show_log gcovr && return 1; }
    python3 -B tests/coverage/report.py --rules tests/coverage/rules "$tree/coverage.json" \
        >"$logs/coverage.log" || status=$?
    cat "$logs/coverage.log"
    return "$status"
}
