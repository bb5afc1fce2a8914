// SPDX-License-Identifier: Apache-2.0
//
// What a kind's two halves say of themselves in the store beyond what all kinds do: numbers, each under a
// name of its protocol's.
#pragma once

#include <cstdint>
#include <string_view>

namespace keel::device {

class Properties {
  public:
    Properties() = default;
    Properties(const Properties &) = delete;
    Properties &operator=(const Properties &) = delete;

    // The backend's. False, and `value` left alone, where it is not there, or no number up to `most`.
    [[nodiscard]] virtual bool number(std::string_view name, uint64_t most, uint64_t &value) = 0;
    // One of the frontend's own, for the backend to read.
    virtual void tell(std::string_view name, uint64_t value) = 0;

  protected:
    ~Properties() = default;
};

} // namespace keel::device
