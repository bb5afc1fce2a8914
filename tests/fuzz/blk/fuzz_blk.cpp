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
        check_work(request, table, fetch, memory_.pinned() - pinned);
        return 0;
    }

    // Of the arena a table is read, each byte once, and nothing else.
    void check_reads(const pv_blk_request &request, bool fetch) const
    {
        const uint64_t most = fetch && is_indirect(request) ? pv_le32_get(request.data.length) : 0;
        uint64_t read = 0;

        if (!memory_.was_read())
            return;
        for (const uint8_t count : memory_.reads()) {
            require(count <= 1, "a byte of the guest's is read once");
            read += count;
        }
        require(read == most && read <= sizeof(blk::Table), "a table is read whole");
        for (const auto &[at, bytes] :
             {std::pair(requests_at, request_bytes), std::pair(responses_at, response_bytes)})
            require(std::ranges::none_of(std::span(memory_.reads()).subspan(at, bytes),
                                         [](uint8_t count) { return count != 0; }),
                    "and lies in no ring");
    }

    void check_work(const pv_blk_request &request, const blk::Table &table, bool fetch,
                    uint64_t pins) const
    {
        const bool indirect = is_indirect(request);
        const bool moves = work_.operation == PV_BLK_READ || work_.operation == PV_BLK_WRITE;
        const bool identify = work_.operation == PV_BLK_IDENTIFY;
        const bool clears = work_.changes_disk() && !moves;
        const uint32_t length = pv_le32_get(request.data.length);
        const uint64_t disk = settings().sectors * PV_BLK_SECTOR;
        const std::span<const pv_segment> segments =
            indirect            ? std::span(table).first(check_table(request, fetch))
            : moves || identify ? std::span(&request.data, 1)
                                : std::span<const pv_segment>();
        uint64_t bytes = 0;

        require(work_.operation == request.head.operation, "what is asked is done");
        require(work_.durable == ((request.head.flags & PV_BLK_FLAG_FUA) != 0),
                "and as durable as it is asked");
        require(!work_.durable || work_.operation == PV_BLK_WRITE, "only writes are durable");
        require(!work_.changes_disk() || settings().read_only == 0, "who may only read only reads");
        require(request.data.reserved.wire == 0, "reserved bytes are zero");
        require(indirect || !segments.empty() ||
                    ((request.data.grant.wire | request.data.offset.wire) == 0 &&
                     (clears || length == 0)),
                "who needs no memory names none");
        for (const pv_segment &segment : segments)
            bytes += pv_le32_get(segment.length);
        require(work_.bytes == (moves    ? bytes
                                : clears ? length
                                         : 0),
                "it is as long as its segments");
        require(work_.bytes <= PV_BLK_SECTOR * uint64_t{clears ? PV_BLK_CLEAR_SECTORS_MAX
                                                               : PV_BLK_REQUEST_SECTORS_MAX},
                "and not too long");
        require(work_.bytes != 0 || !(moves || clears), "nor nothing");
        // No sum of what the guest says: it may come round.
        require(work_.offset <= disk && work_.bytes <= disk - work_.offset, "it lies in the disk");
        require(work_.offset / PV_BLK_SECTOR == pv_le64_get(request.sector), "where it is asked");
        require(work_.offset % settings().sector_bytes == 0 &&
                    work_.bytes % settings().sector_bytes == 0,
                "it is whole sectors");
        require(!identify || bytes == sizeof(pv_blk_identity), "an identity has its length");
        require(pins == segments.size(), "each segment is pinned once");
        check_extents(segments, indirect && fetch ? 1 : 0);
    }

    // How many segments a table has that was good.
    [[nodiscard]] uint32_t check_table(const pv_blk_request &request, bool fetch) const
    {
        const uint32_t length = pv_le32_get(request.data.length);

        require(work_.operation == PV_BLK_READ || work_.operation == PV_BLK_WRITE,
                "only what moves data has a table");
        require(length > 0 && length <= sizeof(blk::Table) && length % sizeof(pv_segment) == 0,
                "a table is of whole segments, as many as there may be");
        if (fetch) {
            const uint64_t at = place_of(request.data, 0, false);
            require(at % sizeof(pv_segment) == 0, "a table is aligned");
            require(std::ranges::all_of(std::span(memory_.reads()).subspan(at, length),
                                        [](uint8_t count) { return count == 1; }),
                    "a table is read where it lies");
        }
        return length / sizeof(pv_segment);
    }

    // They are the segments, in their order, and lie where each was granted; so many pins came before these.
    void check_extents(std::span<const pv_segment> segments, std::size_t pins_before) const
    {
        const bool written = work_.operation != PV_BLK_WRITE;
        uint32_t extent = 0;
        uint64_t done = 0; // of that one

        require(work_.extents <= segments.size(), "no more extents than segments");
        require(memory_.entries_read().size() == 2 * (pins_before + segments.size()),
                "an entry is read before and after each pin");
        for (std::size_t i = 0; i < segments.size(); i++) {
            const pv_segment &segment = segments[i];
            const uint64_t at = place_of(segment, pins_before + i, written);
            const uint64_t length = pv_le32_get(segment.length);
            require(segment.reserved.wire == 0, "reserved bytes are zero");
            require(length > 0 && at % PV_BLK_SECTOR == 0 &&
                        length % (work_.operation == PV_BLK_IDENTIFY ? PV_BLK_SECTOR
                                                                     : settings().sector_bytes) ==
                            0,
                    "a segment is whole sectors");
            require(in_no_ring(at, length), "and lies in no ring");
            require(extent < work_.extents &&
                        extents_.at(extent).address + done == memory_.arena_at(at).address &&
                        done + length <= extents_.at(extent).bytes,
                    "an extent is the segments that it is of");
            require(done > 0 || extent == 0 ||
                        extents_.at(extent - 1).address + extents_.at(extent - 1).bytes !=
                            extents_.at(extent).address,
                    "and of all that lie behind each other");
            done += length;
            if (done == extents_.at(extent).bytes) {
                extent++;
                done = 0;
            }
        }
        require(extent == work_.extents && done == 0, "extents are as long as the transfer");
    }

    // Where in the arena what this pin was of lies, by the entry as it was when it was made.
    [[nodiscard]] uint64_t place_of(const pv_segment &segment, std::size_t pin, bool written) const
    {
        const uint32_t number = pv_le32_get(segment.grant);
        require(number > 0 && number < PV_GRANT_ENTRIES, "a grant has a number");
        require(2 * pin + 1 < memory_.entries_read().size(), "an entry is read twice");
        const auto &[before, first] = memory_.entries_read()[2 * pin];
        const auto &[after, entry] = memory_.entries_read()[2 * pin + 1];
        require(before == number && after == number &&
                    std::memcmp(&first, &entry, sizeof(entry)) == 0,
                "it did not change meanwhile");
        const uint32_t word = pv_le32_get(entry.word);
        const uint32_t offset = pv_le32_get(segment.offset);
        const uint64_t end = uint64_t{offset} + pv_le32_get(segment.length);
        const uint64_t page = pv_le64_get(entry.first_frame) - arena_base / PV_PAGE_SIZE;
        require((word & PV_GRANT_VALID) != 0 && (word & PV_GRANT_DOMAIN) == 0 &&
                    (word & ~PV_GRANT_KNOWN) == 0,
                "it is granted to the host");
        require(!written || (word & PV_GRANT_WRITABLE) != 0, "what is written may be");
        require(end <= uint64_t{pv_le32_get(entry.frames)} * PV_PAGE_SIZE, "the grant covers it");
        require(page < arena_pages && pv_le32_get(entry.frames) <= arena_pages - page,
                "it lies in the arena");
        return page * PV_PAGE_SIZE + offset;
    }

    static bool is_indirect(const pv_blk_request &request)
    {
        return (request.head.flags & PV_BLK_FLAG_INDIRECT) != 0;
    }

    static bool in_no_ring(uint64_t at, uint64_t bytes)
    {
        return (at + bytes <= requests_at || at >= requests_at + request_bytes) &&
               (at + bytes <= responses_at || at >= responses_at + response_bytes);
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

    // Into the page of tables, and again into those that follow.
    void segment(Input &input)
    {
        const uint32_t first = input.byte();
        const uint32_t last = std::min(first + input.byte(), PV_BLK_SEGMENTS_MAX - 1);
        const pv_segment made = segment_from(input);
        for (uint32_t i = first; i <= last; i++)
            std::memcpy(&memory_.arena_bytes()[data_at + i * sizeof(made)], &made, sizeof(made));
    }

    void ask(Input &input)
    {
        pv_blk_request request = {};
        request.head.id = pv_le16_of(static_cast<uint16_t>(input.below(depth + 1)));
        request.head.operation = static_cast<uint8_t>(input.below(PV_BLK_OPERATIONS + 1));
        request.head.flags = static_cast<uint8_t>(input.below(5));
        const uint64_t sector = uint64_t{input.byte()} << input.below(57);
        request.sector = pv_le64_of(sector);
        request.data = segment_from(input);
        request.data.reserved = pv_le32_of(0);
        switch (input.below(16)) {
        case 1:
            request.data.reserved = pv_le32_of(1);
            break;
        case 2:
            request.sector = pv_le64_of(UINT64_MAX - sector);
            break;
        case 3: { // the length of its table, and what is odd of it
            const uint32_t segments = input.byte() + input.below(4);
            request.data.length = pv_le32_of(segments * 16 + pv_le32_get(request.data.length) % 16);
            break;
        }
        case 4: { // as long as only what clears may be
            const uint32_t sectors = input.byte();
            request.data.length = pv_le32_of(sectors * PV_BLK_SECTOR << input.below(16));
            break;
        }
        case 5:
            request.data.grant = pv_le32_of(input.word());
            break;
        case 6:
            request.data.offset = pv_le32_of(input.word());
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
        // From less than a request may have to more than may be cleared at once.
        settings().sectors = uint64_t{8} << 2 * (what >> 4);
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
        const uint32_t any = input.byte();
        if (flying_.empty())
            return;
        const std::size_t which = any % flying_.size();
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
