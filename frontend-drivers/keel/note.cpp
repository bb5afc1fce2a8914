// SPDX-License-Identifier: Apache-2.0
//
// The note by which a host knows this image.
#include <paravane/hypercall.h>
#include <paravane/image.h>

namespace keel {

namespace {

struct Note {
    uint32_t name_bytes;
    uint32_t content_bytes;
    uint32_t type;
    alignas(4) char name[sizeof(PV_IMAGE_NOTE_NAME)];
    alignas(4) pv_image_note content;
};

// Readers of notes expect them aligned to 4; without being told, compilers align large objects to more.
[[gnu::section(".note.Paravane"), gnu::used]] alignas(4) constinit const Note note = {
    sizeof(PV_IMAGE_NOTE_NAME), sizeof(pv_image_note),   PV_IMAGE_NOTE_TYPE,
    PV_IMAGE_NOTE_NAME,         {{PV_ABI_VERSION}, {0}},
};

} // namespace

} // namespace keel
