// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/claim.hpp"

#include <array>
#include <optional>
#include <span>

#include <paravane/event.h>
#include <paravane/grant.h>

namespace paravane {

namespace {

// The numbers that a value consists of, exactly as many as there is room for; false for anything else.
bool read_numbers(Store &store, const std::string &path, std::span<uint64_t> numbers)
{
    const Answer<StorePath> parsed = StorePath::parse(path, host_domain);
    if (!parsed)
        return false;
    const Answer<std::string_view> value = store.read({host_domain}, *parsed);
    if (!value || value->size() > PV_DEVICE_VALUE_MAX)
        return false;
    const char *text = value->data();
    std::size_t bytes = value->size();
    for (uint64_t &number : numbers)
        if (!pv_device_take_number(&text, &bytes, &number))
            return false;
    return bytes == 0;
}

std::optional<uint64_t> read_number(Store &store, const std::string &path)
{
    std::array<uint64_t, 1> number{};

    if (!read_numbers(store, path, number))
        return std::nullopt;
    return number[0];
}

bool there(Store &store, const std::string &path)
{
    const Answer<StorePath> parsed = StorePath::parse(path, host_domain);
    return parsed && store.read({host_domain}, *parsed).has_value();
}

Result<pv_device_terms> read_terms(Store &store, const std::string &directory,
                                   const DeviceKind &kind)
{
    const std::optional<uint64_t> version = read_number(store, directory + "/" PV_DEVICE_VERSION);
    const std::optional<uint64_t> features = read_number(store, directory + "/" PV_DEVICE_FEATURES);

    if (!version || !features || *version > UINT32_MAX)
        return Problem{"version and features are not both numbers"};
    const pv_device_terms terms = {static_cast<uint32_t>(*version), *features};
    if (!pv_device_acceptable(&kind.offer, &terms))
        return Problem{"version " + std::to_string(*version) + " with features " +
                       std::to_string(*features) + " is not what was offered"};
    return terms;
}

Result<ClaimedRing> read_ring(Store &store, const std::string &path)
{
    std::array<uint64_t, 3> numbers{}; // as PV_DEVICE_RING has them

    if (!read_numbers(store, path, numbers))
        return Problem{path + " is not a grant, an offset and a size"};
    if (numbers[0] == 0 || numbers[0] >= PV_GRANT_ENTRIES || numbers[2] > UINT32_MAX)
        return Problem{path + " is out of range"};
    return ClaimedRing{static_cast<uint32_t>(numbers[0]), numbers[1],
                       static_cast<uint32_t>(numbers[2])};
}

} // namespace

uint32_t read_state(Store &store, const std::string &directory)
{
    const std::optional<uint64_t> state = read_number(store, directory + "/" PV_DEVICE_STATE);

    return state && *state < PV_DEVICE_STATES ? static_cast<uint32_t>(*state) : 0;
}

uint64_t read_epoch(Store &store, const std::string &directory)
{
    return read_number(store, directory + "/" PV_DEVICE_EPOCH).value_or(0);
}

Result<Claim> read_claim(Store &store, const std::string &directory, const DeviceKind &kind)
{
    Claim claim;
    Result<pv_device_terms> terms = read_terms(store, directory, kind);
    if (!terms)
        return terms.error();
    claim.terms = *terms;
    for (uint32_t ring = 0; ring < kind.rings_max; ring++) {
        const std::string path = directory + "/" PV_DEVICE_RING + std::to_string(ring);

        if (ring >= kind.rings_min && !there(store, path))
            break;
        Result<ClaimedRing> read = read_ring(store, path);
        if (!read)
            return read.error();
        claim.rings.push_back(*read);
    }
    for (uint32_t port = 0; port < kind.ports_max; port++) {
        const std::string path = directory + "/" PV_DEVICE_PORT + std::to_string(port);

        if (port >= kind.ports_min && !there(store, path))
            break;
        const std::optional<uint64_t> number = read_number(store, path);

        if (!number || *number == 0 || *number >= PV_PORTS)
            return Problem{path + " is not a port"};
        claim.ports.push_back({static_cast<uint32_t>(*number)});
    }
    return claim;
}

} // namespace paravane
