// SPDX-License-Identifier: Apache-2.0
//
// What a driver learns of its backend from a store in which anything may stand. The store's client is this
// file's: it hands out texts as they are, whoever wrote them.
#include <cstdlib>
#include <map>
#include <new>
#include <string>

#include <gtest/gtest.h>

#include "frontend-drivers/blk/geometry.hpp"
#include "frontend-drivers/device/device.hpp"
#include "frontend-drivers/store/client.hpp"

namespace keel {

namespace {

std::map<std::string, std::string, std::less<>> nodes;
uint32_t watches = 0;

} // namespace

// ---- the store, as far as it is asked ----

namespace store {

Client &client()
{
    // Nothing of it is touched: what is called of it is below.
    alignas(Client) static std::array<std::byte, sizeof(Client)> room;
    return *reinterpret_cast<Client *>(room.data());
}

Answer<std::string_view> Client::read(std::string_view path, std::span<char> into,
                                      Transaction /*transaction*/)
{
    const auto node = nodes.find(path);

    if (node == nodes.end())
        return {{}, PV_ENOENT};
    if (node->second.size() > into.size())
        return {{}, error_no_room};
    node->second.copy(into.data(), into.size());
    return {{into.data(), node->second.size()}, 0};
}

Error Client::write(std::string_view path, std::string_view value, Transaction /*transaction*/)
{
    nodes[std::string(path)] = value;
    return 0;
}

Error Client::watch(Watch & /*watch*/, std::string_view /*path*/)
{
    watches++;
    return 0;
}

Error Client::unwatch(Watch & /*watch*/)
{
    watches--;
    return 0;
}

Answer<Transaction> Client::begin()
{
    return {{}, PV_EBUSY};
}

Error Client::commit(Transaction /*transaction*/)
{
    return PV_EBUSY;
}

Error Client::abort(Transaction /*transaction*/)
{
    return 0;
}

} // namespace store

// ---- what no test comes to ----

StackBlock &this_stack()
{
    std::abort();
}

namespace clock {

uint64_t now()
{
    return 0;
}

} // namespace clock

bool Grant::revoke()
{
    return true;
}
GrantedMemory::~GrantedMemory() = default;

namespace device {

Wiring::~Wiring() = default;

std::string_view Wiring::make(const Plan & /*plan*/)
{
    return "no rings here";
}
store::Error Wiring::tell(store::Client & /*client*/, Directory & /*own*/,
                          store::Transaction /*transaction*/) const
{
    return PV_EBUSY;
}
void Wiring::withdraw()
{
}
void Wiring::drop()
{
}

namespace {

constexpr std::string_view home = "/domain/0/backend/blk/1/0";

// A friend of the device by its explicit instantiation, which looks at no access.
bool find_backend_of(Device &device);
bool learn_of(Device &device);
template <bool (Device::*find)(), bool (Device::*learn)()> struct Opened {
    friend bool find_backend_of(Device &device) { return (device.*find)(); }
    friend bool learn_of(Device &device) { return (device.*learn)(); }
};
template struct Opened<&Device::find_backend, &Device::learn>;

// Learns what a disk does.
class Pupil final : public Driver {
  public:
    ~Pupil() = default;

    [[nodiscard]] bool learn(Properties &properties) override
    {
        const bool good = blk::read_geometry(properties, geometry);
        if (good)
            properties.tell(PV_BLK_SECTORS_SEEN, geometry.sectors);
        return good;
    }
    [[nodiscard]] Plan plan(const pv_device_terms & /*terms*/) override { return {}; }
    void start(const Connection & /*connection*/) override {}
    void stop() override {}

    blk::Geometry geometry;
};

class DeviceLearn : public ::testing::Test {
  protected:
    DeviceLearn()
    {
        nodes.clear();
        nodes["device/blk/0/backend"] = home;
        say(PV_BLK_SECTORS, "2048");
        say(PV_BLK_SECTOR_BYTES, "512");
        say(PV_BLK_BLOCK_BYTES, "4096");
        say(PV_BLK_OPTIMAL_BYTES, "65536");
        say(PV_BLK_DISCARD_BYTES, "1024");
        say(PV_BLK_QUEUES_MAX, "4");
        say(PV_BLK_DEPTH_MAX, "128");
        device_ = new (room_.data()) Device("blk", 0, {1, 1, 0}, pupil);
    }

    static std::string key(std::string_view name)
    {
        return std::string(home) + '/' + std::string(name);
    }
    static void say(std::string_view name, std::string value)
    {
        nodes[key(name)] = std::move(value);
    }
    // As when the device looks at its backend.
    bool learn() { return find_backend_of(*device_) && learn_of(*device_); }
    static bool told() { return nodes.contains("device/blk/0/sectors-seen"); }

    Pupil pupil;

