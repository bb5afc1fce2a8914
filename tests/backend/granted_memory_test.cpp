// SPDX-License-Identifier: Apache-2.0
//
// Uses of grants, from a table that is a stranger's: what is refused and why, and that nothing stays
// pinned that is not used. Built under an access policy in which the guest acts between the two looks.
#include <algorithm>
#include <array>
#include <functional>
#include <random>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>

#include "backend/engine/granted_memory.hpp"
#include "fence.hpp"

namespace paravane {

inline void PrintTo(GrantRefusal refusal, std::ostream *out)
{
    *out << name_of(refusal);
}

} // namespace paravane

namespace paravane::backend_test {
namespace {

constexpr uint64_t page = PV_PAGE_SIZE;
constexpr uint64_t arena_base = UINT64_C(0x2000000000);
constexpr uint64_t arena_first = arena_base / page;
constexpr uint32_t arena_frames = 15; // less than a grant table takes
constexpr uint64_t table_bytes = PV_GRANT_ENTRIES * sizeof(pv_grant_entry);
constexpr uint32_t good_word = PV_GRANT_VALID | PV_GRANT_WRITABLE; // to domain 0
constexpr GrantId grant{5};

UniqueFd copy_of(int fd)
{
    return UniqueFd(fcntl(fd, F_DUPFD_CLOEXEC, 0));
}

class GrantedMemoryTest : public testing::Test {
  protected:
    GrantedMemoryTest()
    {
        std::error_code error;
        arena_ = SharedMemory::create(arena_frames * page, SharedMemory::Pages::normal, error);
        table_ = SharedMemory::create(table_bytes, SharedMemory::Pages::normal, error);
        memory_ = make(host_domain);
        allow(grant.value, good_word, 4, arena_first + 2);
    }
    ~GrantedMemoryTest() override
    {
        at_fence = {};
        at_acquire = {};
        EXPECT_EQ(pins(), 0U) << "something stayed pinned";
    }

    [[nodiscard]] SharedMemory adopted(const SharedMemory &memory,
                                       SharedMemory::Access access) const
    {
        std::error_code error;
        SharedMemory made = SharedMemory::adopt(copy_of(memory.fd()).release(), error,
                                                SharedMemory::Frames::untouched, access);
        EXPECT_FALSE(error) << error.message();
        return made;
    }
    [[nodiscard]] std::unique_ptr<GrantedMemory> make(DomainId self) const
    {
        auto made =
            GrantedMemory::make(adopted(arena_, SharedMemory::Access::read_write), arena_base,
                                adopted(table_, SharedMemory::Access::read), backend_pins(), self);
        EXPECT_TRUE(made.has_value());
        return std::move(*made);
    }
    [[nodiscard]] BackendPins backend_pins() const
    {
        return *BackendPins::adopt(copy_of(domain_pins_.area()), copy_of(domain_pins_.unpinned()));
    }

    // ---- the guest ----
    [[nodiscard]] pv_shared entry(uint32_t number) const
    {
        return table_.at(number * sizeof(pv_grant_entry));
    }
    void allow(uint32_t number, uint32_t word, uint32_t frames, uint64_t first_frame) const
    {
        const pv_grant_entry made = {pv_le32_of(word), pv_le32_of(frames), pv_le64_of(first_frame)};
        pv_shared_copy_in(entry(number), &made, sizeof(made));
    }

    // ---- the domain process ----
    [[nodiscard]] uint64_t pins() const
    {
        uint64_t count = 0;
        for (uint32_t number = 0; number < PV_GRANT_ENTRIES; number++) {
            if (domain_pins_.pinned({number}))
                count++;
        }
        return count;
    }
    [[nodiscard]] bool signalled() const
    {
        eventfd_t count = 0;
        return eventfd_read(domain_pins_.unpinned(), &count) == 0;
    }

    // ---- the backend ----
    // Why it is refused; std::nullopt: it was pinned.
    std::optional<GrantRefusal> refusal(const GrantedRange &range,
                                        GrantAccess access = GrantAccess::write,
                                        uint32_t alignment = 1)
    {
        const PinResult pinned = memory_->pin(range, access, alignment);
        if (pinned)
            return std::nullopt;
        return pinned.error();
    }
    // Of the whole of one frame, of this entry.
    std::optional<GrantRefusal> refusal_of(uint32_t word, uint32_t frames, uint64_t first_frame)
    {
        allow(grant.value, word, frames, first_frame);
        return refusal({grant.value, 0, page});
    }

