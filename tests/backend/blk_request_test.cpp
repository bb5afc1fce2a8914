// SPDX-License-Identifier: Apache-2.0
//
// What a disk makes of a guest's words: each refusal with its count and its status, with nothing left pinned;
// and what is good, down to the addresses.
#include <fcntl.h>
#include <gtest/gtest.h>

#include "backend/blk/request.hpp"
#include "blk_guest.hpp"

namespace paravane::backend_test {
namespace {

using blk::Refusal;

constexpr uint64_t disk_sectors = 1U << 20;

int copy_of(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

std::unique_ptr<GrantedMemory> memory_of(const FakeDomain &domain)
{
    std::error_code error;
    SharedMemory arena =
        SharedMemory::adopt(copy_of(domain.arena.fd()), error, SharedMemory::Frames::untouched);
    EXPECT_FALSE(error);
    SharedMemory table =
        SharedMemory::adopt(copy_of(domain.table_to_read.get()), error,
                            SharedMemory::Frames::touched, SharedMemory::Access::read);
    EXPECT_FALSE(error);
    auto pins = BackendPins::adopt(UniqueFd(copy_of(domain.pins.area())),
                                   UniqueFd(copy_of(domain.pins.unpinned())));
    auto memory =
        GrantedMemory::make(std::move(arena), arena_base, std::move(table), std::move(*pins));
    EXPECT_TRUE(memory.has_value());
    return std::move(*memory);
}

class BlkRequest : public testing::Test {
  protected:
    BlkRequest()
    {
        log_.header().settings.sectors = disk_sectors;
        for (uint32_t ring = 0; ring < 4; ring++) {
            const uint32_t slot = ring % 2 == 0 ? sizeof(pv_blk_request) : sizeof(pv_blk_response);
            PinResult pinned = memory_->pin({1 + ring, 0, pv_ring_bytes({64, slot})},
                                            GrantAccess::write, PV_RING_LINE);
            EXPECT_TRUE(pinned.has_value());
            rings_.push_back(std::move(*pinned));
        }
        make_checker();
    }

    void make_checker() { checker_.emplace(*memory_, log_.header(), rings_); }
    void use_sectors_of(uint32_t bytes)
    {
        log_.header().settings.sector_bytes = bytes;
        make_checker();
    }

    [[nodiscard]] bool data_pinned() const
    {
        return guest_.pins.pinned({data_grant}) || guest_.pins.pinned({read_only_grant}) ||
               guest_.pins.pinned({table_grant}) || guest_.pins.pinned({other_grant}) ||
               guest_.pins.pinned({0});
    }
    [[nodiscard]] uint64_t count(Refusal refusal) const
    {
        return log_.header().counts.refused.at(static_cast<std::size_t>(refusal));
    }
    [[nodiscard]] uint64_t all_counts() const
    {
        uint64_t all = 0;
        for (const auto &one : log_.header().counts.refused)
            all += one;
        return all;
    }
    [[nodiscard]] int32_t check(const pv_blk_request &request)
    {
        return checker_->check(request, table_, work_, extents_);
    }

    void expect_refused(const pv_blk_request &request, Refusal refusal, int32_t status)
    {
        const uint64_t before = count(refusal);
        const uint64_t all = all_counts();
        EXPECT_EQ(check(request), status);
        EXPECT_EQ(count(refusal), before + 1) << name_of(refusal);
        EXPECT_EQ(all_counts(), all + 1);
        EXPECT_FALSE(data_pinned());
    }
    // And takes its pins back.
    void expect_good(const pv_blk_request &request)
    {
        const uint64_t all = all_counts();
        EXPECT_EQ(check(request), 0);
        EXPECT_EQ(all_counts(), all);
        checker_->unpin(request, table_);
        EXPECT_FALSE(data_pinned());
    }

    // Where the process sees a byte of the data.
    [[nodiscard]] uint64_t place(uint64_t at) const
    {
        return memory_->arena().at(guest_.data_at + at).address;
    }
    // A grant of one piece of the arena.
    void allow_other(uint64_t arena_at, uint64_t bytes, bool writable = true)
    {
        guest_.allow_bytes(other_grant, writable, arena_at, bytes);
    }

    static constexpr uint32_t other_grant = 200;

    BlkGuest guest_{{.queues = 2}};
    std::unique_ptr<GrantedMemory> memory_ = memory_of(guest_);
    blk::Log log_ = *blk::Log::create(2, 64);
    std::vector<Pinned> rings_;
    std::optional<blk::Checker> checker_;
    blk::Table table_{};
    blk::Work work_{};
    std::array<DataExtent, PV_BLK_SEGMENTS_MAX> extents_{};
};

constexpr int32_t invalid = PV_BLK_STATUS_INVALID;

// ---- what is good ----

TEST_F(BlkRequest, SaysWhatIsToBeDone)
{
    const pv_blk_request read = read_of(8, 16, 4096);
    ASSERT_EQ(check(read), 0);
    EXPECT_EQ(work_.operation, PV_BLK_READ);
    EXPECT_FALSE(work_.durable);
    EXPECT_EQ(work_.offset, 8U * 512);
    EXPECT_EQ(work_.bytes, 16U * 512);
    ASSERT_EQ(work_.extents, 1U);
    EXPECT_EQ(extents_[0].address, place(4096));
    EXPECT_EQ(extents_[0].bytes, 16U * 512);
    EXPECT_TRUE(guest_.pins.pinned({data_grant}));
    EXPECT_FALSE(work_.changes_disk());
    checker_->unpin(read, table_);
    EXPECT_FALSE(data_pinned());

    pv_blk_request write = write_of(disk_sectors - 1, 1);
    write.head.flags = PV_BLK_FLAG_FUA;
    ASSERT_EQ(check(write), 0);
    EXPECT_TRUE(work_.durable);
    EXPECT_TRUE(work_.changes_disk());
    checker_->unpin(write, table_);
}

TEST_F(BlkRequest, OfEveryOperation)
{
    expect_good(read_of(0, 1));
    expect_good(write_of(0, PV_BLK_REQUEST_SECTORS_MAX));
    expect_good(request_of(PV_BLK_FLUSH));
    EXPECT_FALSE(work_.changes_disk());
    expect_good(clear_of(PV_BLK_DISCARD, 0, disk_sectors));
    EXPECT_TRUE(work_.changes_disk());
    expect_good(clear_of(PV_BLK_WRITE_ZEROES, disk_sectors - 1, 1));
    EXPECT_TRUE(work_.changes_disk());
    EXPECT_EQ(work_.extents, 0U);
    EXPECT_EQ(work_.bytes, 512U);
    expect_good(request_of(PV_BLK_IDENTIFY, 0, {0, sizeof(pv_blk_identity)}));
    EXPECT_FALSE(work_.changes_disk());
}

TEST_F(BlkRequest, MergesSegmentsThatLieTogether)
{
    const std::array pieces = {Piece{1024, 512}, Piece{1536, 1024}};
    const pv_blk_request request = guest_.indirect(request_of(PV_BLK_READ), pieces);
    ASSERT_EQ(check(request), 0);
    ASSERT_EQ(work_.extents, 1U);
    EXPECT_EQ(work_.bytes, 1536U);
    EXPECT_EQ(extents_[0].address, place(1024));
    EXPECT_EQ(extents_[0].bytes, 1536U);
    checker_->unpin(request, table_);
    EXPECT_FALSE(data_pinned());

    const std::array others = {Piece{1536, 1024}, Piece{1024, 512}};
    const pv_blk_request backwards = guest_.indirect(request_of(PV_BLK_READ), others);
    ASSERT_EQ(check(backwards), 0);
    ASSERT_EQ(work_.extents, 2U) << "the disk's order counts";
    EXPECT_EQ(extents_[0].address, place(1536));
    EXPECT_EQ(extents_[1].address, place(1024));
    EXPECT_EQ(extents_[1].bytes, 512U);
    checker_->unpin(backwards, table_);
}

TEST_F(BlkRequest, TakesAMebibyteInASegmentAPage)
{
    for (const bool together : {false, true}) {
        std::vector<Piece> pieces;
        for (uint32_t i = 0; i < PV_BLK_SEGMENTS_MAX; i++)
            pieces.push_back({(together ? i : 2 * i) * uint64_t{PV_PAGE_SIZE}, PV_PAGE_SIZE});
        const pv_blk_request request = guest_.indirect(request_of(PV_BLK_READ, 64), pieces);
        ASSERT_EQ(check(request), 0);
        EXPECT_EQ(work_.bytes, uint64_t{1} << 20);
        ASSERT_EQ(work_.extents, together ? 1U : PV_BLK_SEGMENTS_MAX);
        EXPECT_EQ(extents_[0].bytes, together ? uint64_t{1} << 20 : PV_PAGE_SIZE);
        EXPECT_EQ(extents_.at(work_.extents - 1).address,
                  together ? place(0) : place(uint64_t{510} * PV_PAGE_SIZE));
        EXPECT_FALSE(guest_.pins.pinned({table_grant})) << "the table was copied";
        checker_->unpin(request, table_);
        EXPECT_FALSE(data_pinned());
    }
}

// What is used is what was copied, whatever becomes of the guest's table.
TEST_F(BlkRequest, UsesItsOwnCopyOfATable)
{
    const std::array pieces = {Piece{0, 512}, Piece{8192, 512}};
    const pv_blk_request request = guest_.indirect(request_of(PV_BLK_READ), pieces);
    ASSERT_EQ(check(request), 0);
    const std::array wrong = {Piece{4096, 999, 777}, Piece{0, 0, 0}};
    (void)guest_.indirect(request_of(PV_BLK_READ), wrong);
    ASSERT_EQ(work_.extents, 2U);
    EXPECT_EQ(extents_[1].address, place(8192));
    checker_->unpin(request, table_);
    EXPECT_FALSE(data_pinned()) << "the grants that were pinned";
    // So too who does it again after a death: the table is not looked at.
    guest_.allow(table_grant, 0, 0, 0);
    ASSERT_EQ(checker_->check_again(request, table_, work_, extents_), 0);
    EXPECT_EQ(extents_[1].address, place(8192));
    checker_->unpin(request, table_);
    EXPECT_FALSE(data_pinned());
}

// Of a log that a hostile process could have written.
TEST_F(BlkRequest, HasNoMoreSegmentsThanATableHas)
{
    pv_blk_request request = read_of(0, 1);
    EXPECT_EQ(blk::segments_of(request, table_).size(), 1U);
    request.head.flags = PV_BLK_FLAG_INDIRECT;
    for (const uint32_t bytes : {4096U, 4097U, 8192U, ~0U}) {
        request.data.length = pv_le32_of(bytes);
        EXPECT_EQ(blk::segments_of(request, table_).size(), PV_BLK_SEGMENTS_MAX);
    }
    // Who does a request again refuses that, too.
    for (const uint32_t bytes : {0U, 8U, 17U, 4112U}) {
        const uint64_t before = count(Refusal::segments);
        request.data.length = pv_le32_of(bytes);
        EXPECT_EQ(checker_->check_again(request, table_, work_, extents_), invalid);
        EXPECT_EQ(count(Refusal::segments), before + 1);
    }
    for (const uint8_t operation :
         {uint8_t{PV_BLK_FLUSH}, uint8_t{PV_BLK_OPERATIONS}, uint8_t{255}}) {
        request = {};
        request.head.operation = operation;
        EXPECT_EQ(blk::segments_of(request, table_).size(), 0U);
    }
}

TEST_F(BlkRequest, NeedsOnlyToReadWhatIsWritten)
{
    const Piece piece = {0, 512, read_only_grant};
    expect_good(request_of(PV_BLK_WRITE, 0, piece));
    expect_refused(request_of(PV_BLK_READ, 0, piece), Refusal::grant, PV_BLK_STATUS_GRANT);
    expect_refused(request_of(PV_BLK_IDENTIFY, 0, piece), Refusal::grant, PV_BLK_STATUS_GRANT);
}

// ---- refusals, in their order ----

TEST_F(BlkRequest, RefusesFlagsThatTheOperationDoesNotHave)
{
    const std::array pieces = {Piece{0, 512}};
    for (const auto operation : {PV_BLK_READ, PV_BLK_FLUSH, PV_BLK_IDENTIFY}) {
        pv_blk_request request = request_of(operation);
        request.head.flags = PV_BLK_FLAG_FUA;
        expect_refused(request, Refusal::flags, invalid);
    }
    for (const auto operation :
         {PV_BLK_FLUSH, PV_BLK_DISCARD, PV_BLK_WRITE_ZEROES, PV_BLK_IDENTIFY})
        expect_refused(guest_.indirect(request_of(operation), pieces), Refusal::flags, invalid);
}

TEST_F(BlkRequest, RefusesReservedBytes)
{
    const std::array pieces = {Piece{0, 512}};
    for (const pv_blk_request &good :
         {read_of(0, 1), write_of(0, 1), request_of(PV_BLK_FLUSH), clear_of(PV_BLK_DISCARD, 0, 1),
          guest_.indirect(request_of(PV_BLK_READ), pieces)}) {
        for (const uint32_t bit : {1U, 1U << 31}) {
            pv_blk_request request = good;
            request.data.reserved = pv_le32_of(bit);
            expect_refused(request, Refusal::reserved, invalid);
        }
    }
}

TEST_F(BlkRequest, RefusesASectorWhereThereIsToBeNone)
{
    expect_refused(request_of(PV_BLK_FLUSH, 1), Refusal::sector, invalid);
    expect_refused(request_of(PV_BLK_IDENTIFY, uint64_t{1} << 63, {0, 512}), Refusal::sector,
                   invalid);
}

TEST_F(BlkRequest, RefusesChangesOfWhatIsReadOnly)
{
    log_.header().settings.read_only = 1;
    make_checker();
    expect_good(read_of(0, 1));
    expect_good(request_of(PV_BLK_FLUSH));
    expect_refused(write_of(0, 1), Refusal::read_only, PV_BLK_STATUS_READ_ONLY);
    expect_refused(clear_of(PV_BLK_DISCARD, 0, 1), Refusal::read_only, PV_BLK_STATUS_READ_ONLY);
    expect_refused(clear_of(PV_BLK_WRITE_ZEROES, 0, 1), Refusal::read_only,
                   PV_BLK_STATUS_READ_ONLY);
}

TEST_F(BlkRequest, RefusesMemoryThatTheOperationDoesNotHave)
{
    for (const auto operation : {PV_BLK_FLUSH, PV_BLK_DISCARD, PV_BLK_WRITE_ZEROES}) {
        const uint32_t bytes = operation == PV_BLK_FLUSH ? 0 : 512;
        expect_good(request_of(operation, 0, {0, bytes, 0}));
        expect_refused(request_of(operation, 0, {0, bytes, data_grant}), Refusal::memory, invalid);
        expect_refused(request_of(operation, 0, {512, bytes, 0}), Refusal::memory, invalid);
    }
    expect_refused(request_of(PV_BLK_FLUSH, 0, {0, 512, 0}), Refusal::memory, invalid);
}

TEST_F(BlkRequest, RefusesTablesOfAnotherLengthThanSegmentsHave)
{
    const std::array pieces = {Piece{0, 512}, Piece{512, 512}};
    pv_blk_request request = guest_.indirect(request_of(PV_BLK_READ), pieces);
    expect_good(request);
    for (const uint32_t bytes : {0U, 1U, 15U, 17U, 24U, 4097U, 4096U + 16, 0x80000000U, ~0U - 15}) {
        request.data.length = pv_le32_of(bytes);
        expect_refused(request, Refusal::segments, invalid);
    }
}

TEST_F(BlkRequest, RefusesTablesThatAreNotGranted)
{
    const std::array pieces = {Piece{0, 512}, Piece{512, 512}};
    const pv_blk_request good = guest_.indirect(request_of(PV_BLK_READ), pieces);
    const auto with = [&](const Piece &table) {
        pv_blk_request request = good;
        request.data = segment_of(table);
        return request;
    };
    expect_good(with({0, 32, table_grant}));
    expect_refused(with({0, 32, 77}), Refusal::table, PV_BLK_STATUS_GRANT);
    expect_refused(with({0, 32, 0}), Refusal::table, PV_BLK_STATUS_GRANT);
    expect_refused(with({PV_PAGE_SIZE - 16, 32, table_grant}), Refusal::table, PV_BLK_STATUS_GRANT);
    expect_refused(with({8, 32, table_grant}), Refusal::table, PV_BLK_STATUS_GRANT);
}

TEST_F(BlkRequest, RefusesReservedBytesOfASegment)
{
    std::array<pv_segment, 3> table = {segment_of({0, 512}), segment_of({512, 512}),
                                       segment_of({1024, 512})};
    for (pv_segment &wrong : table) {
        wrong.reserved = pv_le32_of(1U << 31);
        guest_.put_data(8192, std::as_bytes(std::span(table)));
        wrong.reserved = pv_le32_of(0);
        pv_blk_request request = request_of(PV_BLK_READ, 0, {8192, sizeof(table)});
        request.head.flags = PV_BLK_FLAG_INDIRECT;
        expect_refused(request, Refusal::segment, invalid);
        guest_.put_data(8192, std::as_bytes(std::span(table)));
        expect_good(request);
    }
}

TEST_F(BlkRequest, RefusesSegmentsThatAreNotWholeSectors)
{
    for (const uint32_t bytes : {0U, 1U, 511U, 513U, 768U, ~0U}) {
        const std::array pieces = {Piece{0, 512}, Piece{512, bytes}};
        expect_refused(request_of(PV_BLK_READ, 0, pieces[1]), Refusal::segment_bytes, invalid);
        expect_refused(guest_.indirect(request_of(PV_BLK_READ), pieces), Refusal::segment_bytes,
                       invalid);
        expect_refused(request_of(PV_BLK_DISCARD, 0, {0, bytes, 0}), Refusal::segment_bytes,
                       invalid);
        expect_refused(request_of(PV_BLK_IDENTIFY, 0, pieces[1]), Refusal::segment_bytes, invalid);
    }
    use_sectors_of(4096);
    expect_good(read_of(8, 8));
    expect_refused(read_of(8, 4), Refusal::segment_bytes, invalid);
    expect_refused(clear_of(PV_BLK_DISCARD, 8, 9), Refusal::segment_bytes, invalid);
    // Each by itself, whatever they are together, and wherever they lie.
    const std::array halves = {Piece{0, 2048}, Piece{2048, 2048}};
    expect_refused(guest_.indirect(request_of(PV_BLK_READ), halves), Refusal::segment_bytes,
                   invalid);
    expect_good(request_of(PV_BLK_READ, 0, {512, 4096}));
    expect_good(request_of(PV_BLK_IDENTIFY, 0, {0, 512}));
}

TEST_F(BlkRequest, RefusesMoreSectorsThanARequestMayHave)
{
    log_.header().settings.sectors = uint64_t{1} << 40;
    expect_refused(read_of(0, PV_BLK_REQUEST_SECTORS_MAX + 1), Refusal::too_long, invalid);
    expect_refused(request_of(PV_BLK_WRITE, 0, {0, 0xfffffe00}), Refusal::too_long, invalid);
    expect_good(clear_of(PV_BLK_DISCARD, 0, PV_BLK_CLEAR_SECTORS_MAX));
    expect_refused(clear_of(PV_BLK_DISCARD, 0, PV_BLK_CLEAR_SECTORS_MAX + 1), Refusal::too_long,
                   invalid);
    expect_refused(request_of(PV_BLK_WRITE_ZEROES, 0, {0, 0xfffffe00, 0}), Refusal::too_long,
                   invalid);
    expect_refused(request_of(PV_BLK_IDENTIFY, 0, {0, 1024}), Refusal::too_long, invalid);
    const std::array pieces = {Piece{0, 1U << 20}, Piece{0, 512}};
    expect_refused(guest_.indirect(request_of(PV_BLK_READ), pieces), Refusal::too_long, invalid);
    // A sum that would wrap in 32 bits.
    const std::array huge = {Piece{0, 0x80000000}, Piece{0, 0x80000000}, Piece{0, 512}};
    expect_refused(guest_.indirect(request_of(PV_BLK_READ), huge), Refusal::too_long, invalid);
}

TEST_F(BlkRequest, RefusesToBeginInASector)
{
    use_sectors_of(4096);
    for (const uint64_t sector : {1U, 4U, 7U}) {
        expect_refused(read_of(sector, 8), Refusal::misaligned, invalid);
        expect_refused(clear_of(PV_BLK_DISCARD, sector, 8), Refusal::misaligned, invalid);
    }
}

TEST_F(BlkRequest, RefusesNumbersThatWrap)
{
    expect_refused(read_of(UINT64_MAX, 1), Refusal::overflow, PV_BLK_STATUS_RANGE);
    expect_refused(read_of(UINT64_MAX - 7, 8), Refusal::overflow, PV_BLK_STATUS_RANGE);
    expect_refused(clear_of(PV_BLK_DISCARD, UINT64_MAX - 1, 1U << 22), Refusal::overflow,
                   PV_BLK_STATUS_RANGE);
}

TEST_F(BlkRequest, RefusesWhatIsPastTheEnd)
{
    expect_good(read_of(disk_sectors - 8, 8));
    expect_refused(read_of(disk_sectors - 7, 8), Refusal::past_end, PV_BLK_STATUS_RANGE);
    expect_refused(read_of(disk_sectors, 1), Refusal::past_end, PV_BLK_STATUS_RANGE);
    expect_refused(write_of(uint64_t{1} << 55, 1), Refusal::past_end, PV_BLK_STATUS_RANGE);
    expect_refused(clear_of(PV_BLK_DISCARD, 1, disk_sectors), Refusal::past_end,
                   PV_BLK_STATUS_RANGE);
    // It grows.
    log_.header().settings.sectors = disk_sectors + 1;
    expect_good(read_of(disk_sectors, 1));
    log_.header().settings.sectors = 0;
    expect_refused(read_of(0, 1), Refusal::past_end, PV_BLK_STATUS_RANGE);
}

TEST_F(BlkRequest, RefusesSegmentsThatAreNotGranted)
{
    const auto with = [](const Piece &piece) { return request_of(PV_BLK_READ, 0, piece); };
    expect_refused(with({0, 512, 0}), Refusal::grant, PV_BLK_STATUS_GRANT);
    expect_refused(with({0, 512, 77}), Refusal::grant, PV_BLK_STATUS_GRANT);
    expect_refused(with({0, 512, ~0U}), Refusal::grant, PV_BLK_STATUS_GRANT);
    expect_refused(with({uint64_t{4} << 20, 512}), Refusal::grant, PV_BLK_STATUS_GRANT);
    expect_refused(with({256, 512}), Refusal::grant, PV_BLK_STATUS_GRANT); // not aligned
    guest_.allow(other_grant, PV_GRANT_VALID | PV_GRANT_WRITABLE, 1, arena_base / PV_PAGE_SIZE - 1);
    expect_refused(with({0, 512, other_grant}), Refusal::grant, PV_BLK_STATUS_GRANT);
    // The last of many: all others are unpinned.
    std::vector<Piece> pieces;
    for (uint32_t i = 0; i < PV_BLK_SEGMENTS_MAX; i++)
        pieces.push_back({uint64_t{i} * 1024, 512, i + 1 < PV_BLK_SEGMENTS_MAX ? data_grant : 77});
    expect_refused(guest_.indirect(request_of(PV_BLK_READ), pieces), Refusal::grant,
                   PV_BLK_STATUS_GRANT);
}

TEST_F(BlkRequest, RefusesSegmentsInARing)
{
    for (uint32_t ring = 0; ring < 4; ring++) {
        const std::array pieces = {Piece{0, 512}, Piece{0, 512, 1 + ring}};
        for (const auto operation : {PV_BLK_READ, PV_BLK_WRITE}) {
            expect_refused(request_of(operation, 0, pieces[1]), Refusal::ring, PV_BLK_STATUS_GRANT);
            expect_refused(guest_.indirect(request_of(operation), pieces), Refusal::ring,
                           PV_BLK_STATUS_GRANT);
        }
    }
    // By another grant of the same memory: the last byte of a ring, and the first behind it.
    const uint64_t ring_end =
        guest_.queue(0).requests_at + pv_ring_bytes({64, sizeof(pv_blk_request)});
    const uint64_t last = (ring_end - 1) / 512 * 512;
    allow_other(last / PV_PAGE_SIZE * PV_PAGE_SIZE, uint64_t{2} * PV_PAGE_SIZE);
    const Piece into = {last % PV_PAGE_SIZE, 512, other_grant};
    expect_refused(request_of(PV_BLK_READ, 0, into), Refusal::ring, PV_BLK_STATUS_GRANT);
    if (ring_end % 512 == 0) {
        const Piece behind = {last % PV_PAGE_SIZE + 512, 512, other_grant};
        expect_good(request_of(PV_BLK_READ, 0, behind));
    }
    // One that begins before the first ring and ends in it.
    allow_other(0, uint64_t{2} * PV_PAGE_SIZE);
    const Piece across = {PV_PAGE_SIZE - 512, 1024, other_grant};
    expect_refused(request_of(PV_BLK_READ, 0, across), Refusal::ring, PV_BLK_STATUS_GRANT);
    const Piece before = {PV_PAGE_SIZE - 512, 512, other_grant};
    expect_good(request_of(PV_BLK_READ, 0, before));
}

TEST_F(BlkRequest, RefusesTablesInARing)
{
    const std::array pieces = {Piece{0, 512}};
    pv_blk_request request = guest_.indirect(request_of(PV_BLK_READ), pieces);
    for (uint32_t ring = 0; ring < 4; ring++) {
        request.data = segment_of({512, 16, 1 + ring});
        expect_refused(request, Refusal::ring, PV_BLK_STATUS_GRANT);
    }
}

} // namespace
} // namespace paravane::backend_test
