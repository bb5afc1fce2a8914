// SPDX-License-Identifier: Apache-2.0
//
// A disk on which each sector holds what its number says, and is looked at when it is read: for a workload that
// has written all of its region before. The first and the last word of each sector, which is cheap.
#pragma once

#include <array>
#include <cstdint>

#include "frontend-drivers/blk/workload/disk.hpp"
#include "frontend-drivers/blk/workload/job.hpp"

extern "C" {
#include <paravane/shared.h>
}

namespace keel::workload {

template <PolledDisk Disk>
requires requires(Disk &disk)
{
    requires std::same_as<decltype(disk.buffer(0)), pv_shared>;
}
class Verified {
  public:
    Verified(Disk &disk, uint64_t seed) : disk_(disk), seed_(seed) {}

    [[nodiscard]] bool put(const Io &io)
    {
        if (io.kind == Kind::write)
            each_word(io, [](pv_shared at, uint64_t word) {
                pv_shared_copy_in(at, &word, sizeof(word));
            });
        ios_[io.tag] = io;
        return disk_.put(io);
    }
    void kick() { disk_.kick(); }
    template <class Done> uint32_t poll(Done &&done)
    {
        return disk_.poll([&](uint32_t tag, int32_t status) {
            if (ios_[tag].kind == Kind::read && status == 0)
                look(ios_[tag]);
            done(tag, status);
        });
    }
    [[nodiscard]] uint64_t sectors() { return disk_.sectors(); }
    [[nodiscard]] pv_shared buffer(uint32_t number) { return disk_.buffer(number); }
    [[nodiscard]] bool ended() const
    {
        if constexpr (requires { disk_.ended(); })
            return disk_.ended();
        else
            return false;
    }

    [[nodiscard]] uint64_t verified() const { return verified_; } // sectors
    [[nodiscard]] uint64_t wrong() const { return wrong_; }
    [[nodiscard]] uint64_t first_wrong() const { return first_wrong_; }

  private:
    static constexpr uint32_t sector_bytes = 512;

    [[nodiscard]] uint64_t word_of(uint64_t sector) const
    {
        return (sector + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ seed_;
    }
    template <class Function> void each_word(const Io &io, const Function &function)
    {
        pv_shared at = disk_.buffer(io.buffer);

        for (uint32_t i = 0; i < io.sectors; i++) {
            const uint64_t word = word_of(io.sector + i);
            function(at, word);
            function(pv_shared_at(at, sector_bytes - sizeof(word)), ~word);
            at = pv_shared_at(at, sector_bytes);
        }
    }
    void look(const Io &io)
    {
        uint64_t words = 0;

        each_word(io, [&](pv_shared at, uint64_t word) {
            uint64_t found = 0;
            pv_shared_copy_out(&found, at, sizeof(found));
            if (found != word && wrong_++ == 0)
                first_wrong_ = io.sector + words / 2;
            words++;
        });
        verified_ += io.sectors;
    }

    Disk &disk_;
    uint64_t seed_;
    uint64_t verified_ = 0;
    uint64_t wrong_ = 0; // words
    uint64_t first_wrong_ = 0;
    std::array<Io, Job::depth_max> ios_{};
};

} // namespace keel::workload
