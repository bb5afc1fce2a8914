// SPDX-License-Identifier: Apache-2.0
#include <functional>

#include <gtest/gtest.h>

#include "guest.hpp"
#include "hypercall/host/image.hpp"
#include "tiny_image.hpp"

namespace paravane::hypercall_test {
namespace {

class ImageTest : public testing::Test {
  protected:
    using Change = std::function<void(TinyImage &)>;

    [[nodiscard]] Result<Image> load(const std::string &bytes) const
    {
        const UniqueFd file = file_of(bytes);
        return load_image(file.get(), "tiny", guest_.domain->memory());
    }
    [[nodiscard]] Result<Image> load_changed(const Change &change) const
    {
        TinyImage image;
        change(image);
        return load(image.bytes());
    }
    // What is wrong with it, "" for nothing. A person reads it: one line, with the file's name.
    [[nodiscard]] std::string problem(const Change &change) const
    {
        const Result<Image> loaded = load_changed(change);
        if (loaded)
            return "";
        EXPECT_EQ(loaded.error().text.find('\n'), std::string::npos);
        EXPECT_EQ(loaded.error().text.rfind("tiny ", 0), 0U) << loaded.error().text;
        return loaded.error().text;
    }
    [[nodiscard]] bool refused(const Change &change, const std::string &why) const
    {
        const std::string text = problem(change);
        EXPECT_NE(text.find(why), std::string::npos) << "'" << text << "'";
        return !text.empty();
    }
    Guest guest_;
};

TEST_F(ImageTest, IsPutIntoMemory)
{
    const TinyImage tiny;
    const Result<Image> image = load(tiny.bytes());
    ASSERT_TRUE(image.has_value()) << image.error().text;
    EXPECT_EQ(image->entry.value, PV_GUEST_VIRTUAL_BASE + TinyImage::code_at + 4);
    EXPECT_EQ(image->end.value, 0x104000U);
    ASSERT_EQ(image->segments.size(), 2U);
    EXPECT_EQ(image->segments[0].to.value, 0x100000U);
    EXPECT_EQ(image->segments[0].at.value, PV_GUEST_VIRTUAL_BASE + 0x100000);
    EXPECT_EQ(image->segments[0].bytes, 0x1000U);
    EXPECT_EQ(image->segments[0].access, PV_PROTECT_READ | PV_PROTECT_EXECUTE);
    EXPECT_EQ(image->segments[1].to.value, 0x102000U);
    EXPECT_EQ(image->segments[1].at.value, PV_GUEST_VIRTUAL_BASE + 0x102000);
    EXPECT_EQ(image->segments[1].bytes, 0x2000U);
    EXPECT_EQ(image->segments[1].access, PV_PROTECT_READ | PV_PROTECT_WRITE);

    const std::vector<unsigned char> held = guest_.get(0, ram_bytes);
    std::vector<unsigned char> expected(ram_bytes);
    std::fill_n(expected.begin() + TinyImage::code_at, TinyImage::code_bytes, tiny.code[0]);
    std::fill_n(expected.begin() + TinyImage::data_at, TinyImage::data_bytes, tiny.data[0]);
    EXPECT_EQ(held, expected);
}

TEST_F(ImageTest, TakesWhatItShould)
{
    EXPECT_EQ(problem([](TinyImage &image) { image.segments[2].p_type = PT_NULL; }), "");
    EXPECT_EQ(problem([](TinyImage &image) { image.segments[2].p_memsz = 0; }), "");
    EXPECT_EQ(problem([](TinyImage &image) { image.segments[2].p_filesz = 0; }), "");
    EXPECT_EQ(problem([](TinyImage &image) { image.note.text.flags = pv_le32_of(77); }), "");
    // Code that ends with the last byte of RAM.
    EXPECT_EQ(problem([](TinyImage &image) { image.move(2, ram_bytes - 5000); }), "");
    EXPECT_EQ(problem([](TinyImage &image) {
                  image.header.e_entry = PV_GUEST_VIRTUAL_BASE + TinyImage::code_at;
              }),
              "");
}

TEST_F(ImageTest, HasItsSegmentsInAnyOrder)
{
    EXPECT_EQ(problem([](TinyImage &image) { image.move(2, 0x8010); }), "");
    EXPECT_EQ(problem([](TinyImage &image) { image.move(2, TinyImage::code_at - 8192); }), "");
    EXPECT_EQ(problem([](TinyImage &image) { image.move(2, TinyImage::code_at + 4096); }), "");
}

// Larger than what is copied at once.
TEST_F(ImageTest, TakesLargeSegments)
{
    TinyImage tiny;
    std::string large(200000, '\0');
    for (std::size_t i = 0; i < large.size(); i++)
        large[i] = static_cast<char>(i * 7 + i / 251);
    tiny.segments[2].p_offset = tiny.bytes().size();
    tiny.segments[2].p_filesz = large.size();
    tiny.segments[2].p_memsz = large.size();
    ASSERT_TRUE(load(tiny.bytes() + large).has_value());
    const std::vector<unsigned char> held = guest_.get(TinyImage::data_at, large.size());
    EXPECT_TRUE(std::equal(held.begin(), held.end(), large.begin(), [](unsigned char a, char b) {
        return a == static_cast<unsigned char>(b);
    }));
    const Result<Image> shorter = load(tiny.bytes() + large.substr(1));
    ASSERT_FALSE(shorter.has_value());
    EXPECT_NE(shorter.error().text.find("ends too early"), std::string::npos);
}

TEST_F(ImageTest, IsRefusedWhenItWasCutAnywhere)
{
    const std::string whole = TinyImage().bytes();
    for (std::size_t bytes = 0; bytes < whole.size(); bytes++) {
        const Result<Image> image = load(whole.substr(0, bytes));
        ASSERT_FALSE(image.has_value()) << bytes;
        EXPECT_EQ(image.error().text.find('\n'), std::string::npos);
    }
    EXPECT_FALSE(load_image(-1, "tiny", guest_.domain->memory()).has_value());
}

TEST_F(ImageTest, HasAHeaderOfOurs)
{
    for (std::size_t byte = 0; byte < SELFMAG; byte++)
        EXPECT_TRUE(
            refused([&](TinyImage &image) { image.header.e_ident[byte] ^= 1; }, "not an ELF file"));
    const std::string machine = "not for x86-64";
    EXPECT_TRUE(refused([](TinyImage &i) { i.header.e_ident[EI_CLASS] = ELFCLASS32; }, machine));
    EXPECT_TRUE(refused([](TinyImage &i) { i.header.e_ident[EI_DATA] = ELFDATA2MSB; }, machine));
    EXPECT_TRUE(refused([](TinyImage &i) { i.header.e_machine = EM_AARCH64; }, machine));
    const std::string program = "not a statically linked program";
    EXPECT_TRUE(refused([](TinyImage &i) { i.header.e_type = ET_DYN; }, program));
    EXPECT_TRUE(refused([](TinyImage &i) { i.header.e_phentsize = 57; }, program));
    EXPECT_TRUE(refused([](TinyImage &i) { i.header.e_phentsize = 0; }, program));
    for (const uint16_t count : std::to_array<uint16_t>({0, 65, 0xffff}))
        EXPECT_TRUE(refused([&](TinyImage &i) { i.header.e_phnum = count; }, program));
    EXPECT_TRUE(refused([](TinyImage &i) { i.header.e_phnum = 64; }, "it ends too early"));
    const uint64_t bytes = TinyImage().bytes().size();
    for (const uint64_t at : {bytes, bytes - 1, uint64_t{INT64_MAX}, uint64_t{INT64_MAX} + 1,
                              UINT64_MAX, UINT64_MAX - 55})
        EXPECT_TRUE(refused([&](TinyImage &i) { i.header.e_phoff = at; }, "it ends too early"));
}

TEST_F(ImageTest, HasANoteOfOurs)
{
    const std::string none = "it has no note of ours";
    EXPECT_TRUE(refused([](TinyImage &i) { i.segments[0].p_type = PT_NULL; }, none));
    EXPECT_TRUE(refused([](TinyImage &i) { i.note.name[0] = 'p'; }, none));
    EXPECT_TRUE(refused([](TinyImage &i) { i.note.name[8] = 'X'; }, none));
    EXPECT_TRUE(refused([](TinyImage &i) { i.note.head.n_type = 2; }, none));
    for (const uint32_t bytes : {0U, 8U, 10U, 12U, 100U, UINT32_MAX, UINT32_MAX - 3})
        EXPECT_TRUE(refused([&](TinyImage &i) { i.note.head.n_namesz = bytes; }, none));
    for (const uint32_t bytes : {0U, 4U, 7U, 9U, 100U, UINT32_MAX, UINT32_MAX - 3})
        EXPECT_TRUE(refused([&](TinyImage &i) { i.note.head.n_descsz = bytes; }, none));
    for (const uint64_t bytes : {0U, 1U, 11U, 12U, 31U})
        EXPECT_TRUE(refused([&](TinyImage &i) { i.segments[0].p_filesz = bytes; }, none));
    for (const uint64_t at : {uint64_t{1000000}, uint64_t{INT64_MAX}, UINT64_MAX - 3})
        EXPECT_TRUE(refused([&](TinyImage &i) { i.segments[0].p_offset = at; }, none));
    EXPECT_TRUE(refused([](TinyImage &i) { i.segments[0].p_filesz = UINT64_MAX; }, none));
}

TEST_F(ImageTest, FindsItsNoteBehindOthers)
{
    TinyImage tiny;
    TinyImage::Note others;
    others.name[0] = 'x';
    std::string notes(reinterpret_cast<const char *>(&others), sizeof(others));
    notes.append(reinterpret_cast<const char *>(&tiny.note), sizeof(tiny.note));
    tiny.segments[0].p_offset = tiny.bytes().size();
    tiny.segments[0].p_filesz = notes.size();
    EXPECT_TRUE(load(tiny.bytes() + notes).has_value());

    // A segment of notes without ours before the one that has it.
    TinyImage two;
    two.segments[2] = two.segments[0];
    two.segments[0].p_offset = two.bytes().size();
    two.segments[0].p_filesz = sizeof(others);
    EXPECT_TRUE(load(two.bytes() + notes).has_value());
}

TEST_F(ImageTest, TakesALaterVersionsLongerNote)
{
    TinyImage tiny;
    tiny.note.head.n_descsz = 20;
    std::string note(reinterpret_cast<const char *>(&tiny.note), sizeof(tiny.note));
    note.append(12, '\x7f');
    tiny.segments[0].p_offset = tiny.bytes().size();
    tiny.segments[0].p_filesz = note.size();
    EXPECT_TRUE(load(tiny.bytes() + note).has_value());
}

TEST_F(ImageTest, IsForThisVersion)
{
    for (const uint32_t version : {0U, PV_ABI_VERSION + 1, UINT32_MAX})
        EXPECT_TRUE(refused([&](TinyImage &i) { i.note.text.abi_version = pv_le32_of(version); },
                            "it wants version " + std::to_string(version) +
                                " of the ABI and this host has 1"));
}

TEST_F(ImageTest, HasSegmentsWhereTheyShouldBe)
{
    const std::string where = "a segment is not where it should be";
    EXPECT_TRUE(refused([](TinyImage &i) { i.segments[2].p_filesz = 5001; }, where));
    EXPECT_TRUE(refused([](TinyImage &i) { i.segments[2].p_vaddr++; }, where));
    EXPECT_TRUE(
        refused([](TinyImage &i) { i.segments[2].p_vaddr = i.segments[2].p_paddr; }, where));
    EXPECT_TRUE(refused([](TinyImage &i) { i.move(2, UINT64_MAX - 4999 + 1); }, where));
    EXPECT_TRUE(refused(
        [](TinyImage &i) {
            i.segments[2].p_memsz = UINT64_MAX;
            i.move(2, 1);
        },
        where));
}

TEST_F(ImageTest, HasSegmentsInRam)
{
    const std::string less = "the guest has less";
    for (const uint64_t to : {ram_bytes - 4999, ram_bytes, hole, PV_HOST_PAGES, PV_EVENT_AREA,
                              PV_SYSTEM_PAGES, UINT64_MAX - 5000})
        EXPECT_TRUE(refused([&](TinyImage &i) { i.move(2, to); }, less)) << to;
    // Small enough for the event area, and still not RAM.
    EXPECT_TRUE(refused(
        [](TinyImage &i) {
            i.segments[2].p_memsz = 16;
            i.move(2, PV_EVENT_AREA);
        },
        less));
    for (const uint64_t bytes : {ram_bytes, beyond_32 - 1, beyond_32, beyond_32 + 16,
                                 uint64_t{1} << 62, UINT64_MAX - TinyImage::data_at})
        EXPECT_TRUE(refused([&](TinyImage &i) { i.segments[2].p_memsz = bytes; }, less)) << bytes;
    EXPECT_TRUE(refused(
        [](TinyImage &i) {
            i.segments[2].p_memsz = UINT64_MAX;
            i.move(2, 0);
        },
        less));
}

TEST_F(ImageTest, HasSegmentsInItsFile)
{
    for (const uint64_t at : {uint64_t{1000000}, uint64_t{INT64_MAX}, uint64_t{INT64_MAX} - 8,
                              UINT64_MAX, UINT64_MAX - 8})
        EXPECT_TRUE(
            refused([&](TinyImage &i) { i.segments[2].p_offset = at; }, "it ends too early"));
}

TEST_F(ImageTest, BeginsInItsCode)
{
    const std::string where = "its entry is not in its code";
    constexpr uint64_t code = PV_GUEST_VIRTUAL_BASE + TinyImage::code_at;
    for (const uint64_t entry : {uint64_t{0}, TinyImage::code_at, code - 1, code + 4096,
                                 PV_GUEST_VIRTUAL_BASE + TinyImage::data_at, UINT64_MAX})
        EXPECT_TRUE(refused([&](TinyImage &i) { i.header.e_entry = entry; }, where)) << entry;
    EXPECT_TRUE(refused([](TinyImage &i) { i.segments[1].p_flags = PF_R; }, where));
    EXPECT_TRUE(refused([](TinyImage &i) { i.segments[1].p_type = PT_NULL; }, where));
}

// image.h: no page belongs to two of them. The later one would take the earlier one's rights away.
TEST_F(ImageTest, HasNoPageInTwoSegments)
{
    EXPECT_TRUE(refused([](TinyImage &i) { i.move(2, TinyImage::code_at + 100); }, ""));
    EXPECT_TRUE(refused([](TinyImage &i) { i.move(2, TinyImage::code_at - 4096); }, ""));
    EXPECT_TRUE(refused([](TinyImage &i) { i.move(2, TinyImage::code_at); }, ""));
}

// Whatever single bit of it is wrong, it is loaded into RAM or refused in one line.
TEST_F(ImageTest, StandsEveryWrongBit)
{
    const std::string whole = TinyImage().bytes();
    const std::size_t headers =
        sizeof(Elf64_Ehdr) + 3 * sizeof(Elf64_Phdr) + sizeof(TinyImage::Note);
    for (std::size_t bit = 0; bit < headers * 8; bit++) {
        std::string bytes = whole;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
        const Result<Image> image = load(bytes);
        if (!image) {
            EXPECT_EQ(image.error().text.find('\n'), std::string::npos);
            continue;
        }
        EXPECT_LE(image->end.value, ram_bytes);
        for (const Segment &segment : image->segments) {
            EXPECT_LE(segment.to.value + segment.bytes, ram_bytes);
            EXPECT_EQ(segment.at.value, segment.to.value + PV_GUEST_VIRTUAL_BASE);
        }
    }
}

TEST_F(ImageTest, HasMessagesOfOneLineWhateverItsName)
{
    const UniqueFd file = file_of("");
    const Result<Image> image =
        load_image(file.get(), "two\nlines\x7f\x1b[1m", guest_.domain->memory());
    ASSERT_FALSE(image.has_value());
    EXPECT_EQ(image.error().text.rfind("two?lines??[1m is not", 0), 0U) << image.error().text;
}

} // namespace
} // namespace paravane::hypercall_test
