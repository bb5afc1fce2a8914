#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shows that every check of lint.py can fail: a small clean repository passes all of them, and each of
# the defects below, alone in it, fails the check it is made for and says where.
#   selftest.sh LINT_FOLDER
set -euo pipefail
lint=$(readlink -f "$1")
for command in git clang-format clang-tidy clang g++ shellcheck python3; do
    command -v "$command" >/dev/null || {
        echo "SKIP: $command is not installed"
        exit 77
    }
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
cd "$scratch"
git init -q .

failures=0
wire=shared-rings/include/paravane
wire_headers=$(PYTHONPATH=$lint python3 -B -c 'import policy; print(*policy.WIRE_HEADERS)')
top_level=$(PYTHONPATH=$lint python3 -B -c 'import policy; print(*policy.TOP_LEVEL)')

run_lint() {
    python3 -B "$lint/lint.py" --root "$scratch" \
        --compile-commands "$scratch/commands/compile_commands.json" "$@" >"$scratch/.git/said" 2>&1
}

# The clean tree: wire headers, one program, one header of its own, one script.
make_tree() {
    find . -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +
    mkdir -p "$wire" hypercall/include/paravane backend commands
    cp "$lint/../../.clang-format" "$lint/../../.clang-tidy" .
    echo /commands/ >.gitignore
    local header guard name
    for name in $top_level; do
        case $name in
            *.json) echo '{}' >"$name" ;;
            *.*) echo '# SPDX-License-Identifier: Apache-2.0' >"$name" ;;
            *) mkdir -p "$name" && echo text >"$name/README.md" ;;
        esac
    done
    rm -r bootstrap
    for header in $wire_headers; do
        guard=PARAVANE_$(basename "$header" .h | tr '[:lower:]' '[:upper:]')_H
        printf '/* SPDX-License-Identifier: MIT OR GPL-2.0 */\n#ifndef %s\n#define %s\n\n#include <stdint.h>\n\n' \
            "$guard" "$guard" >"$header"
        printf 'struct pv_%s {\n    uint32_t word;\n    uint32_t reserved;\n};\n\n#endif\n' \
            "$(basename "$header" .h)" >>"$header"
    done
    printf '// SPDX-License-Identifier: Apache-2.0\n#pragma once\n\nint answer();\n' >backend/own.hpp
    printf '// SPDX-License-Identifier: Apache-2.0\n#include "own.hpp"\n\nint answer()\n{\n    return 42;\n}\n' \
        >backend/main.cpp
    cat >bootstrap <<'SCRIPT'
#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
echo "$1"
SCRIPT
    printf '# SPDX-License-Identifier: Apache-2.0\nprint(1)\n' >backend/tool.py
    printf '[{"directory": "%s", "file": "backend/main.cpp", "command": "clang++ -std=c++20 %s"}]\n' \
        "$scratch" "-I$wire/.. -o commands/main.o -c backend/main.cpp" >commands/compile_commands.json
}

# expect CHECK TEXT WHAT: the check fails now and its output holds TEXT.
seeded=()
expect() {
    seeded+=("$1")
    if run_lint --only "$1"; then
        printf 'FAILED  %s accepts %s\n' "$1" "$3"
        failures=$((failures + 1))
    elif ! grep -qF -- "$2" "$scratch/.git/said"; then
        printf 'FAILED  %s says nothing of "%s" at %s:\n' "$1" "$2" "$3"
        cat "$scratch/.git/said"
        failures=$((failures + 1))
    else
        printf 'ok      %s refuses %s\n' "$1" "$3"
    fi
    make_tree
}

make_tree
if ! run_lint; then
    echo "FAILED  the clean tree does not pass:"
    cat "$scratch/.git/said"
    exit 1
fi
echo "ok      the clean tree passes"

echo 'x' >surprise.txt
expect top-level surprise.txt "a new name at the top"
rm -r docs
expect top-level docs "a room that is gone"

for _ in $(seq 601); do echo '// line'; done >>backend/main.cpp
expect length backend/main.cpp "a source of over 600 lines"

sed -i 1d backend/main.cpp
expect licence backend/main.cpp "a source without its licence"
sed -i '1s/MIT OR GPL-2.0/Apache-2.0/' "$wire/wire.h"
expect licence "$wire/wire.h" "a wire header under another licence"

for code in 'return (char *)at.address;' 'return (void *)(uintptr_t)(at->address + 4);' \
    'return reinterpret_cast<const char *>(at.address);' 'return pv_shared_pointer(at);' \
    'at = pv_shared_from_pointer(p);' 'f(p); // NOLINT(performance-no-int-to-ptr)'; do
    printf 'void f()\n{\n    %s\n}\n' "$code" >>backend/main.cpp
    expect shared-pointers backend/main.cpp:10 "$code"
done

printf '#include "own.hpp"\n' >>"$wire/wire.h"
expect rooms "own.hpp of another room" "shared-rings including another room"
printf '# SPDX-License-Identifier: Apache-2.0\ntarget_link_libraries(x paravane::backend)\n' \
    >shared-rings/CMakeLists.txt
expect rooms paravane::backend "shared-rings linking another room"

echo "rm \$1" >>bootstrap
expect shell SC2086 "an unquoted variable"

printf 'print(\n' >>backend/tool.py
expect python backend/tool.py "a script that does not parse"

printf 'int   spaced();\n' >>backend/own.hpp
expect format backend/own.hpp "crooked spaces"

sed -i 's/^int answer()$/int answer(int *p)/; s/    return 42;/    return *p;/' backend/main.cpp
expect tidy readability-non-const-parameter "a pointer through which nobody writes"

sed -i 's/uint32_t reserved/uint64_t reserved/' "$wire/blk.h"
expect wire-padding "$wire/blk.h" "a struct with padding"

rm "$wire/blk.h"
expect wire-padding "$wire/blk.h" "a listed wire header that is gone"

sed -i '/stdint.h/d' "$wire/net.h"
expect headers-c11 "$wire/net.h" "a wire header that needs another first"
sed -i 's/<stdint.h>/<stdint.h>\n#include <string.h>/' "$wire/net.h"
expect headers-c11 string.h "a wire header that needs a C library"
sed -i 's/    uint32_t word;/    uint32_t word;\n    uint32_t class;/' "$wire/net.h"
expect headers-c++20 class "a wire header that is no C++"
sed -i 's/^#endif$/_Static_assert(sizeof(void *) == 8, "64 bits");\n\n#endif/' "$wire/net.h"
expect headers-targets i686 "a wire header for 64 bits only"
printf 'std::string name();\n' >>backend/own.hpp
expect headers-others backend/own.hpp "a header that needs another first"

for name in $(run_lint --list && cat "$scratch/.git/said"); do
    [[ " ${seeded[*]} " == *" $name "* ]] || {
        echo "FAILED  no defect is seeded for the check $name"
        failures=$((failures + 1))
    }
done
echo "$failures failed"
[ "$failures" = 0 ]
