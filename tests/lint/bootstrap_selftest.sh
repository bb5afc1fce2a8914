#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What ./bootstrap says and returns on machines that are not as it likes them, with stand-ins for apt-get,
# dpkg-query, id and sudo.
#   bootstrap_selftest.sh REPOSITORY
set -euo pipefail
repository=$(readlink -f "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r "$repository/bootstrap" "$repository/.bootstrap" "$scratch/"
cd "$scratch"
mkdir stand-ins
export PATH=$scratch/stand-ins:$PATH CI=true PARAVANE_OS_RELEASE=$scratch/os-release
unset PARAVANE_ANY_DISTRO
failures=0

# stand_in NAME: a command of that name whose script comes on standard input.
stand_in() {
    { echo '#!/bin/sh' && cat; } >"stand-ins/$1"
    chmod +x "stand-ins/$1"
}

# expect STATUS TEXT WHAT ARGUMENT ...
expect() {
    local wanted=$1 text=$2 what=$3 status=0
    shift 3
    ./bootstrap "$@" >said 2>&1 </dev/null || status=$?
    if [ "$status" != "$wanted" ] || ! grep -qF -- "$text" said; then
        echo "FAILED  $what: status $status, not $wanted, or no \"$text\":"
        cat said
        failures=$((failures + 1))
    else
        echo "ok      $what"
    fi
}

debian() { printf 'ID=debian\nVERSION_ID="12"\n' >os-release; }

debian
expect 0 'exit status' "help" help
expect 2 "no verb 'nonesuch'" "an unknown verb" nonesuch
expect 2 'which verb?' "no verb"
expect 2 "no preset 'nonesuch'" "an unknown preset" build nonesuch

printf 'ID=ubuntu\nVERSION_ID="22.04"\n' >os-release
expect 3 'ubuntu 22.04' "another distribution is named" build
expect 3 'libgtest-dev' "another distribution is told the packages" build
printf 'ID=debian\nVERSION_ID="13"\n' >os-release
expect 3 'debian 13' "another Debian is another distribution" run
rm os-release
expect 3 'unknown' "a machine that does not say what it is" run

debian
stand_in id <<'SCRIPT'
[ "$1" = -u ] && echo 1000 || echo somebody
SCRIPT
stand_in dpkg-query <<<'printf "installed cmake\ninstalled g++\nconfig-files ninja-build\n"'
expect 0 'ninja-build' "what is missing is listed" packages build
stand_in sudo <<<'exit 1'
expect 3 'sudo does not let somebody' "sudo refuses" build

stand_in id <<<'echo 0'
stand_in sleep <<<'exit 0'
stand_in apt-get <<<'echo "E: Temporary failure resolving"; exit 100'
expect 3 'is there a network?' "no network" build
stand_in apt-get <<<'echo "E: Unable to locate package"; exit 100'
expect 3 'could not install' "a package that is nowhere" build

stand_in apt-get <<<'echo "$@" >>'"$scratch"'/calls'
stand_in cmake <<<'exit 1'
: >calls
expect 1 'configure release: status 1' "configuring fails" build
if grep -q ' update$' calls && grep ' install ' calls | grep -q ' ninja-build' &&
    ! grep ' install ' calls | grep -qE ' (cmake|g\+\+)( |$)' && ! grep -q clang-tidy calls; then
    echo "ok      only what is missing is installed"
else
    echo "FAILED  only what is missing is installed:"
    cat calls
    failures=$((failures + 1))
fi

stand_in dpkg-query <<<'sed -n "s/^\([a-z][^ ]*\) .*/installed \1/p" .bootstrap/packages'
: >calls
expect 1 'are here' "nothing is missing" build
[ ! -s calls ] || {
    echo "FAILED  apt-get was called though nothing is missing"
    failures=$((failures + 1))
}
echo "$failures failed"
[ "$failures" = 0 ]
