// SPDX-License-Identifier: Apache-2.0
#include "hypercall/host/probe/fixed_buffers.hpp"

#include <array>
#include <cstring>
#include <string_view>

#include <fmt/core.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "hypercall/host/probe/memory_file.hpp"
#include "hypercall/host/probe/ring.hpp"

namespace paravane::probe {
namespace {

constexpr size_t page = 4096;
// Pinning costs time for each page: no limit beyond this is tried.
constexpr size_t most_tried = size_t{64} << 20;
constexpr std::string_view message = "paravane";

// Reads a memfd's first bytes into a registered buffer and looks at what arrived.
Result<bool> read_fixed_works()
{
    const Result<UniqueFd> file = create_memory_file(page, 0);
    if (!file)
        return file.error();
    if (pwrite(file.value().get(), message.data(), message.size(), 0) < 0)
        return system_problem("write to a memfd");
    const Result<Mapping> buffer = Mapping::anonymous(page);
    if (!buffer)
        return buffer.error();
    Result<Ring> ring = Ring::open(0);
    if (!ring)
        return ring.error();
    const iovec vector = {buffer.value().address(), page};
    if (const int error = io_uring_register_buffers(ring.value().get(), &vector, 1); error < 0)
        return system_problem("register a buffer of 4 KiB", -error);
    const Result<int> result = ring.value().carry_out([&](io_uring_sqe *entry) {
        io_uring_prep_read_fixed(entry, file.value().get(), buffer.value().address(),
                                 message.size(), 0, 0);
    });
    if (!result)
        return result.error();
    if (*result < 0)
        return system_problem("READ_FIXED", -*result);
    return std::memcmp(buffer.value().address(), message.data(), message.size()) == 0;
}

// 0 or an error number: one buffer of so many bytes, registered and let go.
Result<int> try_to_register(size_t bytes)
{
    const Result<Mapping> buffer = Mapping::anonymous(bytes);
    if (!buffer)
        return buffer.error();
    const Result<Ring> ring = Ring::open(0);
    if (!ring)
        return ring.error();
    const iovec vector = {buffer.value().address(), bytes};
    return -io_uring_register_buffers(ring.value().get(), &vector, 1);
}

} // namespace

Subject fixed_buffers_subject()
{
    return {"io_uring.registered_buffers", "registered buffers"};
}

Finding probe_fixed_buffers()
{
    const Subject subject = fixed_buffers_subject();
    const char *const advice = "raise the limit of locked memory (ulimit -l)";
    const Result<bool> works = read_fixed_works();

    if (!works)
        return no(subject, {works.error().text, advice});
    if (!*works)
        return no(subject, {"READ_FIXED succeeded but the buffer does not hold what was read", {}});

    rlimit limit = {};
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
        return partly(subject, "READ_FIXED read what was written",
                      {system_problem("getrlimit RLIMIT_MEMLOCK").text, {}});
    if (limit.rlim_cur == RLIM_INFINITY)
        return yes(subject, "READ_FIXED read what was written; no limit of locked memory");
    const uint64_t kib = limit.rlim_cur / 1024;
    if (limit.rlim_cur > most_tried - page)
        return partly(subject, "READ_FIXED read what was written",
                      {fmt::format("not more than {} KiB may be locked", kib), advice})
            .with_value(limit.rlim_cur, "bytes");

    const size_t beyond = (limit.rlim_cur / page + 1) * page;
    const Result<int> error = try_to_register(beyond);
    if (!error)
        return partly(subject, "READ_FIXED read what was written", {error.error().text, {}});
    if (*error != 0)
        return partly(subject, "READ_FIXED read what was written",
                      {fmt::format("beyond the {} KiB of RLIMIT_MEMLOCK: {}", kib,
                                   std::strerror(*error)),
                       advice})
            .with_value(limit.rlim_cur, "bytes");
    return yes(subject,
               fmt::format("READ_FIXED read what was written; the {} KiB of RLIMIT_MEMLOCK "
                           "do not bind this user",
                           kib))
        .with_value(limit.rlim_cur, "bytes");
}

} // namespace paravane::probe
