// SPDX-License-Identifier: Apache-2.0
//
// Frames that another domain may use, until they are taken back.
#pragma once

#include <cstdint>
#include <utility>

#include "frontend-drivers/keel/address.hpp"
#include "frontend-drivers/keel/arena.hpp"
#include "frontend-drivers/keel/clock.hpp"
#include "frontend-drivers/keel/grant_table.hpp"

namespace keel {

namespace grants {

// Whoever uses frames for longer after they were taken back loses its connection.
constexpr uint64_t patience = 5 * clock::second;

// Of the start info. Once, before all else.
void initialise();

// None where there is no entry left, or no table. The range is whole pages.
[[nodiscard]] GrantRef grant(GuestAddress base, uint64_t pages, uint16_t domain, Access access);
// 0: nobody uses the frames any more, and the entry is free. After an error they may be in use, and it
// may be called again. Waits, `ns` before the host gets impatient with who holds them.
[[nodiscard]] int64_t revoke(GrantRef grant, uint64_t ns = patience);

// How many there are, and how many are in use.
[[nodiscard]] uint32_t entries();
[[nodiscard]] uint32_t used();

} // namespace grants

// A grant for as long as this lives.
class Grant {
  public:
    Grant() = default;
    Grant(GuestAddress base, uint64_t pages, uint16_t domain, Access access)
        : grant_(grants::grant(base, pages, domain, access))
    {
    }
    Grant(const Grant &) = delete;
    Grant &operator=(const Grant &) = delete;
    Grant(Grant &&other) noexcept : grant_(std::exchange(other.grant_, {})) {}
    Grant &operator=(Grant &&other) noexcept
    {
        std::swap(grant_, other.grant_);
        return *this;
    }
    ~Grant() { (void)revoke(); }

    [[nodiscard]] bool good() const { return grant_.good(); }
    [[nodiscard]] GrantRef ref() const { return grant_; }
    // False where the host does not say that nobody uses the frames.
    [[nodiscard]] bool revoke();

  private:
    GrantRef grant_;
};

// Pages of the arena that another domain may use.
class GrantedMemory {
  public:
    GrantedMemory() = default;
    GrantedMemory(uint64_t pages, uint16_t domain, Access access);
    GrantedMemory(const GrantedMemory &) = delete;
    GrantedMemory &operator=(const GrantedMemory &) = delete;
    GrantedMemory(GrantedMemory &&other) noexcept
        : run_(std::exchange(other.run_, {})), grant_(std::move(other.grant_))
    {
    }
    GrantedMemory &operator=(GrantedMemory &&other) noexcept
    {
        std::swap(run_, other.run_);
        std::swap(grant_, other.grant_);
        return *this;
    }
    // What cannot be taken back is not used for anything else.
    ~GrantedMemory();

    [[nodiscard]] bool good() const { return grant_.good(); }
    [[nodiscard]] GrantRef ref() const { return grant_.ref(); }
    [[nodiscard]] pv_shared memory() const { return shared_at(run_.base); }
    [[nodiscard]] uint64_t bytes() const { return run_.pages * Arena::page; }
    // Its content is final from then on, and still there.
    [[nodiscard]] bool revoke() { return grant_.revoke(); }

  private:
    Arena::Run run_;
    Grant grant_;
};

} // namespace keel
