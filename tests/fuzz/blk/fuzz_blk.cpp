// SPDX-License-Identifier: Apache-2.0
//
// A queue of a disk and the check of its requests, on memory that changes at every read, over many deaths. What
// is believed is what was read last; all else is refused, and leaves nothing pinned. make_corpus knows this
// script's bytes.
#include "fuzz_blk.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <vector>

#include "backend/blk/queue.hpp"
#include "backend/blk/request.hpp"
#include "changing_memory.hpp"

namespace paravane::fuzz {

std::array<uint64_t, blk::refusals> blk_refusals = {};
uint64_t blk_requests = 0;
uint64_t blk_good = 0;
uint64_t blk_restored = 0;

namespace {

constexpr uint32_t depth = 8;
constexpr uint64_t requests_at = PV_PAGE_SIZE;
constexpr uint64_t responses_at = requests_at + PV_PAGE_SIZE;
constexpr uint64_t data_at = responses_at + PV_PAGE_SIZE; // the first page of which is for tables
constexpr uint64_t request_bytes = 512 + depth * sizeof(pv_blk_request);
constexpr uint64_t response_bytes = 512 + depth * sizeof(pv_blk_response);
// Grants that scripts know; two more are those of the rings.
constexpr uint32_t grants = 8;
constexpr uint32_t request_grant = 20;
constexpr uint32_t response_grant = 21;
constexpr uint32_t granted_word = PV_GRANT_VALID | PV_GRANT_WRITABLE;
constexpr pv_protocol protocol = {(1U << PV_BLK_OPERATIONS) - 1, 3};

pv_grant_entry entry_of(uint32_t word, uint32_t frames, uint64_t page)
{
    return {pv_le32_of(word), pv_le32_of(frames), pv_le64_of(arena_base / PV_PAGE_SIZE + page)};
}

// One of the process's, as a supervisor makes it anew.
blk::Log &new_log()
{
    static blk::Log log = *blk::Log::create(1, depth);
    auto *const bytes = reinterpret_cast<std::byte *>(&log.header());

    std::fill_n(bytes, blk::Log::bytes(1, depth), std::byte{0});
    ::new (bytes) blk::Header();
    return log;
}

class Disk {
  public:
    Disk()
    {
        memory_.reset();
        memory_.set_grant(request_grant, entry_of(granted_word, 1, 1));
        memory_.set_grant(response_grant, entry_of(granted_word, 1, 2));
        // The guest's own pages but for those of the rings.
        memory_.set_grant(1, entry_of(granted_word, arena_pages - 3, 3));
        settings().sectors = 1024;
        connect(false);
        memory_.at_store = [this](uint64_t offset, uint32_t value) { stored(offset, value); };
    }
    ~Disk()
    {
        // It is not known how the last call ended, if it did not.
        memory_.set_liar(nullptr);
        die();
        for (std::size_t i = 0; i < blk::refusals; i++)
            blk_refusals.at(i) += log_.header().counts.refused.at(i);
        memory_.at_store = {};
    }
    Disk(const Disk &) = delete;
    Disk &operator=(const Disk &) = delete;

    void step(Input &input)
    {
        switch (input.below(16)) {
        case 0:
            grant(input);
            break;
        case 1:
            segment(input);
            break;
        case 2:
        case 3:
        case 4:
            ask(input);
            break;
        case 5:
        case 6:
        case 7:
            take(input);
            break;
        case 8:
        case 9:
            answer(input);
            break;
        case 10:
            show(input);
            break;
        case 11:
            memory_.set_liar(&input);
            (void)queue_->arm();
            memory_.set_liar(nullptr);
            break;
        case 12:
            scribble(input);
            break;
        case 13:
            change_disk(input);
            break;
        case 14:
            die();
            connect(true);
            restore();
            break;
        default:
            if (queue_->refused() != PV_RULE_KEPT) {
                die();
                begin_anew();
            }
            break;
        }
    }

  private:
    [[nodiscard]] blk::Settings &settings() const { return log_.header().settings; }

    // ---- the process ----

    void connect(bool resumed)
    {
        rings_.clear();
        for (const auto &[grant, bytes] :
             {std::pair(request_grant, request_bytes), std::pair(response_grant, response_bytes)}) {
            PinResult pinned = memory_.granted().pin({grant, 0, bytes}, GrantAccess::write, 128);
            require(pinned.has_value(), "the rings are granted");
            rings_.push_back(std::move(*pinned));
        }
        checker_.emplace(memory_.granted(), log_.header(), rings_);
        violations_ = {};
        queue_.emplace(log_, 0);
        connected_ = queue_->attach(rings_[0].place(), rings_[0].bytes(), rings_[1].place(),
                                    rings_[1].bytes(), depth, protocol, resumed,
                                    violations_) == PV_RULE_KEPT;
    }

