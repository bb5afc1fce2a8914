// SPDX-License-Identifier: Apache-2.0
//
// The first disk of an IDE controller that masters the bus: one request at a time, by DMA, its end seen by asking.
#pragma once

#include <array>

#include "frontend-drivers/keel/bare/disk.hpp"
#include "frontend-drivers/keel/bare/ports.hpp"
#include "frontend-drivers/keel/bare/shared.hpp"

namespace keel::bare {

class Ide : public Disk {
  public:
    [[nodiscard]] Complaint open(const Features &features);

    [[nodiscard]] bool put(const Io &io)
    {
        if (has_one_)
            return false;
        has_one_ = true;
        io_ = io;
        return true;
    }

    void kick();

    template <typename Done> uint32_t poll(const Done &done)
    {
        int32_t status = 0;

        if (!has_one_ || !is_over(status))
            return 0;
        has_one_ = false;
        done(io_.tag, status);
        return 1;
    }

  private:
    // An area of memory, which crosses no multiple of 64 KiB.
    struct Area {
        uint32_t address = 0;
        uint16_t bytes = 0; // 0: 64 KiB
        uint16_t flags = 0;
    };
    static constexpr std::size_t areas_max = 16;

    [[nodiscard]] bool is_over(int32_t &status) const;
    void name_areas();
    void select(bool wide);

    alignas(page_bytes) std::array<Area, areas_max> areas_ = {};
    uint16_t master_ = 0; // its ports
    bool has_one_ = false;
    Io io_;
};

} // namespace keel::bare
