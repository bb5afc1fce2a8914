# SPDX-License-Identifier: Apache-2.0
# Target paravane::warnings: the warnings that both compilers must be silent at. The presets make them errors.
include_guard(GLOBAL)

add_library(paravane_warnings INTERFACE)
add_library(paravane::warnings ALIAS paravane_warnings)

target_compile_options(paravane_warnings INTERFACE
    -Wall -Wextra -Wpedantic
    -Wconversion -Wsign-conversion -Wdouble-promotion
    -Wshadow -Wcast-align -Wundef -Wnull-dereference
    -Wformat=2 -Wimplicit-fallthrough -Wredundant-decls
    $<$<COMPILE_LANG_AND_ID:C,Clang>:-Wreserved-identifier>
    $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wreserved-identifier>
    $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
    $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
    $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
    $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
    $<$<COMPILE_LANGUAGE:CXX>:-Wsuggest-override>
    $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wzero-as-null-pointer-constant>
    $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wthread-safety>)