    void die()
    {
        for (const blk::Queue::Id id : flying_)
            unpin(id);
        flying_.clear();
        rings_.clear();
        require(memory_.pinned() == 0, "nothing is pinned but for what is in flight");
    }

    // A new epoch: the guest has made its rings anew.
    void begin_anew()
    {
        std::ranges::fill(memory_.arena_bytes().subspan(requests_at, data_at - requests_at),
                          std::byte{0});
        log_.queue(0).requests_taken = 0;
        log_.queue(0).responses_given = 0;
        for (uint32_t id = 0; id < depth; id++)
            log_.entry(0, id).state = blk::EntryState::free;
        asked_ = 0;
        connect(false);
    }

    void restore()
    {
        if (!connected_)
            return;
        const uint32_t taken = log_.queue(0).requests_taken;
        for (uint32_t id = 0; id < depth; id++) {
            blk::Entry &entry = log_.entry(0, id);
            if (entry.state != blk::EntryState::taken ||
                blk::is_not_taken(entry.request_index, taken))
                continue;
            const auto known = static_cast<blk::Queue::Id>(id);
            require(queue_->restore(known, entry.request.head), "a log is as it was written");
            blk_restored++;
            const int32_t status = check(entry.request, known, false);
            if (status == 0)
                flying_.push_back(known);
            else
                queue_->answer(known, status);
        }
    }

    void unpin(blk::Queue::Id id) { checker_->unpin(log_.entry(0, id).request, log_.table(0, id)); }

    // ---- what has to hold ----

    // Each step is in the log before the guest can see it.
    void stored(uint64_t offset, uint32_t value)
    {
        if (offset == requests_at + offsetof(pv_ring_control, consumer))
            require(log_.queue(0).requests_taken == value, "taken in the log first");
        if (offset == responses_at + offsetof(pv_ring_control, producer))
            require(log_.queue(0).responses_given == value, "given in the log first");
    }

    int32_t check(const pv_blk_request &request, blk::Queue::Id id, bool fetch)
    {
        blk::Table &table = log_.table(0, id);
        const uint64_t pinned = memory_.pinned();
        uint64_t refused = 0;

        memory_.forget_reads();
        for (const auto &count : log_.header().counts.refused)
            refused += count;
        const int32_t status = fetch ? checker_->check(request, table, work_, extents_)
                                     : checker_->check_again(request, table, work_, extents_);
        blk_requests++;
        require(status <= 0, "a status is an error or none");
        for (const auto &count : log_.header().counts.refused)
            refused -= count;
        require(refused == (status == 0 ? 0 : ~uint64_t{0}), "a refusal is counted");
        check_reads(request, fetch);
        if (status != 0) {
            require(memory_.pinned() == pinned, "what is refused is not pinned");
            return status;
        }
        blk_good++;
        check_work(request, table, memory_.pinned() - pinned);
        return 0;
    }

    // Of the arena a table is read, each byte once, and nothing else.
    void check_reads(const pv_blk_request &request, bool fetch) const
    {
        const bool indirect = (request.head.flags & PV_BLK_FLAG_INDIRECT) != 0;
        const uint64_t most =
            fetch && indirect ? pv_le16_get(request.segments) * sizeof(pv_segment) : 0;
        uint64_t read = 0;

        for (const uint8_t count : memory_.reads()) {
            require(count <= 1, "a byte of the guest's is read once");
            read += count;
        }
        require(read == 0 || read == most, "a table is read whole");
    }

