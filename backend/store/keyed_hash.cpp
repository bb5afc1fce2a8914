// SPDX-License-Identifier: Apache-2.0
#include "backend/store/keyed_hash.hpp"

#include <cstring>
#include <random>

namespace paravane {
namespace {

uint64_t random_word(std::random_device &device)
{
    return uint64_t{device()} << 32 | device();
}

} // namespace

KeyedHash::KeyedHash()
{
    std::random_device device;
    key_ = random_word(device);
    factor_ = random_word(device) | 1;
}

uint64_t KeyedHash::operator()(std::string_view text, uint64_t salt) const noexcept
{
    uint64_t state = key_ ^ (salt * factor_) ^ text.size();
    const auto stir = [&](uint64_t word) {
        state = (state ^ word) * factor_;
        state ^= state >> 29;
    };

    while (text.size() >= sizeof(uint64_t)) {
        uint64_t word = 0;
        std::memcpy(&word, text.data(), sizeof(word));
        stir(word);
        text.remove_prefix(sizeof(word));
    }
    uint64_t rest = 0;
    std::memcpy(&rest, text.data(), text.size());
    stir(rest);
    stir(key_);
    return state ^ state >> 32;
}

} // namespace paravane
