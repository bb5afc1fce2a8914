#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build.sh HEADERS: builds rings.c as a module against the newest Debian kernel headers there are.
set -euo pipefail
headers=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
kernel=$(find /usr/src -maxdepth 1 -name 'linux-headers-6.1.*-amd64' | sort -V | tail -n 1)
[ -n "$kernel" ] || { echo "SKIP: no linux-headers-amd64 of Linux 6.1 in /usr/src" && exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/rings.c" "$work"
echo 'obj-m := rings.o' >"$work/Kbuild"
make -C "$kernel" M="$work" W=1 KCFLAGS="-I$headers -Werror" modules
[ -s "$work/rings.ko" ]
echo "built against $(basename "$kernel")"
