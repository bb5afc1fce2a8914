// SPDX-License-Identifier: Apache-2.0
#include "guest/private_memory.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <system_error>
#include <thread>

#include "guest/command.hpp"
#include "guest/threads.hpp"

namespace paravane::bench {

namespace {

// Until a guest that said its first word has come to rest.
constexpr std::chrono::milliseconds settling(200);

struct Piece {
    std::string file; // its inode, "0" for none
    std::string name;
    uint64_t bytes = 0;
    uint64_t private_kib = 0;
};

// Lines such as "7f00-7f01 rw-s 00000000 00:01 1027 /memfd:paravane (deleted)", each before some like
// "Private_Dirty: 4 kB".
std::vector<Piece> read_pieces(std::istream &list)
{
    std::vector<Piece> pieces;

    for (std::string line; std::getline(list, line);) {
        std::istringstream words(line);
        std::string first;

        words >> first;
        if (!first.ends_with(':')) {
            std::string access, offset, device, name;
            Piece piece;

            words >> access >> offset >> device >> piece.file;
            std::getline(words >> std::ws, name);
            piece.name = name.empty() ? "[anonymous]" : name;
            const size_t dash = first.find('-');
            piece.bytes = std::stoull(first.substr(dash + 1), nullptr, 16) -
                          std::stoull(first.substr(0, dash), nullptr, 16);
            pieces.push_back(piece);
        } else if ((first == "Private_Clean:" || first == "Private_Dirty:") && !pieces.empty()) {
            uint64_t kib = 0;
            words >> kib;
            pieces.back().private_kib += kib;
        }
    }
    return pieces;
}

// RAM and arena: the files of large memfds, of which a guest's segments are further mappings.
std::set<std::string> guest_files(const std::vector<Piece> &pieces)
{
    constexpr uint64_t large = uint64_t{4} << 20;
    std::set<std::string> files;

    for (const Piece &piece : pieces) {
        if (piece.name.starts_with("/memfd:paravane") && piece.bytes >= large)
            files.insert(piece.file);
    }
    return files;
}

std::string name_of(pid_t process)
{
    std::error_code error;
    return std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/exe", error)
        .filename()
        .string();
}

} // namespace

Result<PrivateMemory> private_memory_of(pid_t process)
{
    std::ifstream list("/proc/" + std::to_string(process) + "/smaps");
    const std::vector<Piece> pieces = read_pieces(list);
    const std::set<std::string> guest = guest_files(pieces);
    std::map<std::string, uint64_t> by_name;
    PrivateMemory memory;

    if (pieces.empty())
        return Problem{"the mappings of process " + std::to_string(process) + " cannot be read"};
    for (const Piece &piece : pieces) {
        if (guest.contains(piece.file)) {
            memory.guest_kib += piece.private_kib;
            continue;
        }
        memory.kib += piece.private_kib;
        by_name[piece.name] += piece.private_kib;
    }
    for (const auto &[name, kib] : by_name)
        memory.mappings.push_back({name, kib});
    std::sort(memory.mappings.begin(), memory.mappings.end(),
              [](const auto &a, const auto &b) { return a.kib > b.kib; });
    return memory;
}

Result<std::vector<GuestProcess>> private_memory_of_guest(const std::string &vehicle)
{
    std::vector<GuestProcess> found;
    Result<Command> command =
        Command::start({"paravane", "run", "--vehicle", vehicle, "--cmdline", "shell"});
    if (!command)
        return command.error();
    if (!command->await_output())
        return Problem{"paravane run --vehicle " + vehicle + " said nothing"};
    std::this_thread::sleep_for(settling);

    std::vector<pid_t> left = {command->pid()};
    while (!left.empty()) {
        const pid_t process = left.front();
        Result<PrivateMemory> memory = private_memory_of(process);
        if (!memory)
            return memory.error();
        found.push_back({name_of(process), std::move(*memory)});
        left.erase(left.begin());
        for (const pid_t child : children_of(process))
            left.push_back(child);
    }
    return found;
}

} // namespace paravane::bench
