// SPDX-License-Identifier: Apache-2.0
#include "backend/store/outbox.hpp"

#include <algorithm>
#include <cstring>

namespace paravane {

void Outbox::take(size_t count)
{
    taken_ += std::min(count, bytes_.size() - taken_);
    if (taken_ == bytes_.size()) {
        bytes_.clear();
        taken_ = 0;
    }
}

void Outbox::begin(const pv_store_reply &head)
{
    if (taken_ > 0) {
        bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(taken_));
        taken_ = 0;
    }
    bytes_.reserve(limit);
    head_ = bytes_.size();
    put_bytes(std::as_bytes(std::span(&head, 1)));
}

bool Outbox::put_string(std::string_view text)
{
    const pv_le16 length = pv_le16_of(static_cast<uint16_t>(text.size()));
    if (payload() + sizeof(length) + text.size() > PV_STORE_PAYLOAD_MAX)
        return false;
    put_bytes(std::as_bytes(std::span(&length, 1)));
    put_bytes(std::as_bytes(std::span(text)));
    return true;
}

void Outbox::put_bytes(std::span<const std::byte> bytes)
{
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void Outbox::end(uint16_t flags)
{
    const pv_le32 length = pv_le32_of(static_cast<uint32_t>(payload()));
    const pv_le16 wire_flags = pv_le16_of(flags);
    std::memcpy(&bytes_[head_ + offsetof(pv_store_reply, length)], &length, sizeof(length));
    std::memcpy(&bytes_[head_ + offsetof(pv_store_reply, flags)], &wire_flags, sizeof(wire_flags));
}

} // namespace paravane
