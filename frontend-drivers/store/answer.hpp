// SPDX-License-Identifier: Apache-2.0
//
// What the store's client answers with: a value, or an error's number.
#pragma once

#include <cstdint>

#include <paravane/errors.h>

namespace keel::store {

// 0, or a number of errors.h: the store's, and these of the client's own.
using Error = uint32_t;

// The connection has come to its end, or never began; why is for the connection to say.
constexpr Error error_ended = PV_ENODEV;
// The caller's buffer is too small for what came.
constexpr Error error_no_room = PV_ERANGE;
// The request does not fit a message.
constexpr Error error_too_long = PV_E2BIG;

template <typename T> struct Answer {
    T value{};
    Error error = 0;

    [[nodiscard]] bool good() const { return error == 0; }
};

} // namespace keel::store
