// SPDX-License-Identifier: Apache-2.0
#include "report/json_file.hpp"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace paravane::bench {
namespace {

std::string message(int number)
{
    return std::generic_category().message(number);
}

bool write_all(int fd, const std::string &text)
{
    size_t done = 0;

    while (done < text.size()) {
        const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += static_cast<size_t>(n);
    }
    return true;
}

} // namespace

JsonFile::~JsonFile()
{
    if (fd_ < 0)
        return;
    ::close(fd_);
    ::unlink(temporary_.c_str());
}

std::string JsonFile::open(const std::string &path)
{
    std::error_code ignored;
    std::string temporary = path + ".XXXXXX";

    if (path.empty() || std::filesystem::is_directory(path, ignored))
        return "cannot write '" + path + "': not a file's name";
    fd_ = mkostemp(temporary.data(), O_CLOEXEC);
    if (fd_ < 0)
        return "cannot write '" + path + "': " + message(errno);
    path_ = path;
    temporary_ = temporary;
    return {};
}

std::string JsonFile::write(const Report &report)
{
    const nlohmann::json document = to_json(report);
    const std::vector<std::string> faults = form_faults(document);
    const mode_t mask = umask(0);

    umask(mask);
    if (!faults.empty())
        return "the report does not keep the form: " + faults.front();
    const bool written = write_all(fd_, document.dump(2) + "\n") &&
                         fchmod(fd_, 0666 & ~mask) == 0 && fsync(fd_) == 0 &&
                         std::rename(temporary_.c_str(), path_.c_str()) == 0;
    if (!written)
        return "cannot write '" + path_ + "': " + message(errno);
    ::close(fd_);
    fd_ = -1;
    return {};
}

} // namespace paravane::bench