  private:
    // Its end is a guest's, so it has none here.
    alignas(Device) std::array<std::byte, sizeof(Device)> room_{};
    Device *device_;
};

// All but the advice.
constexpr std::array needed = {PV_BLK_SECTORS, PV_BLK_SECTOR_BYTES, PV_BLK_QUEUES_MAX,
                               PV_BLK_DEPTH_MAX};
constexpr std::array advice = {PV_BLK_BLOCK_BYTES, PV_BLK_OPTIMAL_BYTES, PV_BLK_DISCARD_BYTES};

std::vector<std::string> no_numbers()
{
    return {"",
            " ",
            "-1",
            "+1",
            "01",
            "0x10",
            "1 ",
            " 1",
            "1 1",
            "1\n",
            "1.0",
            "1e3",
            std::string("1\0", 2),
            std::string(1, '\0'),
            "\xff\xff",
            "one",
            "18446744073709551616",
            "99999999999999999999999999999999",
            std::string(PV_DEVICE_VALUE_MAX, '1'),
            std::string(PV_DEVICE_VALUE_MAX, '0'),
            std::string(PV_DEVICE_VALUE_MAX - 1, '0') + "1",
            std::string(PV_DEVICE_VALUE_MAX + 1, '1'),
            std::string(PV_STORE_VALUE_MAX, '8')};
}

TEST_F(DeviceLearn, WhatIsSaid)
{
    ASSERT_TRUE(learn());
    EXPECT_EQ(pupil.geometry.sectors, 2048U);
    EXPECT_EQ(pupil.geometry.optimal_bytes, 65536U);
    EXPECT_EQ(nodes["device/blk/0/sectors-seen"], "2048");
    say(PV_BLK_SECTORS, std::to_string(blk::Geometry::sectors_max));
    ASSERT_TRUE(learn());
    EXPECT_EQ(pupil.geometry.sectors, blk::Geometry::sectors_max);
}

TEST_F(DeviceLearn, NothingOfOneThatIsSilent)
{
    for (const char *name : needed) {
        const std::string before = nodes[key(name)];
        nodes.erase(key(name));
        EXPECT_FALSE(learn()) << name;
        nodes[key(name)] = before;
    }
    EXPECT_FALSE(told());
    EXPECT_EQ(pupil.geometry.sectors, 0U);
    EXPECT_TRUE(learn());
}

TEST_F(DeviceLearn, NothingOfWhatIsNoNumber)
{
    for (const char *name : needed) {
        const std::string before = nodes[key(name)];
        for (const std::string &text : no_numbers()) {
            say(name, text);
            EXPECT_FALSE(learn()) << name << ": " << text;
        }
        nodes[key(name)] = before;
    }
    EXPECT_FALSE(told());
    EXPECT_EQ(pupil.geometry.sectors, 0U);
}

TEST_F(DeviceLearn, AdviceThatIsNoneIsLeftAlone)
{
    for (const std::string &text : no_numbers()) {
        for (const char *name : advice)
            say(name, text);
        ASSERT_TRUE(learn()) << text;
        EXPECT_EQ(pupil.geometry.block_bytes, 512U);
        EXPECT_EQ(pupil.geometry.optimal_bytes, 0U);
        EXPECT_EQ(pupil.geometry.discard_bytes, 512U);
    }
    // A GiB is the most that is believed.
    for (const char *name : advice)
        say(name, "1073741825");
    ASSERT_TRUE(learn());
    EXPECT_EQ(pupil.geometry.block_bytes, 512U);
    EXPECT_EQ(pupil.geometry.optimal_bytes, 0U);
}

TEST_F(DeviceLearn, NothingOfWhatIsOutOfRange)
{
    const std::array<std::pair<const char *, std::string>, 7> lies = {
        {{PV_BLK_SECTORS, std::to_string(blk::Geometry::sectors_max + 1)},
         {PV_BLK_SECTORS, "18446744073709551615"},
         {PV_BLK_SECTOR_BYTES, "4097"},
         {PV_BLK_SECTOR_BYTES, "4294967808"}, // 512, were it cut off
         {PV_BLK_QUEUES_MAX, "4294967296"},
         {PV_BLK_QUEUES_MAX, "0"},
         {PV_BLK_DEPTH_MAX, "4294967424"}}};

    for (const auto &[name, text] : lies) {
        const std::string before = nodes[key(name)];
        say(name, text);
        EXPECT_FALSE(learn()) << name << ' ' << text;
        nodes[key(name)] = before;
    }
    EXPECT_EQ(pupil.geometry.sectors, 0U);
}

// Whoever names it is the host; but what does not fit is not cut off.
TEST_F(DeviceLearn, BackendsAreNamedByPathsThatFit)
{
    ASSERT_TRUE(learn());
    for (const std::string &path :
         {std::string(), std::string("/"), std::string("domain/0/x"), std::string("/x/"),
          "/" + std::string(PV_STORE_PATH_MAX - 20, 'x'),
          "/" + std::string(PV_STORE_PATH_MAX, 'x')}) {
        nodes["device/blk/0/backend"] = path;
        EXPECT_FALSE(learn()) << path;
    }
    nodes.erase("device/blk/0/backend");
    EXPECT_FALSE(learn());
    EXPECT_LE(watches, 100U);
}

} // namespace
} // namespace device
} // namespace keel
