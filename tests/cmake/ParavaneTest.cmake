# SPDX-License-Identifier: Apache-2.0
# paravane_test(NAME room.what COMMAND program [ARG ...] LABELS label [label ...]
#               [TIMEOUT seconds] [RUN_SERIAL] [PROCESSORS n]
#               [ENVIRONMENT NAME=value ...] [WORKING_DIRECTORY folder])
#
# Exit status 0 passes, 77 skips (the program prints one line `SKIP: reason`), anything else fails.
#
# Labels with a meaning here:
#   quick   must end within 60 s even alone; the whole label stays below its budget in tests/budgets
#   bench   checks that a benchmark runs (`--smoke`), never how fast: figures are for `./bootstrap bench`
#   soak    has a long version: `NAME.soak` is registered too, which only `ctest -C soak -L soak`
#           (`./bootstrap soak`) runs, with PARAVANE_SOAK_SECONDS set. With no other label, only that one.
# TIMEOUT defaults to 60 for quick tests and 300 for the others, times PARAVANE_TIMEOUT_FACTOR.
include_guard(GLOBAL)

# TSan of clang 14 maps its shadow at fixed addresses and dies where the kernel randomises more
# address bits than it expects, so its programs run without randomisation where that may be asked for.
set(_paravane_launcher)
if(PARAVANE_SANITIZER STREQUAL "thread")
    execute_process(COMMAND setarch --addr-no-randomize true
        RESULT_VARIABLE _paravane_setarch OUTPUT_QUIET ERROR_QUIET)
    if(_paravane_setarch EQUAL 0)
        set(_paravane_launcher setarch --addr-no-randomize)
    endif()
endif()

function(paravane_test)
    cmake_parse_arguments(PARSE_ARGV 0 arg "RUN_SERIAL" "NAME;TIMEOUT;PROCESSORS;WORKING_DIRECTORY"
        "COMMAND;LABELS;ENVIRONMENT")
    if(arg_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "paravane_test: unknown arguments ${arg_UNPARSED_ARGUMENTS}")
    endif()
    foreach(needed NAME COMMAND LABELS)
        if(NOT arg_${needed})
            message(FATAL_ERROR "paravane_test(${arg_NAME}): ${needed} is missing")
        endif()
    endforeach()

    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 300)
        if("quick" IN_LIST arg_LABELS)
            set(arg_TIMEOUT 60)
        endif()
    endif()
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * ${PARAVANE_TIMEOUT_FACTOR}")

    set(labels ${arg_LABELS})
    list(REMOVE_ITEM labels soak)
    if(labels)
        _paravane_add_test("${arg_NAME}" "" "${labels}" ${arg_TIMEOUT})
    endif()
    if("soak" IN_LIST arg_LABELS)
        # A day: how long it runs is PARAVANE_SOAK_SECONDS' business.
        list(REMOVE_ITEM labels quick)
        _paravane_add_test("${arg_NAME}.soak" "soak" "soak;${labels}" 86400)
    endif()
endfunction()

# Reads the caller's arg_* variables.
function(_paravane_add_test name configuration labels timeout)
    # By strings, not list commands, which would take apart an argument with a semicolon in it.
    string(REGEX MATCH "^[^;]+" program "${arg_COMMAND}")
    if(_paravane_launcher AND TARGET "${program}")
        string(REGEX REPLACE "^[^;]+" "$<TARGET_FILE:${program}>" arg_COMMAND "${arg_COMMAND}")
    endif()
    set(options)
    if(configuration)
        list(APPEND options CONFIGURATIONS ${configuration})
    endif()
    if(arg_WORKING_DIRECTORY)
        list(APPEND options WORKING_DIRECTORY ${arg_WORKING_DIRECTORY})
    endif()
    add_test(NAME ${name} ${options} COMMAND ${_paravane_launcher} ${arg_COMMAND})

    set(environment ${arg_ENVIRONMENT}
        "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
        "UBSAN_OPTIONS=print_stacktrace=1"
        "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1")
    set_tests_properties(${name} PROPERTIES
        LABELS "${labels}"
        TIMEOUT ${timeout}
        SKIP_RETURN_CODE 77
        ENVIRONMENT "${environment}")
    if(arg_RUN_SERIAL)
        set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
    endif()
    if(arg_PROCESSORS)
        set_tests_properties(${name} PROPERTIES PROCESSORS ${arg_PROCESSORS})
    endif()
endfunction()
