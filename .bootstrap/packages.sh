# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Which packages a verb needs, which are missing, and how they come here.

# The commands that stand for each group where the package names mean nothing.
declare -A group_commands=(
    [build]="gcc g++ clang clang++ cmake ctest ninja"
    [lint]="clang-format clang-tidy shellcheck git python3"
    [test]="spin gcovr python3"
    [bench]="dpdk-test"
)

# group_packages GROUP ...: their packages, one a line.
group_packages() {
    local package groups _ group
    while read -r package groups _; do
        [[ -n $package && $package != "#"* ]] || continue
        for group in "$@"; do
            if [[ ",$groups," == *",$group,"* ]]; then
                printf '%s\n' "$package"
                break
            fi
        done
    done <.bootstrap/packages
}

missing_packages() {
    local wanted
    wanted=$(group_packages "$@" | sort)
    if ! command -v dpkg-query >/dev/null; then
        printf '%s\n' "$wanted"
        return
    fi
    # shellcheck disable=SC2086 # one word a package
    comm -23 <(printf '%s\n' "$wanted") <(dpkg-query -W \
        -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p' | sort)
}

missing_commands() {
    local group name
    for group in "$@"; do
        for name in ${group_commands[$group]}; do
            command -v "$name" >/dev/null || printf '%s\n' "$name"
        done
    done
}

one_line() {
    tr '\n' ' ' | sed 's/ $//'
}

# distribution: "ID VERSION_ID" of this machine.
distribution() {
    local file=${PARAVANE_OS_RELEASE:-/etc/os-release}
    [ -r "$file" ] || {
        echo "unknown"
        return
    }
    # shellcheck disable=SC1090 # a file of assignments, by its specification
    (ID='' VERSION_ID='' && . "$file" && echo "${ID:-unknown}${VERSION_ID:+ $VERSION_ID}")
}

# Elsewhere nothing is installed: names of packages differ, and so do their versions.
other_distribution() {
    local lacking
    lacking=$(missing_commands "$@" | one_line)
    if [ "${PARAVANE_ANY_DISTRO:-}" = 1 ] && [ -z "$lacking" ]; then
        say "this is $(distribution), not Debian 12; going on, PARAVANE_ANY_DISTRO=1"
        return
    fi
    printf 'Paravane is built on Debian 12; this is %s. Install what these packages of Debian 12 hold:\n  %s\n' \
        "$(distribution)" "$(group_packages "$@" | one_line)" >&2
    [ -z "$lacking" ] || printf 'Commands that are not here: %s\n' "$lacking" >&2
    fail 3 "nothing was installed; PARAVANE_ANY_DISTRO=1 goes on once the commands are there"
}

apt() {
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o Acquire::Retries=2 -o DPkg::Lock::Timeout=180 -o Dpkg::Use-Pty=0 "$@"
}

# Once more after a failure: mirrors hiccup.
apt_twice() {
    apt "$@" || { sleep 3 && apt "$@"; }
}

install_packages() {
    sudo=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null ||
            fail 3 "packages are missing ($*), and this is neither root nor is there a sudo"
        sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; } ||
            fail 3 "packages are missing ($*), and sudo does not let $(id -un) install them"
        sudo=(sudo)
    fi
    # A foreign source that fails to update need not matter: the installation decides.
    step "apt-get update" apt-update apt_twice update || true
    step "apt-get install ($# packages)" apt-install apt_twice install --no-install-recommends "$@" || {
        cat "$logs/apt-update.log" "$logs/apt-install.log" >"$logs/apt.log"
        show_log apt 20
        if grep -qE 'Temporary failure resolving|Could not (resolve|connect)|Network is unreachable' "$logs/apt.log"; then
            fail 3 "apt-get cannot reach its mirror: is there a network?"
        fi
        fail 3 "apt-get could not install: $*"
    }
}

# need_packages GROUP ...: afterwards they are here.
need_packages() {
    local all missing
    if [ "$(distribution)" != "debian 12" ]; then
        other_distribution "$@"
        return
    fi
    all=$(group_packages "$@" | wc -l)
    mapfile -t missing < <(missing_packages "$@")
    if [ ${#missing[@]} = 0 ]; then
        say "packages: all $all are here"
        return
    fi
    say "packages: ${#missing[@]} of $all are missing: ${missing[*]}"
    install_packages "${missing[@]}"
}
