// SPDX-License-Identifier: Apache-2.0
//
// Where consoles go: nothing is lost while somebody reads, the newest is kept while nobody does, and what is
// in the way is said in one line.
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "backend/supervisor/terminal/backlog.hpp"
#include "backend/supervisor/terminal/file.hpp"
#include "backend/supervisor/terminal/pty.hpp"
#include "backend/supervisor/terminal/socket.hpp"
#include "hypercall/host/unique_fd.hpp"

namespace paravane {

namespace {

namespace asio = boost::asio;

class OnLoop : public testing::Test {
  protected:
    bool until(const std::function<bool()> &so)
    {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!so() && std::chrono::steady_clock::now() < deadline) {
            loop.restart();
            loop.run_one_for(std::chrono::milliseconds(20));
        }
        return so();
    }

    // Long enough for what must not happen.
    void turn()
    {
        loop.restart();
        loop.run_for(std::chrono::milliseconds(100));
    }

    // Begins it; true once it has come to its end.
    std::shared_ptr<bool> begin(asio::awaitable<void> what)
    {
        auto done = std::make_shared<bool>(false);
        asio::co_spawn(loop, std::move(what), [done](const std::exception_ptr &) { *done = true; });
        return done;
    }
    bool run(asio::awaitable<void> what)
    {
        const std::shared_ptr<bool> done = begin(std::move(what));
        return until([&] { return *done; });
    }

    std::string directory = make_directory();
    asio::io_context loop{1};

    ~OnLoop() override { std::filesystem::remove_all(directory); }

