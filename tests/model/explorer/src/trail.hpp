// SPDX-License-Identifier: Apache-2.0
//
// The choices of one execution, and the depth-first walk over all of them: rewind() replays them,
// advance() moves on to the next leaf.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace paravane::explorer {

class Trail {
  public:
    // 0..count-1. A choice of one is none and leaves no mark.
    std::uint32_t choose(std::uint32_t count)
    {
        if (count <= 1)
            return 0;
        if (next_ == marks_.size())
            marks_.push_back({0, count});
        return marks_[next_++].pick;
    }
    // Is what happens now a repetition of the execution before?
    bool replaying() const { return next_ < marks_.size(); }
    void rewind() { next_ = 0; }
    bool advance()
    {
        while (!marks_.empty() && marks_.back().pick + 1 == marks_.back().count)
            marks_.pop_back();
        if (marks_.empty())
            return false;
        marks_.back().pick++;
        return true;
    }
    void clear()
    {
        marks_.clear();
        next_ = 0;
    }

  private:
    struct Mark {
        std::uint32_t pick;
        std::uint32_t count;
    };
    std::vector<Mark> marks_;
    std::size_t next_ = 0;
};

} // namespace paravane::explorer
