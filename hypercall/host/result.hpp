// SPDX-License-Identifier: Apache-2.0
//
// Errors as values on the host side. A Problem is what a person reads: one line that says what is wrong
// and what to do. What a guest gets is a number of errors.h and never comes from here.
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <boost/system/result.hpp>

namespace paravane {

struct Problem {
    std::string text;
};

// Only for value() on a failure, which is a bug: ask has_value() first.
[[noreturn]] inline void throw_exception_from_error(const Problem &problem,
                                                    const boost::source_location & /*where*/)
{
    throw std::logic_error(problem.text);
}

template <typename T> using Result = boost::system::result<T, Problem>;

// "WHAT: the error's text", for a system call that has just failed.
[[nodiscard]] inline Problem system_problem(std::string what, int number = errno)
{
    return {std::move(what) + ": " + std::generic_category().message(number)};
}

} // namespace paravane
