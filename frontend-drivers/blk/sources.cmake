# SPDX-License-Identifier: Apache-2.0
# The disks' frontend, as part of the kernel that includes this.
target_sources(keel PRIVATE
    "${CMAKE_CURRENT_LIST_DIR}/attendant.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/channel.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/check/checker.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/check/expectations.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/check/pool.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/check/sector.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/check/traffic.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/device.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/geometry.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/queue.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/request.cpp")
