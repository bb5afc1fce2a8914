// SPDX-License-Identifier: Apache-2.0
//
// The domain process as its supervisor sees it, with guests of a few instructions.
#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>

#include "generated/control/domain.capnp.h"
#include "hypercall/control/child.hpp"
#include "hypercall/control/packet.hpp"
#include "hypercall/host/pin_area.hpp"
#include "tests/hypercall/tiny_image.hpp"

namespace paravane::hypercall_test {
namespace {

using control::FromDomain;
using control::Packet;
using control::ToDomain;

constexpr uint64_t arena_bytes = uint64_t{1} << 20;
constexpr uint64_t stubs = PV_GUEST_VIRTUAL_BASE + PV_HYPERCALL_PAGE;
constexpr uint64_t mapped_arena = PV_GUEST_VIRTUAL_BASE + PV_ARENAS;
constexpr uint32_t second_vcpu_at = 80; // in the code

using Instruction = std::vector<unsigned char>;

Instruction load(unsigned char prefix, unsigned char opcode, uint64_t value)
{
    Instruction code = {prefix, opcode};
    for (int byte = 0; byte < 8; byte++)
        code.push_back(static_cast<unsigned char>(value >> 8 * byte));
    return code;
}

// With rbx the stubs: lea rax, [rbx + ...]; call rax
Instruction call(uint32_t number)
{
    const uint32_t offset = number * PV_STUB_SIZE;
    return {0x48,
            0x8d,
            0x83,
            static_cast<unsigned char>(offset),
            static_cast<unsigned char>(offset >> 8),
            0,
            0,
            0xff,
            0xd0};
}

void put(TinyImage &image, uint32_t at, const std::vector<Instruction> &instructions)
{
    for (const Instruction &instruction : instructions) {
        for (const unsigned char byte : instruction)
            image.code.at(at++) = byte;
    }
}

// It suspends itself, then revokes grant 1 without patience, and powers off; its status is the epoch plus
// what revoke gave.
TinyImage suspending_guest()
{
    TinyImage image;
    put(image, 4,
        {load(0x48, 0xbb, stubs),         // mov rbx
         {0x6a, PV_SCHED_SUSPEND, 0x5f},  // push, pop rdi
         call(PV_CALL_SCHED),             //
         {0x41, 0x89, 0xc4},              // mov r12d, eax
         {0x6a, PV_GRANT_REVOKE, 0x5f},   // push, pop rdi
         {0x6a, 1, 0x5e},                 // push, pop rsi
         {0x31, 0xd2},                    // xor edx, edx
         call(PV_CALL_GRANT),             //
         {0x44, 0x01, 0xe0},              // add eax, r12d
         {0x89, 0xc2},                    // mov edx, eax
         {0x6a, PV_SCHED_SHUTDOWN, 0x5f}, // push, pop rdi
         {0x31, 0xf6},                    // xor esi, esi
         call(PV_CALL_SCHED)});
    return image;
}

// It suspends itself again and again, while a second vCPU counts in the arena's first word, and calls the
// host each time or never.
TinyImage counting_guest(bool calls)
{
    constexpr uint64_t second = PV_GUEST_VIRTUAL_BASE + TinyImage::code_at + second_vcpu_at;
    TinyImage image;
    put(image, 4,
        {load(0x48, 0xbb, stubs),           // mov rbx
         {0x31, 0xff},                      // xor edi, edi
         {0x6a, 1, 0x5e},                   // push, pop rsi
         load(0x48, 0xba, second),          // mov rdx
         load(0x49, 0xb8, mapped_arena),    // mov r8
         {0x4d, 0x8d, 0x90, 0, 0x10, 0, 0}, // lea r10, [r8 + 4096]
         call(PV_CALL_VCPU),                //
         {0x6a, PV_SCHED_SUSPEND, 0x5f},    // again: push, pop rdi
         call(PV_CALL_SCHED),               //
         {0xeb, 0xf2}});                    // jmp again
    if (calls)
        put(image, second_vcpu_at,
            {load(0x48, 0xbb, stubs),  // mov rbx
             {0x49, 0x89, 0xfc},       // mov r12, rdi
             {0x41, 0xff, 0x04, 0x24}, // again: inc dword [r12]
             {0x31, 0xff},             // xor edi, edi
             call(PV_CALL_SCHED),      //
             {0xeb, 0xef}});           // jmp again
    else
        put(image, second_vcpu_at, {{0xff, 0x07, 0xeb, 0xfc}}); // again: inc dword [rdi]; jmp again
    return image;
}

class DomainProcessTest : public testing::TestWithParam<control::Vehicle> {
  protected:
    void SetUp() override
    {
        if (GetParam() == control::Vehicle::KVM && access("/dev/kvm", R_OK | W_OK) != 0)
            GTEST_SKIP() << "no /dev/kvm";
        Result<std::pair<UniqueFd, UniqueFd>> sockets = control::make_socket_pair();
        ASSERT_TRUE(sockets.has_value());
        Result<Child> child = Child::start(PARAVANE_DOMAIN_PROGRAM, std::move(sockets->second));
        ASSERT_TRUE(child.has_value()) << child.error().text;
        child_ = std::move(*child);
        socket_ = std::move(sockets->first);
    }

