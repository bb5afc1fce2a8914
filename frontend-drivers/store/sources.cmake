# SPDX-License-Identifier: Apache-2.0
# The store's client, as part of the kernel that includes this.
target_sources(keel PRIVATE
    "${CMAKE_CURRENT_LIST_DIR}/client.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/connection.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/exchange.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/listing.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/payload.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/permissions.cpp"
    "${CMAKE_CURRENT_LIST_DIR}/watches.cpp")
