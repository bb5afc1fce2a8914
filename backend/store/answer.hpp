// SPDX-License-Identifier: Apache-2.0
//
// What an operation of the store gives back: a value, or the number that a guest is told.
#pragma once

#include <cstdint>
#include <stdexcept>

#include <boost/system/result.hpp>

extern "C" {
#include <paravane/errors.h>
}

namespace paravane {

// A number of errors.h, positive. An enumeration, because no integer becomes one by itself.
enum class Refusal : int32_t {};

// Only for value() on a refusal, which is a bug: ask has_value() first.
[[noreturn]] inline void throw_exception_from_error(Refusal /*refusal*/,
                                                    const boost::source_location & /*where*/)
{
    throw std::logic_error("value() of a refused operation of the store");
}

template <typename T> using Answer = boost::system::result<T, Refusal>;

} // namespace paravane
