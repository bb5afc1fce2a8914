// SPDX-License-Identifier: Apache-2.0
//
// A guest kernel's file: checked as a stranger's, and put into guest memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hypercall/host/guest_memory.hpp"
#include "hypercall/host/result.hpp"

namespace paravane {

struct Segment {
    GuestVirtual at;
    GuestAddress to;
    uint64_t bytes = 0;  // whole pages
    uint32_t access = 0; // PV_PROTECT_ bits
};

struct Image {
    GuestVirtual entry;
    GuestAddress end; // first page past it
    std::vector<Segment> segments;
};

// `name` is for the messages. The guest's memory must be zeroed.
[[nodiscard]] Result<Image> load_image(int fd, const std::string &name, const GuestMemory &memory);

} // namespace paravane
