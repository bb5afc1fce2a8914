# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the person in front of ./bootstrap sees: one line a step, a moving line meanwhile, logs on failure.

logs=build/logs
jobs=${PARAVANE_JOBS:-$(nproc)}
started=${EPOCHREALTIME/./}

fancy=false bold='' red='' plain=''
if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ] && [ -z "${CI:-}" ] && [ -z "${NO_COLOR:-}" ]; then
    fancy=true bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
fi

# tenths FROM: the time since FROM (microseconds of EPOCHREALTIME), as seconds with one digit.
tenths() {
    local tenth=$(((${EPOCHREALTIME/./} - $1) / 100000))
    printf '%d.%d' $((tenth / 10)) $((tenth % 10))
}

say() {
    printf '%s%7s s%s  %s\n' "$bold" "$(tenths "$started")" "$plain" "$*"
}

# The last argument but the first is the status: fail 3 "no sudo".
fail() {
    local status=$1
    shift
    printf '%sbootstrap: %s%s\n' "$red" "$*" "$plain" >&2
    exit "$status"
}

usage() {
    fail 2 "$1 (./bootstrap help lists what there is)"
}

# Shows where LOG has got to until it is killed, or until the process that started it is gone.
ticker() {
    local label=$1 log=$2 from=$3 pause=15 last width
    $fancy && pause=0.3
    width=$(($(tput cols 2>/dev/null || echo 100) - 14))
    while sleep "$pause" && kill -0 $$ 2>/dev/null; do
        last=$(tail -c 2000 "$log" 2>/dev/null | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1 || true)
        last="$label ($(tenths "$from") s): $last"
        if $fancy; then
            printf '\r\e[K%s%7s s%s  %s' "$bold" "$(tenths "$started")" "$plain" "${last:0:width}"
        else
            say "... ${last:0:140}"
        fi
    done
}

# step LABEL LOGNAME COMMAND [ARG ...]: runs it with its output in build/logs/LOGNAME.log and returns its status.
# The command stays in the foreground, so that Ctrl-C reaches it and all its children.
step() {
    local label=$1 log=$logs/$2.log from=${EPOCHREALTIME/./} status=0 watcher
    shift 2
    mkdir -p "$logs"
    : >"$log"
    ticker "$label" "$log" "$from" &
    watcher=$!
    "$@" >"$log" 2>&1 || status=$?
    kill "$watcher" 2>/dev/null || true
    wait "$watcher" 2>/dev/null || true
    if $fancy; then printf '\r\e[K'; fi
    if [ "$status" = 0 ]; then
        say "$label: $(tenths "$from") s"
    else
        say "$label: ${red}status $status${plain} after $(tenths "$from") s ($log)"
    fi
    return "$status"
}

show_log() {
    printf '%s\n' "----- the last lines of $logs/$1.log:" >&2
    tail -n "${2:-40}" "$logs/$1.log" >&2
    printf '%s\n' "-----" >&2
}