    SharedMemory arena_;
    SharedMemory table_;
    DomainPins domain_pins_ = *DomainPins::create();
    std::unique_ptr<GrantedMemory> memory_;
};

TEST_F(GrantedMemoryTest, PinsWhatIsGranted)
{
    pv_shared_store_relaxed(arena_.at(3 * page + 64), 0x12345678);
    PinResult got = memory_->pin({grant.value, page + 64, 100}, GrantAccess::write, 64);
    ASSERT_TRUE(got.has_value());
    const Pinned pinned = std::move(*got);
    EXPECT_EQ(pinned.bytes(), 100U);
    EXPECT_EQ(pv_shared_load_relaxed(pinned.place()), 0x12345678U);
    EXPECT_TRUE(domain_pins_.pinned(grant));
    EXPECT_EQ(pins(), 1U);
}

TEST_F(GrantedMemoryTest, PinsToTheLastByte)
{
    allow(grant.value, good_word, arena_frames, arena_first);
    EXPECT_EQ(refusal({grant.value, 0, arena_frames * page}), std::nullopt);
    EXPECT_EQ(refusal({grant.value, arena_frames * page - 1, 1}), std::nullopt);
    allow(PV_GRANT_ENTRIES - 1, good_word, 1, arena_first + arena_frames - 1);
    EXPECT_EQ(refusal({PV_GRANT_ENTRIES - 1, 0, page}), std::nullopt);
}

// More bytes than 32 bits count.
TEST_F(GrantedMemoryTest, PinsInLargeGrants)
{
    constexpr uint64_t large = (UINT64_C(1) << 32) + page;
    std::error_code error;
    arena_ = SharedMemory::create(large, SharedMemory::Pages::normal, error,
                                  SharedMemory::Frames::untouched);
    ASSERT_FALSE(error) << error.message();
    memory_ = make(host_domain);
    allow(grant.value, good_word, large / page, arena_first);
    EXPECT_EQ(refusal({grant.value, large - page, page}), std::nullopt);
    EXPECT_EQ(refusal({grant.value, large - page, page + 1}), GrantRefusal::past_end);
}

TEST_F(GrantedMemoryTest, CountsPins)
{
    PinResult first = memory_->pin({grant.value, 0, 1}, GrantAccess::write);
    PinResult second = memory_->pin({grant.value, 8, 1}, GrantAccess::read);
    ASSERT_TRUE(first.has_value() && second.has_value());
    first = GrantRefusal::number;
    EXPECT_TRUE(domain_pins_.pinned(grant));
    Pinned moved = std::move(*second);
    second = GrantRefusal::number;
    EXPECT_TRUE(domain_pins_.pinned(grant));
    moved = Pinned();
    EXPECT_FALSE(domain_pins_.pinned(grant));
}

TEST_F(GrantedMemoryTest, SignalsWhoWaitsForAnUnpin)
{
    EXPECT_EQ(refusal({grant.value, 0, 1}), std::nullopt);
    EXPECT_FALSE(signalled());
    domain_pins_.expect_unpin();
    PinResult pinned = memory_->pin({grant.value, 0, 1}, GrantAccess::write);
    EXPECT_FALSE(signalled());
    pinned = GrantRefusal::number;
    EXPECT_TRUE(signalled());
}

TEST_F(GrantedMemoryTest, RefusesNumbersOfNoEntry)
{
    for (const uint32_t number : {0U, PV_GRANT_ENTRIES, PV_GRANT_ENTRIES + 1, 0x80000000U, ~0U})
        EXPECT_EQ(refusal({number, 0, page}), GrantRefusal::number) << number;
    allow(0, good_word, 1, arena_first);
    EXPECT_EQ(refusal({0, 0, page}), GrantRefusal::number);
    EXPECT_EQ(memory_->refused(GrantRefusal::number), 6U);
}

TEST_F(GrantedMemoryTest, RefusesWhatIsNotValid)
{
    for (const uint32_t word : {0U, good_word & ~PV_GRANT_VALID, ~PV_GRANT_VALID})
        EXPECT_EQ(refusal_of(word, 1, arena_first), GrantRefusal::not_valid) << word;
    EXPECT_EQ(refusal({grant.value + 1, 0, page}), GrantRefusal::not_valid);
}

TEST_F(GrantedMemoryTest, RefusesReservedBits)
{
    for (uint32_t bit = 18; bit < 32; bit++)
        EXPECT_EQ(refusal_of(good_word | 1U << bit, 1, arena_first), GrantRefusal::reserved);
}

TEST_F(GrantedMemoryTest, RefusesWhatIsForOthers)
{
    for (const uint32_t domain : {1U, 7U, 0xffffU})
        EXPECT_EQ(refusal_of(good_word | domain, 1, arena_first), GrantRefusal::other_domain);
    memory_ = make({7});
    EXPECT_EQ(refusal_of(good_word, 1, arena_first), GrantRefusal::other_domain);
    EXPECT_EQ(refusal_of(good_word | 7, 1, arena_first), std::nullopt);
}

TEST_F(GrantedMemoryTest, RefusesToWriteWhatMayOnlyBeRead)
{
    allow(grant.value, PV_GRANT_VALID, 1, arena_first);
    EXPECT_EQ(refusal({grant.value, 0, page}, GrantAccess::write), GrantRefusal::read_only);
    EXPECT_EQ(refusal({grant.value, 0, page}, GrantAccess::read), std::nullopt);
}

TEST_F(GrantedMemoryTest, RefusesNoFrames)
{
    EXPECT_EQ(refusal_of(good_word, 0, arena_first), GrantRefusal::no_frames);
    EXPECT_EQ(refusal_of(good_word, 0, 0), GrantRefusal::no_frames);
}

TEST_F(GrantedMemoryTest, RefusesWhatIsOutsideOfTheArena)
{
    struct Case {
        uint32_t frames;
        uint64_t first;
    };
    for (const Case &one : {
             Case{1, 0},
             Case{1, arena_first - 1},
             Case{2, arena_first - 1},
             Case{~0U, arena_first - 1},
             Case{1, arena_first + arena_frames},
             Case{2, arena_first + arena_frames - 1},
             Case{arena_frames + 1, arena_first},
             Case{~0U, arena_first},
             Case{1, UINT64_MAX},
             Case{2, UINT64_MAX},
             Case{~0U, UINT64_MAX - 0xfffffffeU},
             Case{1, UINT64_C(1) << 63},
             // Bytes that wrap to the arena's.
             Case{1, arena_first + (UINT64_C(1) << 52)},
         })
        EXPECT_EQ(refusal_of(good_word, one.frames, one.first), GrantRefusal::arena)
            << one.frames << " from " << one.first;
}

TEST_F(GrantedMemoryTest, RefusesToUseNothing)
{
    EXPECT_EQ(refusal({grant.value, 0, 0}), GrantRefusal::no_bytes);
    EXPECT_EQ(refusal({grant.value, 4 * page, 0}), GrantRefusal::no_bytes);
}

TEST_F(GrantedMemoryTest, RefusesWhatIsPastTheEnd)
{
    const uint64_t end = 4 * page;
    for (const GrantedRange &range : {
             GrantedRange{grant.value, 0, end + 1},
             GrantedRange{grant.value, 1, end},
             GrantedRange{grant.value, end, 1},
             GrantedRange{grant.value, end + 1, 1},
             GrantedRange{grant.value, end - 1, 2},
             GrantedRange{grant.value, UINT64_MAX, 1},
             GrantedRange{grant.value, UINT64_MAX, 2},
             GrantedRange{grant.value, 1, UINT64_MAX},
             GrantedRange{grant.value, page, UINT64_MAX - page + 1},
             GrantedRange{grant.value, UINT64_C(1) << 32, page},
         })
        EXPECT_EQ(refusal(range), GrantRefusal::past_end) << range.offset << " " << range.bytes;
}

TEST_F(GrantedMemoryTest, RefusesWhatIsNotAligned)
{
    for (const uint64_t offset : {1U, 4U, 64U, 127U, 129U})
        EXPECT_EQ(refusal({grant.value, offset, 8}, GrantAccess::write, 128),
                  GrantRefusal::alignment);
    EXPECT_EQ(refusal({grant.value, 256, 8}, GrantAccess::write, 128), std::nullopt);
}

// ---- what changes between the two looks ----

TEST_F(GrantedMemoryTest, IsSeenToBePinnedBeforeTheSecondLook)
{
    bool seen = false;
    at_fence = [&] { seen = seen || domain_pins_.pinned(grant); };
    EXPECT_EQ(refusal({grant.value, 0, page}), std::nullopt);
    EXPECT_TRUE(seen);
}

// The guest writes it last.
TEST_F(GrantedMemoryTest, LooksAtTheWordBeforeTheRest)
{
    pv_shared_store_relaxed(arena_.at(9 * page), 0x12345678);
    at_acquire = once([&] { allow(grant.value, good_word, 1, arena_first + 9); });
    PinResult got = memory_->pin({grant.value, 0, 4}, GrantAccess::write);
    ASSERT_TRUE(got.has_value());
    const Pinned pinned = std::move(*got);
    EXPECT_EQ(pv_shared_load_relaxed(pinned.place()), 0x12345678U);
}

TEST_F(GrantedMemoryTest, RefusesWhatChangesMeanwhile)
{
    const std::array<std::function<void()>, 6> changes = {
        [&] { allow(grant.value, 0, 4, arena_first + 2); },
        [&] { allow(grant.value, PV_GRANT_VALID, 4, arena_first + 2); },
        [&] { allow(grant.value, good_word | 1, 4, arena_first + 2); },
        // Good ones, but other than what was checked.
        [&] { allow(grant.value, good_word, 5, arena_first + 2); },
        [&] { allow(grant.value, good_word, 4, arena_first + 3); },
        [&] { allow(grant.value, good_word, 4, arena_first + 2 + (UINT64_C(1) << 32)); },
    };
    for (std::size_t i = 0; i < changes.size(); i++) {
        allow(grant.value, good_word, 4, arena_first + 2);
        at_fence = [&, done = false]() mutable {
            if (!std::exchange(done, true))
                changes.at(i)();
        };
        EXPECT_EQ(refusal({grant.value, 0, page}), GrantRefusal::changed) << i;
        EXPECT_FALSE(domain_pins_.pinned(grant)) << i;
    }
    EXPECT_EQ(memory_->refused(GrantRefusal::changed), changes.size());
}

// The domain process asked, found it pinned, and waits: it must hear of the refusal.
TEST_F(GrantedMemoryTest, TellsWhoWaitsThatItWasRefused)
{
    at_fence = [&, done = false]() mutable {
        if (std::exchange(done, true))
            return;
        pv_shared_store_relaxed(entry(grant.value), 0);
        EXPECT_TRUE(domain_pins_.pinned(grant));
        domain_pins_.expect_unpin();
    };
    EXPECT_EQ(refusal({grant.value, 0, page}), GrantRefusal::changed);
    EXPECT_TRUE(signalled());
}

// Whatever lies there: what is handed out lies in the arena, and is what was granted just then.
TEST_F(GrantedMemoryTest, HandsOutNothingButTheArena)
{
    std::mt19937_64 random(1);
    const auto some = [&](std::initializer_list<uint64_t> values) {
        const uint64_t near = values.begin()[random() % values.size()];
        return random() % 4 == 0 ? near + random() % 5 - 2 : near;
    };
    uint64_t pinned = 0;
    for (int i = 0; i < 200000; i++) {
        const auto scribble = [&] {
            allow(grant.value,
                  static_cast<uint32_t>(some(
                      {good_word, good_word, good_word, PV_GRANT_VALID, 0, UINT64_MAX, random()})),
                  static_cast<uint32_t>(some({1, 4, arena_frames, 0, UINT32_MAX, random()})),
                  some({arena_first, arena_first + 4, arena_first + arena_frames, 0, UINT64_MAX,
                        random()}));
        };
        scribble();
        at_fence = [&, left = random() % 8 == 0 ? 1 : 0]() mutable {
            if (left-- > 0)
                scribble();
        };
        const GrantedRange range = {
            static_cast<uint32_t>(some({grant.value, grant.value, grant.value, random()})),
            some({0, page, 4 * page, arena_frames * page, UINT64_MAX, random()}),
            some({1, page, arena_frames * page, UINT64_MAX, random()})};
        PinResult got = memory_->pin(range, GrantAccess::write);
        at_fence = {};
        if (!got)
            continue;
        const Pinned place = std::move(*got);
        pinned++;
        // The backend's own mapping of the arena: its first and its last byte can be written.
        pv_shared_copy_in(place.place(), "x", 1);
        pv_shared_copy_in({place.place().address + place.bytes() - 1}, "x", 1);
        ASSERT_LE(place.bytes(), arena_frames * page);
        ASSERT_EQ(place.bytes(), range.bytes);
    }
    EXPECT_GT(pinned, 200U);
    EXPECT_EQ(pins(), 0U);
}

TEST_F(GrantedMemoryTest, EachRefusalHasAName)
{
    std::vector<std::string> names;
    for (std::size_t i = 0; i < grant_refusals; i++)
        names.emplace_back(name_of(static_cast<GrantRefusal>(i)));
    std::sort(names.begin(), names.end());
    EXPECT_EQ(std::unique(names.begin(), names.end()), names.end());
}

TEST_F(GrantedMemoryTest, IsMadeOfWhatFits)
{
    const auto fails = [&](uint64_t base, const SharedMemory &table) {
        return !GrantedMemory::make(adopted(arena_, SharedMemory::Access::read_write), base,
                                    adopted(table, SharedMemory::Access::read), backend_pins())
                    .has_value();
    };
    EXPECT_FALSE(fails(arena_base, table_));
    EXPECT_TRUE(fails(arena_base + 1, table_));
    EXPECT_TRUE(fails(0 - page, table_));
    EXPECT_TRUE(fails(0 - (arena_frames - 1) * page, table_));
    EXPECT_TRUE(fails(arena_base, arena_)) << arena_.size() << " bytes are no table";
    EXPECT_FALSE(GrantedMemory::make({}, arena_base, adopted(table_, SharedMemory::Access::read),
                                     backend_pins())
                     .has_value());
}

} // namespace
} // namespace paravane::backend_test
