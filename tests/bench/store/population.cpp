// SPDX-License-Identifier: Apache-2.0
#include "store/population.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>

#include <fmt/format.h>

namespace paravane::bench {
namespace {

constexpr uint32_t in_a_directory = 10;
constexpr size_t watches_a_domain = 8;

// One domain may own them all here.
constexpr StoreLimits limits = {.nodes = 1 << 20, .bytes = 1 << 30};

void expect(bool done)
{
    if (!done)
        throw std::runtime_error("the store refused to be filled");
}

StorePath path_of(const std::string &text)
{
    const Answer<StorePath> path = StorePath::parse(text, host_domain);
    expect(path.has_value());
    return *path;
}

} // namespace

std::string described(const Size &size)
{
    return fmt::format("{} nodes, {} domain{}", size.nodes, size.domains,
                       size.domains == 1 ? "" : "s");
}

Population::Population(const Size &size) : store(limits), size_(size)
{
    for (uint32_t domain = 1; domain <= size.domains; domain++)
        fill(domain, size.nodes / size.domains);
    choose();
}

void Population::fill(uint32_t domain, uint32_t leaves)
{
    const DomainId owner{static_cast<uint16_t>(domain)};
    size_t watched = 0;

    expect(store.introduce(owner).has_value());
    // The worst place to watch: above everything.
    expect(store.watch(owner, StorePath::root(), 0, sink).has_value());
    for (uint32_t i = 0; i < leaves; i++) {
        const StorePath directory =
            path_of(fmt::format("/domain/{}/device/vbd/{}", domain, i / in_a_directory));
        const StorePath path =
            path_of(fmt::format("{}/key-{}", directory.text(), i % in_a_directory));
        expect(store.write({owner}, path, "connected").has_value());
        if (i % in_a_directory == 0 && watched < watches_a_domain) {
            expect(store.watch(owner, directory, i, sink).has_value());
            watched++;
        }
        all_.push_back({owner, path, directory});
    }
}

void Population::choose()
{
    std::mt19937 random(1);
    std::shuffle(all_.begin(), all_.end(), random);
    const auto first = [&](size_t count) {
        const auto end = all_.begin() + static_cast<std::ptrdiff_t>(std::min(count, all_.size()));
        return std::vector<Leaf>(all_.begin(), end);
    };
    in_use = first(100);
    any = first(20000);
    all_ = {};
}

} // namespace paravane::bench
