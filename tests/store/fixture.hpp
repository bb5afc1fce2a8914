// SPDX-License-Identifier: Apache-2.0
//
// A store with a few guests in it, and short words for what tests do with it.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "backend/store/store.hpp"

namespace paravane {

inline void PrintTo(Refusal refusal, std::ostream *out)
{
    *out << "error " << static_cast<int32_t>(refusal);
}

} // namespace paravane

namespace paravane::store_test {

inline constexpr DomainId host = host_domain;
inline constexpr DomainId alice{5};
inline constexpr DomainId bob{6};
inline constexpr DomainId carol{7};

// 0, or the number that the answer was refused with.
template <typename T> int error_of(const Answer<T> &answer)
{
    return answer ? 0 : static_cast<int>(answer.error());
}

// A path that is known to be one.
inline StorePath path(std::string_view text, DomainId domain = host)
{
    const Answer<StorePath> parsed = StorePath::parse(text, domain);
    if (!parsed)
        ADD_FAILURE() << "not a path: " << text;
    return parsed ? *parsed : StorePath::root();
}

// What a sink was told, in order.
struct Told final : ChangeSink {
    std::vector<std::pair<uint64_t, std::string>> events;

    void on_change(uint64_t cookie, const SharedPath &changed) override
    {
        events.emplace_back(cookie, *changed);
    }
    std::vector<std::pair<uint64_t, std::string>> take() { return std::exchange(events, {}); }
};

using Events = std::vector<std::pair<uint64_t, std::string>>;
using Names = std::vector<std::string>;

class StoreTest : public testing::Test {
  protected:
    explicit StoreTest(const StoreLimits &limits = {}) : store(limits)
    {
        for (const DomainId domain : {alice, bob, carol})
            EXPECT_EQ(error_of(store.introduce(domain)), 0);
    }

    int write(DomainId who, std::string_view at, std::string_view value, TransactionId id = 0)
    {
        return error_of(store.write({who, id}, path(at, who), value));
    }
    // The value, or "error N".
    std::string read(DomainId who, std::string_view at, TransactionId id = 0)
    {
        const Answer<std::string_view> value = store.read({who, id}, path(at, who));
        return value ? std::string(*value) : "error " + std::to_string(error_of(value));
    }
    int mkdir(DomainId who, std::string_view at, TransactionId id = 0)
    {
        return error_of(store.mkdir({who, id}, path(at, who)));
    }
    int rm(DomainId who, std::string_view at, TransactionId id = 0)
    {
        return error_of(store.remove({who, id}, path(at, who)));
    }
    Names list(DomainId who, std::string_view at, std::string_view after = {}, TransactionId id = 0,
               size_t most = SIZE_MAX)
    {
        Names names;
        const Answer<void> listed =
            store.list({who, id}, path(at, who), after, [&](std::string_view name) {
                if (names.size() == most)
                    return false;
                names.emplace_back(name);
                return true;
            });
        if (!listed)
            return {"error " + std::to_string(error_of(listed))};
        return names;
    }
    int grant(DomainId who, std::string_view at, const StorePermissions &permissions,
              TransactionId id = 0)
    {
        return error_of(store.set_permissions({who, id}, path(at, who), permissions));
    }
    WatchId watch(DomainId who, std::string_view at, uint64_t cookie, Told &told)
    {
        const Answer<WatchId> id = store.watch(who, path(at, who), cookie, told);
        EXPECT_TRUE(id.has_value());
        told.events.clear();
        return id ? *id : 0;
    }
    TransactionId begin(DomainId who)
    {
        const Answer<TransactionId> id = store.begin(who);
        EXPECT_TRUE(id.has_value());
        return id ? *id : 0;
    }
    int commit(DomainId who, TransactionId id) { return error_of(store.commit(who, id)); }

    Store store;
};

inline constexpr Rights read_only = PV_STORE_RIGHT_READ;
inline constexpr Rights write_only = PV_STORE_RIGHT_WRITE;
inline constexpr Rights read_write = PV_STORE_RIGHTS;

} // namespace paravane::store_test
