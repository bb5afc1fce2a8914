// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a guest kernel's file: it is put into RAM and nowhere else, or refused in one line.
#include <algorithm>

#include <sys/mman.h>
#include <unistd.h>

#include "hypercall/host/image.hpp"
#include "verdict.hpp"
#include <paravane/layout.h>

namespace paravane::fuzz {
namespace {

constexpr uint64_t ram_bytes = uint64_t{4} << 20;
constexpr uint64_t guarded_bytes = 8192;

std::vector<Goal> reached = {{"loaded"},
                             {"too short"},
                             {"not an ELF file"},
                             {"not for x86-64"},
                             {"not a statically linked program"},
                             {"it ends too early"},
                             {"it has no note of ours"},
                             {"it wants version"},
                             {"a segment is not where it should be"},
                             {"the guest has less"},
                             {"its entry is not in its code"}};

void reach(const std::string &text)
{
    for (Goal &goal : reached)
        goal.times += text.find(goal.what) != std::string::npos;
}

const GuestMemory &guest_memory()
{
    static const GuestMemory memory = [] {
        using Frames = SharedMemory::Frames;
        GuestMemory made;
        require(made.add({0}, ram_bytes, PV_MEMORY_RAM, Frames::touched).has_value() &&
                    made.add({ram_bytes}, guarded_bytes, PV_MEMORY_SHARED, Frames::touched)
                        .has_value() &&
                    made.add({PV_HOST_PAGES}, guarded_bytes, PV_MEMORY_HOST_WRITES, Frames::touched)
                        .has_value(),
                "memory is made");
        return made;
    }();
    return memory;
}

void check_guarded(const GuestMemory &memory)
{
    for (const uint64_t base : {ram_bytes, uint64_t{PV_HOST_PAGES}}) {
        std::vector<unsigned char> held(guarded_bytes);
        require(memory.copy_out(held, {base}), "it is memory");
        require(std::all_of(held.begin(), held.end(), [](unsigned char byte) { return byte == 0; }),
                "an image lies in the first RAM alone");
    }
}

void check_loaded(const Image &image)
{
    bool entered = false;
    require(image.end.value <= ram_bytes, "it ends within RAM");
    for (const Segment &segment : image.segments) {
        require(segment.bytes > 0 && segment.bytes % PV_PAGE_SIZE == 0 &&
                    segment.to.value % PV_PAGE_SIZE == 0,
                "segments are whole pages");
        require(segment.bytes <= ram_bytes && segment.to.value <= ram_bytes - segment.bytes &&
                    segment.to.value + segment.bytes <= image.end.value,
                "segments lie within the image");
        require(segment.at.value == segment.to.value + PV_GUEST_VIRTUAL_BASE,
                "segments lie where the guest expects them");
        entered =
            entered || ((segment.access & PV_PROTECT_EXECUTE) != 0 && image.entry >= segment.at &&
                        image.entry.value - segment.at.value < segment.bytes);
    }
    require(entered, "the entry is code");
}

} // namespace

const std::vector<Goal> &goals()
{
    return reached;
}

} // namespace paravane::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    using namespace paravane;
    using namespace paravane::fuzz;
    const int file = memfd_create("image", MFD_CLOEXEC);
    require(file >= 0 && write(file, data, size) == static_cast<ssize_t>(size), "a file is made");
    const Result<Image> image = load_image(file, "it", guest_memory());
    close(file);

    if (image) {
        reach("loaded");
        check_loaded(*image);
    } else {
        reach(image.error().text);
        require(image.error().text.find('\n') == std::string::npos, "a problem is one line");
    }
    check_guarded(guest_memory());
    return 0;
}