  private:
    static std::string make_directory()
    {
        std::string name = (std::filesystem::temp_directory_path() / "paravane-XXXXXX").string();
        return mkdtemp(name.data()) != nullptr ? name : std::string();
    }
};

std::string read_now(int fd)
{
    std::string text;
    std::array<char, 4096> buffer{};
    pollfd ready = {fd, POLLIN, 0};

    while (poll(&ready, 1, 0) > 0) {
        const ssize_t got = read(fd, buffer.data(), buffer.size());
        if (got <= 0)
            break;
        text.append(buffer.data(), static_cast<std::size_t>(got));
    }
    return text;
}

// Takes pieces until it has so many bytes.
asio::awaitable<void> take(Backlog &backlog, std::string &into, std::size_t bytes)
{
    while (into.size() < bytes) {
        into += co_await backlog.next();
        backlog.delivered();
    }
}

std::string counted(std::size_t bytes)
{
    std::string text;
    for (uint32_t line = 0; text.size() < bytes; line++)
        text += std::to_string(line) + "\n";
    text.resize(bytes);
    return text;
}

class BacklogOf : public OnLoop {};

TEST_F(BacklogOf, OneWhoReadsIsGivenAll)
{
    Backlog backlog(loop, Backlog::Idle::waited_for);
    const std::string text = counted(5 * Backlog::room);
    std::string got;

    backlog.set_attended(true);
    const std::shared_ptr<bool> put = begin(backlog.put(text));
    turn();
    EXPECT_FALSE(*put);
    ASSERT_TRUE(run(take(backlog, got, text.size())));
    EXPECT_TRUE(until([&] { return *put; }));
    EXPECT_EQ(got, text);
}

TEST_F(BacklogOf, NobodyLeavesTheNewest)
{
    Backlog backlog(loop, Backlog::Idle::waited_for);
    const std::string text = counted(3 * Backlog::room);
    std::string got;

    ASSERT_TRUE(run(backlog.put(text)));
    ASSERT_TRUE(run(take(backlog, got, Backlog::room)));
    EXPECT_EQ(got, text.substr(text.size() - Backlog::room));
}

TEST_F(BacklogOf, WhoDoesNotReadIsPassedOver)
{
    Backlog backlog(loop, Backlog::Idle::passed_over);

    const std::string text = counted(2 * Backlog::room);

    backlog.set_attended(true);
    EXPECT_TRUE(run(backlog.put(text)));
    EXPECT_TRUE(run(backlog.flush()));
}

TEST_F(BacklogOf, AHurryEndsTheWait)
{
    Backlog backlog(loop, Backlog::Idle::waited_for);

    const std::string text = counted(2 * Backlog::room);

    backlog.set_attended(true);
    const std::shared_ptr<bool> put = begin(backlog.put(text));
    turn();
    EXPECT_FALSE(*put);
    backlog.hurry();
    EXPECT_TRUE(until([&] { return *put; }));
}

// A guest's early output and its device.
TEST_F(BacklogOf, AHurryEndsTheWaitOfAllWriters)
{
    Backlog backlog(loop, Backlog::Idle::waited_for);
    const std::string text = counted(2 * Backlog::room);

    backlog.set_attended(true);
    const std::shared_ptr<bool> first = begin(backlog.put(text));
    const std::shared_ptr<bool> second = begin(backlog.put(text));
    turn();
    backlog.hurry();
    EXPECT_TRUE(until([&] { return *first && *second; }));
}

TEST_F(BacklogOf, WhoWasPassedOverIsNotWaitedForAgain)
{
    Backlog backlog(loop, Backlog::Idle::passed_over);
    const std::string text = counted(20 * Backlog::room);

    backlog.set_attended(true);
    EXPECT_TRUE(run(backlog.put(text))); // within ten seconds
}

TEST_F(BacklogOf, WhatWasReturnedComesFirst)
{
    Backlog backlog(loop, Backlog::Idle::waited_for);
    std::string got;

    ASSERT_TRUE(run(backlog.put("one two")));
    ASSERT_TRUE(run([](Backlog &from) -> asio::awaitable<void> {
        from.returned(co_await from.next());
    }(backlog)));
    ASSERT_TRUE(run(backlog.put(" three")));
    ASSERT_TRUE(run(take(backlog, got, 13)));
    EXPECT_EQ(got, "one two three");
}

class FileTerminals : public OnLoop {};

TEST_F(FileTerminals, AddsToItsEnd)
{
    const std::string path = directory + "/log";
    std::ofstream(path) << "before ";
    Result<std::unique_ptr<Terminal>> terminal = FileTerminal::open(path, {});
    ASSERT_TRUE(terminal);
    ASSERT_TRUE(run((*terminal)->write("after")));
    std::string text;
    std::getline(std::ifstream(path), text);
    EXPECT_EQ(text, "before after");
}

TEST_F(FileTerminals, SaysOnceThatItIsFull)
{
    std::vector<std::string> told;
    Result<std::unique_ptr<Terminal>> terminal =
        FileTerminal::open("/dev/full", [&](std::string_view text) { told.emplace_back(text); });
    ASSERT_TRUE(terminal);
    ASSERT_TRUE(run((*terminal)->write("lost")));
    ASSERT_TRUE(run((*terminal)->write("lost too")));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_NE(told[0].find("No space left"), std::string::npos);
}

TEST_F(FileTerminals, AFifoIsNone)
{
    const std::string path = directory + "/fifo";
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    EXPECT_FALSE(FileTerminal::open(path, {}));
    const UniqueFd reader(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    EXPECT_FALSE(FileTerminal::open(path, {}));
}

TEST_F(FileTerminals, OneThatCannotBeIsAProblem)
{
    EXPECT_FALSE(FileTerminal::open(directory + "/no/such/place", {}));
}

class PtyTerminals : public OnLoop {};

TEST_F(PtyTerminals, BothWays)
{
    Result<std::unique_ptr<PtyTerminal>> terminal = PtyTerminal::open(loop);
    ASSERT_TRUE(terminal);
    const UniqueFd person(open((*terminal)->place().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    ASSERT_TRUE(person);
    ASSERT_TRUE(run((*terminal)->write("keel> ")));
    std::string seen;
    EXPECT_TRUE(until([&] {
        seen += read_now(person.get());
        return seen == "keel> ";
    })) << seen;

    ASSERT_EQ(write(person.get(), "help\r", 5), 5);
    std::array<char, 16> buffer{};
    std::size_t got = 0;
    ASSERT_TRUE(
        run([](Terminal &from, std::span<char> into, std::size_t &count) -> asio::awaitable<void> {
            count = co_await from.read(into);
        }(**terminal, buffer, got)));
    EXPECT_EQ(std::string_view(buffer.data(), got), "help\r");
}

class SocketTerminals : public OnLoop {
  protected:
    [[nodiscard]] UniqueFd connect() const
    {
        UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        if (::connect(fd.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0)
            return {};
        return fd;
    }

    bool hears(int fd, const std::string &text)
    {
        std::string seen;
        return until([&] {
            seen += read_now(fd);
            return seen == text;
        });
    }

    const std::string path = directory + "/console";
};

TEST_F(SocketTerminals, OneAfterTheOther)
{
    Result<std::unique_ptr<Terminal>> terminal = SocketTerminal::open(loop, path);
    ASSERT_TRUE(terminal);
    ASSERT_TRUE(run((*terminal)->write("said before")));
    {
        const UniqueFd first = connect();
        EXPECT_TRUE(hears(first.get(), "said before"));
        const UniqueFd second = connect();
        EXPECT_TRUE(hears(second.get(), "this console has a client already\r\n"));
    }
    // The reader is who sees that the first one has gone.
    std::array<char, 16> buffer{};
    std::size_t got = 0;
    const std::shared_ptr<bool> read = begin(
        [](Terminal &from, std::span<char> into, std::size_t &count) -> asio::awaitable<void> {
            count = co_await from.read(into);
        }(**terminal, buffer, got));
    turn();
    EXPECT_FALSE(*read);
    const UniqueFd third = connect();
    ASSERT_EQ(write(third.get(), "typed", 5), 5);
    EXPECT_TRUE(until([&] { return *read; }));
    EXPECT_EQ(std::string_view(buffer.data(), got), "typed");
}

TEST_F(SocketTerminals, ItsOwnersAlone)
{
    Result<std::unique_ptr<Terminal>> terminal = SocketTerminal::open(loop, path);
    ASSERT_TRUE(terminal);
    EXPECT_EQ(std::filesystem::status(path).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(SocketTerminals, LeavesNothingBehind)
{
    {
        ASSERT_TRUE(SocketTerminal::open(loop, path));
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(SocketTerminals, OneInUseIsAProblem)
{
    Result<std::unique_ptr<Terminal>> first = SocketTerminal::open(loop, path);
    ASSERT_TRUE(first);
    Result<std::unique_ptr<Terminal>> second = SocketTerminal::open(loop, path);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().text, path + " is in use: name another path");
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(SocketTerminals, ADeadOneIsReplaced)
{
    {
        const UniqueFd dead(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof(address.sun_path) - 1);
        ASSERT_EQ(bind(dead.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)), 0);
    }
    EXPECT_TRUE(SocketTerminal::open(loop, path));
}

TEST_F(SocketTerminals, WhatIsNoSocketStays)
{
    std::ofstream(path) << "precious";
    EXPECT_FALSE(SocketTerminal::open(loop, path));
    EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(SocketTerminals, APathTooLongIsAProblem)
{
    EXPECT_FALSE(SocketTerminal::open(loop, std::string(200, 'x')));
    EXPECT_FALSE(SocketTerminal::open(loop, ""));
}

} // namespace

} // namespace paravane
