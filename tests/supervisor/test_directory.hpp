// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "hypercall/host/unique_fd.hpp"

namespace paravane {

// A directory of its own, gone with it.
class TestDirectory {
  public:
    TestDirectory()
    {
        std::string name = "/tmp/paravane-disk-XXXXXX";
        EXPECT_NE(mkdtemp(name.data()), nullptr);
        path_ = name;
    }
    TestDirectory(const TestDirectory &) = delete;
    TestDirectory &operator=(const TestDirectory &) = delete;
    ~TestDirectory() { std::filesystem::remove_all(path_); }

    [[nodiscard]] std::string at(const std::string &name) const { return path_ + "/" + name; }
    // A file of so many bytes, of which none is zero.
    [[nodiscard]] std::string file(const std::string &name, uint64_t bytes) const
    {
        std::string path = at(name);
        const UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        const std::string text(bytes, 'x');
        EXPECT_EQ(write(fd.get(), text.data(), bytes), static_cast<ssize_t>(bytes));
        return path;
    }

  private:
    std::string path_;
};

} // namespace paravane
