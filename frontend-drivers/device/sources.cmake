# SPDX-License-Identifier: Apache-2.0
# The life cycle of devices, as part of the kernel that includes this.
target_sources(keel PRIVATE
    "${CMAKE_CURRENT_LIST_DIR}/connect.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/device.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/life_cycle.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/values.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/wiring.cpp")
