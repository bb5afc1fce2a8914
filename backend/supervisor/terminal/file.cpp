// SPDX-License-Identifier: Apache-2.0
#include "backend/supervisor/terminal/file.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace paravane {

namespace asio = boost::asio;

Result<std::unique_ptr<Terminal>> FileTerminal::open(const std::string &path, Tell tell)
{
    UniqueFd file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666));
    struct stat status = {};
    if (!file || fstat(file.get(), &status) != 0)
        return system_problem("the console's file " + path);
    // A reader that is slow or gone would be the guest's.
    if (!S_ISREG(status.st_mode) && !S_ISCHR(status.st_mode))
        return Problem{path + " is no file: name another path, or socket=PATH"};
    return std::unique_ptr<Terminal>(new FileTerminal(std::move(file), path, std::move(tell)));
}

FileTerminal::FileTerminal(UniqueFd file, std::string path, Tell tell)
    : file_(std::move(file)), path_(std::move(path)), tell_(std::move(tell))
{
}

asio::awaitable<void> FileTerminal::write(std::string_view text)
{
    while (!text.empty() && !failed_) {
        const ssize_t put = ::write(file_.get(), text.data(), text.size());
        if (put > 0) {
            text.remove_prefix(static_cast<std::size_t>(put));
        } else if (errno != EINTR) {
            failed_ = true;
            tell_(system_problem("the console's file " + path_).text +
                  "; what the guest says is lost from here on");
        }
    }
    co_return;
}

asio::awaitable<std::size_t> FileTerminal::read(std::span<char> /*into*/)
{
    co_return 0;
}

} // namespace paravane
