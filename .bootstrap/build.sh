# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Build trees, one a preset, in build/.

# What a build tree was configured from, beyond what CMake watches itself: the presets, the packages
# (a tool that was missing may be here now) and the folders.
configuration_key() {
    {
        cat CMakePresets.json
        missing_packages build lint test
        find . -path ./build -prune -o -path ./.git -prune -o -name CMakeLists.txt -print | sort
    } | sha256sum
}

configure() {
    local preset=$1 tree=build/$1 key
    key=$(configuration_key)
    if [ -f "$tree/CMakeCache.txt" ] &&
        ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "$tree/CMakeCache.txt"; then
        say "$tree belongs to another folder: made anew"
        rm -rf "$tree"
    fi
    if [ -f "$tree/build.ninja" ] && [ "$(cat "$tree/.configured" 2>/dev/null)" = "$key" ]; then
        return
    fi
    failed_log=configure-$preset
    step "configure $preset" "configure-$preset" cmake --preset "$preset" || {
        show_log "configure-$preset"
        return 1
    }
    printf '%s\n' "$key" >"$tree/.configured"
}

# build_preset PRESET TARGET ...: leaves in failed_log the name of the log that tells why it failed.
failed_log=
build_preset() {
    local preset=$1
    shift
    configure "$preset" || return
    failed_log=build-$preset
    step "build $preset" "build-$preset" cmake --build "build/$preset" -j "$jobs" --target "$@" || {
        show_log "build-$preset" 60
        return 1
    }
}
