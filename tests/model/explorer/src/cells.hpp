// SPDX-License-Identifier: Apache-2.0
//
// Plain memory and its data races: of each cell the epoch of its last write and, of each thread, the
// epoch of its last read. Two conflicting accesses that no happens-before path orders are a race,
// in whichever order this execution ran them.
#pragma once

#include <algorithm>

#include "limits.hpp"

namespace paravane::explorer {

struct Cell {
    std::uint64_t value = 0;
    bool initialised = false;
    std::uint8_t writer = nobody;
    std::uint8_t write_epoch = 0;
    std::array<std::uint8_t, max_threads> read_epoch{};
};

enum class Race : std::uint8_t { none, with_write, with_read, uninitialised };

struct Conflict {
    Race race = Race::none;
    std::uint8_t with = nobody;
};

class Cells {
  public:
    Cells() = default;
    Cells(const Cells &other) { *this = other; }
    Cells &operator=(const Cells &other) // of what is in use, since every execution starts with it
    {
        count_ = other.count_;
        std::copy_n(other.cells_.begin(), count_, cells_.begin());
        return *this;
    }
    void reset(std::uint8_t count);
    std::uint8_t count() const { return count_; }
    const Cell &at(std::uint8_t cell) const { return cells_[cell]; }

    // `thread` is nobody before and after the threads; then nothing can conflict.
    Conflict read(std::uint8_t cell, std::uint8_t thread, const View &known, std::uint64_t &value);
    // `rewriting`: a write of the value that is there already leaves the cell as it is, and so
    // conflicts with nobody who may read or write it.
    Conflict write(std::uint8_t cell, std::uint8_t thread, const View &known, std::uint64_t value,
                   bool rewriting);

  private:
    static bool saw_write(const Cell &cell, std::uint8_t thread, const View &known);

    std::uint8_t count_ = 0;
    std::array<Cell, max_cells> cells_{};
};

} // namespace paravane::explorer