    void send(capnp::MessageBuilder &message, std::span<const int> fds = {}) const
    {
        ASSERT_TRUE(control::send_packet(socket_.get(), message, fds).has_value());
    }
    void start(uint64_t bytes_of_arena = arena_bytes, const TinyImage &guest = suspending_guest(),
               uint32_t vcpus = 1)
    {
        capnp::MallocMessageBuilder message;
        auto wanted = message.initRoot<ToDomain>().initStart();
        wanted.setId(3);
        wanted.setVehicle(GetParam());
        wanted.setMemory(uint64_t{16} << 20);
        wanted.setVcpus(vcpus);
        wanted.setImageName("tiny");
        wanted.setArena(bytes_of_arena);
        const UniqueFd image = file_of(guest.bytes());
        std::array<int, 2> ends{};
        ASSERT_EQ(pipe(ends.data()), 0);
        console_ = UniqueFd(ends[0]);
        const UniqueFd writer(ends[1]);
        const std::array fds = {image.get(), writer.get()};
        send(message, fds);
        std::optional<Packet> answer = receive();
        ASSERT_TRUE(answer);
        ASSERT_EQ(answer->root<FromDomain>().which(), FromDomain::STARTED);
    }
    // Nothing where nothing comes in time.
    [[nodiscard]] std::optional<Packet> receive(int ms = 10000) const
    {
        pollfd ready = {socket_.get(), POLLIN, 0};
        if (poll(&ready, 1, ms) != 1)
            return std::nullopt;
        Result<Packet> packet = Packet::receive(socket_.get());
        return packet ? std::optional(std::move(*packet)) : std::nullopt;
    }
    // The next message must be this one.
    [[nodiscard]] bool next_is(FromDomain::Which which) const
    {
        std::optional<Packet> packet = receive();
        return packet && packet->root<FromDomain>().which() == which;
    }
    void attach(uint32_t backend) const
    {
        capnp::MallocMessageBuilder message;
        message.initRoot<ToDomain>().initAttach().setBackend(backend);
        send(message);
    }
    void detach(uint32_t backend) const
    {
        capnp::MallocMessageBuilder message;
        message.initRoot<ToDomain>().initDetach().setBackend(backend);
        send(message);
    }
    void resume(uint64_t epoch) const
    {
        capnp::MallocMessageBuilder message;
        message.initRoot<ToDomain>().initResume().setEpoch(epoch);
        send(message);
    }
    [[nodiscard]] static std::string problem(Packet &packet)
    {
        return packet.root<FromDomain>().getAttached().getProblem();
    }
    [[nodiscard]] BackendPins pins_of(uint32_t backend) const
    {
        attach(backend);
        std::optional<Packet> answer = receive();
        EXPECT_TRUE(answer && answer->root<FromDomain>().isAttached());
        EXPECT_EQ(answer->root<FromDomain>().getAttached().getBackend(), backend);
        EXPECT_EQ(answer->root<FromDomain>().getAttached().getArenaBase(), PV_ARENAS);
        EXPECT_EQ(problem(*answer), "");
        EXPECT_EQ(answer->fd_count(), 4U);

        std::error_code error;
        const SharedMemory arena = SharedMemory::adopt(answer->take_fd(0).release(), error,
                                                       SharedMemory::Frames::untouched);
        EXPECT_FALSE(error);
        EXPECT_EQ(arena.size(), arena_bytes);
        const UniqueFd table = answer->take_fd(1);
        EXPECT_EQ(
            mmap(nullptr, PV_GRANT_TABLE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, table.get(), 0),
            MAP_FAILED);
        EXPECT_EQ(fcntl(table.get(), F_GETFL) & O_ACCMODE, O_RDONLY);
        Result<BackendPins> pins = BackendPins::adopt(answer->take_fd(2), answer->take_fd(3));
        EXPECT_TRUE(pins.has_value());
        return std::move(pins.value());
    }
    void expect_end(uint32_t status)
    {
        std::optional<Packet> packet = receive();
        ASSERT_TRUE(packet);
        ASSERT_TRUE(packet->root<FromDomain>().isEnded());
        EXPECT_EQ(packet->root<FromDomain>().getEnded().getReason(),
                  uint32_t{PV_SHUTDOWN_POWEROFF});
        EXPECT_EQ(packet->root<FromDomain>().getEnded().getStatus(), status);
        EXPECT_EQ(child_.wait(), 0);
    }

