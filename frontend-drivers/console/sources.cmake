# SPDX-License-Identifier: Apache-2.0
# The console's frontend, as part of the kernel that includes this.
target_sources(keel PRIVATE
    "${CMAKE_CURRENT_LIST_DIR}/device.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/input.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/output.cpp")
