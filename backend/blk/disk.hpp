// SPDX-License-Identifier: Apache-2.0
//
// The medium: begins with work, and says how it ended. For a file that is the data ring; memory and nothing
// are done at once.
#pragma once

#include <cstdint>
#include <memory>

#include "backend/blk/request.hpp"
#include "backend/engine/data_ring.hpp"
#include "backend/engine/host_memory.hpp"

namespace paravane::blk {

// A request in flight, as completions name it: by its queue and its id there.
class Token {
  public:
    Token() = default;
    Token(uint32_t queue, uint16_t id) : value_(queue << 16 | id) {}
    explicit Token(uint64_t of_completion) : value_(static_cast<uint32_t>(of_completion)) {}

    [[nodiscard]] uint32_t queue() const { return value_ >> 16; }
    [[nodiscard]] uint16_t id() const { return static_cast<uint16_t>(value_); }
    [[nodiscard]] uint64_t value() const { return value_; }

  private:
    uint32_t value_ = 0;
};

class Disk {
  public:
    // The header outlives it. `content` is of Medium::memory.
    Disk(const Header &header, std::unique_ptr<DataRing> ring, HostMemory content);

    // Whether work can begin now.
    [[nodiscard]] bool has_room() const { return medium_ != Medium::file || ring_->room() > 0; }
    // No status of a request: it has not ended.
    static constexpr int32_t not_ended = 1;

    // Begins. A status: it has ended. Else a completion will tell; the extents stay as they are until then.
    [[nodiscard]] int32_t begin(const Work &work, std::span<const DataExtent> extents, Token token);
    // What a completion says of it. A status: it has ended. Else it is to begin again, and is what is left to
    // do.
    [[nodiscard]] static int32_t completed(Work &work, Extents extents, int32_t result);

    [[nodiscard]] DataRing &ring() { return *ring_; }

  private:
    [[nodiscard]] int32_t identify(DataExtent extent) const;
    [[nodiscard]] int32_t copy(const Work &work, std::span<const DataExtent> extents);

    const Header &header_;
    Medium medium_;
    std::unique_ptr<DataRing> ring_;
    HostMemory content_;
};

} // namespace paravane::blk