    UniqueFd socket_;
    UniqueFd console_;
    Child child_;
};

TEST_P(DomainProcessTest, SuspendsAndResumes)
{
    ASSERT_NO_FATAL_FAILURE(start());
    ASSERT_TRUE(next_is(FromDomain::SUSPENDED));
    // Not into the epoch that it has.
    resume(1);
    EXPECT_FALSE(receive(100));
    resume(9);
    expect_end(9);
}

TEST_P(DomainProcessTest, IsDestroyedWhileItIsSuspended)
{
    ASSERT_NO_FATAL_FAILURE(start());
    ASSERT_TRUE(next_is(FromDomain::SUSPENDED));
    capnp::MallocMessageBuilder message;
    message.initRoot<ToDomain>().setDestroy();
    send(message);
    pollfd ended = {child_.descriptor(), POLLIN, 0};
    EXPECT_EQ(poll(&ended, 1, 10000), 1);
    EXPECT_EQ(child_.wait(), 0);
}

// Under KVM wherever it is, in a process at its next call: one that waited for a processor counts once more.
TEST_P(DomainProcessTest, HoldsOtherVcpus)
{
    const bool calls = GetParam() == control::Vehicle::PROCESS;
    ASSERT_NO_FATAL_FAILURE(start(arena_bytes, counting_guest(calls), 2));
    ASSERT_TRUE(next_is(FromDomain::SUSPENDED));
    attach(1);
    std::optional<Packet> answer = receive();
    ASSERT_TRUE(answer && answer->fd_count() == 4);
    std::error_code error;
    const SharedMemory memory =
        SharedMemory::adopt(answer->take_fd(0).release(), error, SharedMemory::Frames::untouched);
    ASSERT_FALSE(error);
    const auto count = [&] { return pv_shared_load_acquire(memory.at(0)); };
    const uint32_t late = calls ? 1 : 0;
    const uint32_t first = count();
    for (uint64_t epoch = 2; epoch < 40; epoch++) {
        const uint32_t before = count();
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        ASSERT_LE(count() - before, late) << epoch;
        resume(epoch);
        ASSERT_TRUE(next_is(FromDomain::SUSPENDED));
    }
    EXPECT_GT(count() - first, late) << "they go on";
}

TEST_P(DomainProcessTest, WatchesUnpins)
{
    ASSERT_NO_FATAL_FAILURE(start());
    ASSERT_TRUE(next_is(FromDomain::SUSPENDED));
    BackendPins pins = pins_of(5);
    pins.pin({1});
    resume(2);
    // The guest has no patience, but goes on waiting.
    ASSERT_TRUE(next_is(FromDomain::OVERDUE));
    EXPECT_FALSE(receive(100));
    pins.unpin({1});
    expect_end(2);
}

TEST_P(DomainProcessTest, NamesWhoIsOverdueAndDetachesIt)
{
    ASSERT_NO_FATAL_FAILURE(start());
    ASSERT_TRUE(next_is(FromDomain::SUSPENDED));
    BackendPins good = pins_of(5);
    BackendPins hung = pins_of(6);
    good.pin({2});
    hung.pin({1});
    resume(2);
    std::optional<Packet> late = receive();
    ASSERT_TRUE(late && late->root<FromDomain>().isOverdue());
    EXPECT_EQ(late->root<FromDomain>().getOverdue(), 6U);
    EXPECT_FALSE(receive(300));
    // One that is not there is nobody's.
    detach(7);
    EXPECT_FALSE(receive(100));
    detach(6);
    expect_end(2);
}

TEST_P(DomainProcessTest, AttachesANumberOnceAtATime)
{
    ASSERT_NO_FATAL_FAILURE(start());
    ASSERT_TRUE(next_is(FromDomain::SUSPENDED));
    (void)pins_of(5);
    attach(5);
    std::optional<Packet> refused = receive();
    ASSERT_TRUE(refused && refused->root<FromDomain>().isAttached());
    EXPECT_EQ(problem(*refused), "backend 5 is attached already");
    EXPECT_EQ(refused->fd_count(), 0U);
    detach(5);
    (void)pins_of(5);

    // As often as a backend may die.
    const auto open = [this] {
        // Whatever was under way is done when this is answered.
        attach(5);
        EXPECT_TRUE(next_is(FromDomain::ATTACHED));
        using std::filesystem::directory_iterator;
        const std::string folder = "/proc/" + std::to_string(child_.pid()) + "/fd";
        return std::distance(directory_iterator(folder), directory_iterator{});
    };
    const auto before = open();
    for (int i = 0; i < 100; i++) {
        detach(5);
        (void)pins_of(5);
    }
    EXPECT_EQ(open(), before);
    resume(2);
    expect_end(2);
}

TEST_P(DomainProcessTest, AttachesNobodyWithoutAnArena)
{
    attach(1);
    std::optional<Packet> early = receive();
    ASSERT_TRUE(early && early->root<FromDomain>().isAttached());
    EXPECT_EQ(problem(*early), "there is no guest yet");
    ASSERT_NO_FATAL_FAILURE(start(0));
    ASSERT_TRUE(next_is(FromDomain::SUSPENDED));
    attach(1);
    std::optional<Packet> refused = receive();
    ASSERT_TRUE(refused && refused->root<FromDomain>().isAttached());
    EXPECT_EQ(refused->root<FromDomain>().getAttached().getBackend(), 1U);
    EXPECT_EQ(problem(*refused), "this guest has no arena, so no backend can serve it");
    EXPECT_EQ(refused->fd_count(), 0U);
    resume(2);
    expect_end(2);
}

TEST_P(DomainProcessTest, OutlivesWhatMakesNoSense)
{
    detach(1);
    resume(7);
    capnp::MallocMessageBuilder suspend;
    suspend.initRoot<ToDomain>().setSuspend();
    send(suspend);
    ASSERT_NO_FATAL_FAILURE(start());
    ASSERT_TRUE(next_is(FromDomain::SUSPENDED));
    send(suspend);
    resume(0);
    resume(UINT64_MAX);
    detach(UINT32_MAX);
    EXPECT_FALSE(receive(100));
    resume(3);
    expect_end(3);
}

INSTANTIATE_TEST_SUITE_P(Process, DomainProcessTest, testing::Values(control::Vehicle::PROCESS));
INSTANTIATE_TEST_SUITE_P(Kvm, DomainProcessTest, testing::Values(control::Vehicle::KVM));

} // namespace
} // namespace paravane::hypercall_test