    void check_work(const pv_blk_request &request, const blk::Table &table, uint64_t pins) const
    {
        const bool indirect = (request.head.flags & PV_BLK_FLAG_INDIRECT) != 0;
        const bool moves = work_.operation == PV_BLK_READ || work_.operation == PV_BLK_WRITE;
        const bool identify = work_.operation == PV_BLK_IDENTIFY;
        const uint32_t count = pv_le16_get(request.segments);
        const std::span<const pv_segment> segments =
            indirect ? std::span(table).first(count) : std::span(request.segment).first(count);
        uint64_t bytes = 0;

        require(!work_.changes_disk() || settings().read_only == 0, "who may only read only reads");
        require(work_.offset + work_.bytes <= settings().sectors * PV_BLK_SECTOR,
                "it lies in the disk");
        require(work_.offset % settings().sector_bytes == 0 &&
                    work_.bytes % settings().sector_bytes == 0,
                "it is whole sectors");
        require(!work_.durable || work_.operation == PV_BLK_WRITE, "only writes are durable");
        require(pins == count && (moves || identify || count == 0), "each segment is pinned once");
        require(work_.extents <= count, "no more extents than segments");
        for (const pv_segment &segment : segments)
            check_segment(segment);
        for (uint32_t i = 0; i < work_.extents; i++) {
            const uint64_t at = extents_.at(i).address - memory_.arena_at(0).address;
            require(extents_.at(i).bytes > 0 && at % PV_BLK_SECTOR == 0 &&
                        at + extents_.at(i).bytes <= arena_size,
                    "an extent lies in the arena");
            require(at + extents_.at(i).bytes <= requests_at ||
                        (at >= requests_at + request_bytes &&
                         at + extents_.at(i).bytes <= responses_at) ||
                        at >= responses_at + response_bytes,
                    "and in no ring");
            bytes += extents_.at(i).bytes;
        }
        require(bytes == (identify ? sizeof(pv_blk_identity)
                          : moves  ? work_.bytes
                                   : 0),
                "extents are as long as the transfer");
    }

    // By the entry as it was last read, after the pin.
    void check_segment(const pv_segment &segment) const
    {
        const uint32_t number = pv_le32_get(segment.grant);
        require(number > 0 && number < PV_GRANT_ENTRIES, "a grant has a number");
        const pv_grant_entry entry = memory_.last_read(number);
        const uint32_t word = pv_le32_get(entry.word);
        const uint64_t end = uint64_t{pv_le32_get(segment.offset)} + pv_le32_get(segment.length);
        const uint64_t page = pv_le64_get(entry.first_frame) - arena_base / PV_PAGE_SIZE;
        require((word & PV_GRANT_VALID) != 0 && (word & PV_GRANT_DOMAIN) == 0 &&
                    (word & ~PV_GRANT_KNOWN) == 0,
                "it is granted to the host");
        require(work_.operation == PV_BLK_WRITE || (word & PV_GRANT_WRITABLE) != 0,
                "what is written may be");
        require(end <= uint64_t{pv_le32_get(entry.frames)} * PV_PAGE_SIZE, "the grant covers it");
        require(page < arena_pages && pv_le32_get(entry.frames) <= arena_pages - page,
                "it lies in the arena");
        require(segment.reserved.wire == 0, "reserved bytes are zero");
    }

    // ---- the guest, and time ----

    void grant(Input &input)
    {
        const uint32_t number = 1 + input.below(grants);
        switch (input.below(4)) {
        case 0: {
            const uint32_t frames = 1 + input.below(arena_pages);
            memory_.set_grant(number, entry_of(granted_word, frames, input.below(arena_pages + 1)));
            break;
        }
        case 1:
            memory_.set_grant(number, entry_of(PV_GRANT_VALID, arena_pages - 3, 3));
            break;
        case 2:
            memory_.set_grant(number, {});
            break;
        default: {
            const uint32_t word = input.word();
            const uint32_t frames = input.word();
            memory_.set_grant(number, {pv_le32_of(word), pv_le32_of(frames),
                                       pv_le64_of(uint64_t{input.word()} << input.below(33))});
            break;
        }
        }
    }

    // Mostly near to what is good.
    static pv_segment segment_from(Input &input)
    {
        const uint32_t grant = input.byte();
        const uint32_t offset = input.byte() * 512U;
        const uint32_t length = input.byte() * 512U;
        const uint32_t odd = input.byte();
        return {pv_le32_of(grant & 15), pv_le32_of(offset + (odd & 7)),
                pv_le32_of(length + (odd >> 3 & 7)), pv_le32_of(odd >> 7)};
    }

    void segment(Input &input)
    {
        const uint64_t at = data_at + uint64_t{input.byte()} * sizeof(pv_segment);
        const pv_segment made = segment_from(input);
        std::memcpy(&memory_.arena_bytes()[at], &made, sizeof(made));
    }

