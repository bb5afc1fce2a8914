// SPDX-License-Identifier: Apache-2.0
#include "frontend-drivers/store/listing.hpp"

#include <algorithm>
#include <bit>

#include "frontend-drivers/store/payload.hpp"

namespace keel::store {

namespace {

// A store can always think of one more name.
constexpr uint32_t pages_max = 4096;

} // namespace

bool Listing::next_page()
{
    Call call(page_);

    if (pages_ == pages_max) {
        error_ = error_too_long;
        return false;
    }
    client_.submit(call,
                   Request(PV_STORE_LIST, path_, {last_.data(), last_length_}, transaction_.id));
    client_.finish(call);
    error_ = call.error();
    more_ = error_ == 0 && call.more();
    left_ = {std::bit_cast<const unsigned char *>(page_.data()), call.payload().size()};
    pages_++;
    return error_ == 0;
}

bool Listing::next(std::string_view &name)
{
    if (left_.empty() && (!more_ || !next_page()))
        return false;
    if (!next_name(left_, name))
        return false;
    last_length_ = std::min(name.size(), last_.size());
    std::copy_n(name.data(), last_length_, last_.data());
    return true;
}

} // namespace keel::store
