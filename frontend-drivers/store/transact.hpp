// SPDX-License-Identifier: Apache-2.0
//
// A transaction, again and again until nobody comes between.
#pragma once

#include <concepts>

#include "frontend-drivers/store/client.hpp"

namespace keel::store {

constexpr uint32_t tries_max = 32;

// `body` makes its calls in the transaction it is given, and returns the first error, or 0 to commit.
// PV_EAGAIN begins anew, at most so many times; after any other error nothing has changed.
template <std::invocable<Transaction> Body>
[[nodiscard]] Error transact(Client &client, const Body &body, uint32_t tries = tries_max)
{
    Error error = PV_EAGAIN;

    for (; tries > 0 && error == PV_EAGAIN; tries--) {
        const Answer<Transaction> begun = client.begin();
        if (!begun.good())
            return begun.error;
        error = body(begun.value);
        if (error == 0)
            error = client.commit(begun.value);
        else
            client.abort(begun.value);
    }
    return error;
}

} // namespace keel::store
