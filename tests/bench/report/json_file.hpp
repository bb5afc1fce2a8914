// SPDX-License-Identifier: Apache-2.0
//
// Where `--json FILE` goes. Opened before the measuring starts, so that a path that cannot be written
// costs nobody a run; there as a whole or not at all.
#pragma once

#include <string>

#include "report/report.hpp"

namespace paravane::bench {

class JsonFile {
  public:
    JsonFile() = default;
    JsonFile(const JsonFile &) = delete;
    JsonFile &operator=(const JsonFile &) = delete;
    JsonFile(JsonFile &&) = delete;
    JsonFile &operator=(JsonFile &&) = delete;
    // Takes an unfinished file away again.
    ~JsonFile();

    // Makes a temporary file beside `path`. What is wrong, or empty.
    [[nodiscard]] std::string open(const std::string &path);

    [[nodiscard]] bool is_open() const { return fd_ >= 0; }

    // Writes the document and puts it in its place. What is wrong, or empty.
    [[nodiscard]] std::string write(const Report &report);

  private:
    std::string path_;
    std::string temporary_;
    int fd_ = -1;
};

} // namespace paravane::bench