    void ask(Input &input)
    {
        pv_blk_request request = {};
        request.head.id = pv_le16_of(static_cast<uint16_t>(input.below(depth + 1)));
        request.head.operation = static_cast<uint8_t>(input.below(PV_BLK_OPERATIONS + 1));
        request.head.flags = static_cast<uint8_t>(input.below(5));
        const uint64_t sector = uint64_t{input.byte()} << input.below(57);
        request.sector = pv_le64_of(sector);
        const uint32_t sectors = uint32_t{input.byte()} << input.below(25);
        request.sectors = pv_le32_of(sectors);
        const uint32_t segments = uint32_t{input.byte()} << input.below(9);
        request.segments = pv_le16_of(static_cast<uint16_t>(segments));
        request.segment[0] = segment_from(input);
        request.segment[1] = segment_from(input);
        switch (input.below(16)) {
        case 1:
            request.reserved0 = pv_le16_of(1);
            break;
        case 2:
            request.reserved1 = pv_le64_of(1);
            break;
        case 3:
            request.sector = pv_le64_of(UINT64_MAX - sector);
            break;
        case 4: // the length of its table
            request.segment[0].length = pv_le32_of(segments * 16);
            break;
        default:
            break;
        }
        const uint64_t slot = requests_at + 512 + (asked_ % depth) * sizeof(request);
        std::memcpy(&memory_.arena_bytes()[slot], &request, sizeof(request));
        const pv_le32 index = pv_le32_of(++asked_);
        std::memcpy(&memory_.arena_bytes()[requests_at + offsetof(pv_ring_control, producer)],
                    &index, sizeof(index));
    }

    void scribble(Input &input)
    {
        const uint64_t ring = requests_at + uint64_t{input.below(2)} * PV_PAGE_SIZE;
        const uint64_t at = ring + uint64_t{input.byte()} * 4;
        const pv_le32 word = pv_le32_of(input.word());
        std::memcpy(&memory_.arena_bytes()[at], &word, sizeof(word));
    }

    void change_disk(Input &input)
    {
        const uint32_t what = input.byte();
        settings().sectors = uint64_t{8} << (what >> 4);
        // These are of a process, which what is in flight has come with.
        if (flying_.empty()) {
            settings().sector_bytes = (what & 1) != 0 ? 4096 : 512;
            settings().read_only = what >> 1 & 1;
            checker_.emplace(memory_.granted(), log_.header(), rings_);
        }
    }

    void take(Input &input)
    {
        std::array<blk::Queue::Id, blk::Queue::batch> ids{};
        if (!connected_)
            return;
        memory_.set_liar(input.below(2) == 0 ? nullptr : &input);
        const uint32_t count =
            queue_->take(ids, order_, [this](const pv_blk_request &request, blk::Queue::Id id) {
                return check(request, id, true);
            });
        memory_.set_liar(nullptr);
        for (const blk::Queue::Id id : std::span(ids).first(count)) {
            const blk::Entry &entry = log_.entry(0, id);
            require(entry.state ==
                        (entry.status == 0 ? blk::EntryState::taken : blk::EntryState::done),
                    "the log says what is to be done");
            if (entry.status == 0)
                flying_.push_back(id);
            else
                queue_->answer(id, entry.status);
        }
    }

    void answer(Input &input)
    {
        if (flying_.empty())
            return;
        const std::size_t which = input.byte() % flying_.size();
        const blk::Queue::Id id = flying_[which];
        flying_.erase(flying_.begin() + static_cast<std::ptrdiff_t>(which));
        unpin(id);
        queue_->answer(id, 0);
        require(log_.entry(0, id).state == blk::EntryState::answered, "the answer is in the log");
    }

    void show(Input &input)
    {
        memory_.set_liar(&input);
        (void)queue_->show();
        memory_.set_liar(nullptr);
    }

    ChangingMemory &memory_ = ChangingMemory::instance();
    blk::Log &log_ = new_log();
    std::vector<Pinned> rings_;
    pv_violations violations_{};
    std::optional<blk::Checker> checker_;
    std::optional<blk::Queue> queue_;
    bool connected_ = false;
    std::vector<blk::Queue::Id> flying_;
    blk::Work work_{};
    std::array<DataExtent, PV_BLK_SEGMENTS_MAX> extents_{};
    uint64_t order_ = 1;
    uint32_t asked_ = 0;
};

} // namespace
} // namespace paravane::fuzz

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    paravane::fuzz::Input input(data, size);
    paravane::fuzz::Disk disk;
    while (!input.at_end())
        disk.step(input);
    return 0;
}
